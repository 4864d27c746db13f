/**
 * A host: one network namespace with its sysctls, its sockets, its neighbour and its end of the wire.
 *
 * Left out: routing, more than one interface, more than one peer.
 */
import type { VirtualClock } from '../engine/clock.ts';
import type { Random } from '../engine/random.ts';
import type { KernelMark, Recorder } from '../engine/trace.ts';
import type { End, Link } from '../network/link.ts';
import { asJson, type Endpoint, type Packet, packetName, type Segment } from '../network/packet.ts';
import { Neighbour } from './neighbour.ts';
import type { KernelProfile } from './profile.ts';
import { type TcpHost, TcpSock } from './tcp/sock.ts';

/** The sysctls of a host, by name (below `net.ipv4`). */
export interface Sysctl {
  readonly tcp_syn_retries: number;
  readonly tcp_syn_linear_timeouts: number;
}

/** sysctl `ip_local_port_range`, its default. */
const IP_LOCAL_PORT_RANGE = [32768, 60999] as const;

export class Host implements End, TcpHost {
  readonly name: string;
  readonly address: string;
  readonly kernel: KernelProfile;
  readonly sysctl: Sysctl;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly random: Random;
  readonly #boot_ms: number;
  readonly #sockets: TcpSock[] = [];
  readonly #queue: { segment: Segment; sock: TcpSock }[] = [];
  #neighbour: Neighbour | null = null;
  #link: Link | null = null;

  constructor(options: {
    name: string;
    address: string;
    kernel: KernelProfile;
    sysctl: Sysctl;
    clock: VirtualClock;
    recorder: Recorder;
    random: Random;
  }) {
    this.name = options.name;
    this.address = options.address;
    this.kernel = options.kernel;
    this.sysctl = options.sysctl;
    this.clock = options.clock;
    this.recorder = options.recorder;
    this.random = options.random;
    this.#boot_ms = options.random.bits() >>> 1;
  }

  /** Connects the host to its wire. */
  plug(link: Link): void {
    this.#link = link;
  }

  /** From now on nobody on the wire has the peer's address. */
  loseNeighbour(peer: string): void {
    this.#neighbour = new Neighbour(
      this.clock,
      (probe) => this.#sendArp(peer, probe),
      // TCP's timer has fewer steps behind it than ARP's three, so it is less late and comes first.
      () => this.clock.after(0, () => this.#reportUnreachable()),
    );
  }

  /** A new TCP socket. @param port its local port; an ephemeral one when left out */
  socket(port = this.random.integer(...IP_LOCAL_PORT_RANGE)): TcpSock {
    const sock = new TcpSock(this, { address: this.address, port });
    this.#sockets.push(sock);
    return sock;
  }

  timestamp(): number {
    return (this.#boot_ms + Math.floor(this.clock.now_us / 1000)) >>> 0;
  }

  isQueued(sock: TcpSock): boolean {
    return this.#queue.some((entry) => entry.sock === sock);
  }

  transmit(segment: Segment, sock: TcpSock | null, says: string, mark?: KernelMark): void {
    const packet = packetName(segment);
    const why = mark && { mark };
    if (this.#neighbour && sock) {
      this.#queue.push({ segment, sock });
      this.recorder.record({
        actor: this.name,
        kind: 'segment-queued',
        data: { packet },
        says: `The ${packet} waits in this host: nobody has said which hardware address ${segment.to.address} has.`,
        ...why,
      });
      this.#neighbour.resolve();
      return;
    }
    const number = this.#wire().send(segment, this);
    this.recorder.record({
      actor: this.name,
      kind: 'packet-sent',
      data: { number, packet, carries: asJson(segment) },
      says,
      ...why,
    });
  }

  receive(packet: Packet, number: number): void {
    if (packet.protocol === 'arp') return;
    if (packet.protocol === 'icmp') {
      this.recorder.record({
        actor: this.name,
        kind: 'packet-received',
        data: { number, packet: packetName(packet) },
        says: `The ${packetName(packet)} arrives.`,
        mark: 'tcp_v4_err:errno',
      });
      this.#find(packet.about.from, packet.about.to)?.receiveError(packet.code, packet.about);
      return;
    }
    const sock = this.#find(packet.to, packet.from) ?? this.#accept(packet);
    if (sock) {
      sock.receive(packet, number);
      return;
    }
    this.recorder.record({
      actor: this.name,
      kind: 'packet-received',
      data: { number, packet: packetName(packet) },
      says: `The ${packetName(packet)} arrives, and no socket wants it.`,
    });
    if (!packet.flags.includes('RST')) this.#reset(packet);
  }

  #find(local: Endpoint, remote: Endpoint): TcpSock | undefined {
    return this.#sockets.find(
      (sock) =>
        sock.sk_state !== 'CLOSE' &&
        sock.sk_state !== 'LISTEN' &&
        sock.local.port === local.port &&
        sock.remote.port === remote.port &&
        sock.remote.address === remote.address,
    );
  }

  /** A SYN for a listener becomes a connection of its own. */
  #accept(segment: Segment): TcpSock | undefined {
    const isListening = this.#sockets.some(
      (sock) => sock.sk_state === 'LISTEN' && sock.local.port === segment.to.port,
    );
    if (!isListening || packetName(segment) !== 'SYN') return undefined;
    const child = this.socket(segment.to.port);
    child.remote = segment.from;
    child.listen({ silently: true });
    return child;
  }

  #reset(segment: Segment): void {
    const isAck = segment.flags.includes('ACK');
    const answer: Segment = {
      protocol: 'tcp',
      from: segment.to,
      to: segment.from,
      // RFC 9293 3.5.1: a segment that acknowledges is answered with the number that it acknowledges.
      flags: isAck ? ['RST'] : ['RST', 'ACK'],
      seq: isAck ? segment.ack : 0,
      ack: isAck ? 0 : (segment.seq + 1) >>> 0,
      window_bytes: 0,
      timestamps: null,
    };
    this.transmit(
      answer,
      null,
      `No socket of this host takes port ${segment.to.port}: the kernel answers with a reset.`,
      'tcp_v4_send_reset:reset',
    );
  }

  #sendArp(peer: string, probe: number): void {
    const request: Packet = { protocol: 'arp', from: this.address, to: peer };
    const number = this.#wire().send(request, this);
    this.recorder.record({
      actor: this.name,
      kind: 'packet-sent',
      data: { number, packet: 'ARP request', carries: asJson(request), probe },
      says: `ARP request ${probe}: *who has ${peer}?* No SYN can leave before somebody answers.`,
      mark: probe === 1 ? '__neigh_event_send:probe' : 'neigh_timer_handler:again',
      beat: true,
    });
  }

  #reportUnreachable(): void {
    this.recorder.record({
      actor: this.name,
      kind: 'neighbour-failed',
      data: { queued: this.#queue.length },
      says: 'Three ARP requests have had no answer, so the address *counts as unreachable*.',
      mark: 'neigh_timer_handler:failed',
      beat: true,
    });
    for (const { segment } of [...this.#queue])
      this.#find(segment.from, segment.to)?.receiveError('host', segment, true);
    this.#queue.length = 0;
  }

  #wire(): Link {
    if (!this.#link) throw new Error(`${this.name} is not plugged into a link`);
    return this.#link;
  }
}
