/**
 * A host: one network namespace with its sysctls, its sockets, its neighbour and its end of the wire.
 *
 * Left out: the order in which connect() tries ports and their end (EADDRNOTAVAIL), routing, more than one interface, more than one peer.
 */
import type { VirtualClock } from '../engine/clock.ts';
import { duration } from '../engine/duration.ts';
import type { Random } from '../engine/random.ts';
import type { KernelMark, Recorder } from '../engine/trace.ts';
import type { End, Wire } from '../network/link.ts';
import { asJson, type Endpoint, type Packet, packetName, type Segment } from '../network/packet.ts';
import { Neighbour } from './neighbour.ts';
import type { KernelProfile } from './profile.ts';
import { DEFAULT_SYSCTL, type Sysctl } from './sysctl.ts';
import { TcpSock } from './tcp/sock.ts';
import type { TcpHost } from './tcp/tcp-host.ts';
import { type Remains, TimeWait } from './tcp/time-wait.ts';

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
  readonly mss_bytes: number;
  readonly #boot_ms: number;
  readonly #sockets = new Set<TcpSock>();
  readonly #records = new Set<TimeWait>();
  readonly #queue: { segment: Segment; sock: TcpSock }[] = [];
  #neighbour: Neighbour | null = null;
  #wire: Wire | null = null;

  constructor(options: {
    name: string;
    address: string;
    kernel: KernelProfile;
    /** Those that differ from the defaults. */
    sysctl?: Partial<Sysctl>;
    clock: VirtualClock;
    recorder: Recorder;
    random: Random;
    /** The device's MTU less 40 bytes. */
    mss_bytes?: number;
  }) {
    this.name = options.name;
    this.address = options.address;
    this.kernel = options.kernel;
    this.sysctl = { ...DEFAULT_SYSCTL, ...options.sysctl };
    this.mss_bytes = options.mss_bytes ?? 1460;
    this.clock = options.clock;
    this.recorder = options.recorder;
    this.random = options.random;
    this.#boot_ms = options.random.bits() >>> 1;
  }

  /** Connects the host to its wire. */
  plug(wire: Wire): void {
    this.#wire = wire;
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
  socket(port = this.#freePort()): TcpSock {
    const sock = new TcpSock(this, { address: this.address, port });
    this.#sockets.add(sock);
    return sock;
  }

  #freePort(): number {
    const taken = new Set([...this.#sockets, ...this.#records].map(({ local }) => local.port));
    for (;;) {
      const port = this.random.integer(...IP_LOCAL_PORT_RANGE);
      if (!taken.has(port)) return port;
    }
  }

  timestamp(): number {
    return (this.#boot_ms + Math.floor(this.clock.now_us / 1000)) >>> 0;
  }

  isQueued(sock: TcpSock): boolean {
    return this.#queue.some((entry) => entry.sock === sock);
  }

  transmit(segment: Segment, sock: TcpSock | null, says: string, mark?: KernelMark, beat = false): void {
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
    const number = this.#plugged.send(segment, this);
    this.recorder.record({
      actor: this.name,
      kind: 'packet-sent',
      data: { number, packet, carries: asJson(segment) },
      says,
      beat,
      ...why,
    });
  }

  keepRecord(sock: TcpSock, remains: Remains, timeout_ms: number): void {
    this.#sockets.delete(sock);
    const record = new TimeWait(remains, timeout_ms, this.clock, (record, from, mark) => {
      const to = record.tw_substate;
      if (to === 'CLOSE') this.#records.delete(record);
      this.recorder.record({
        actor: this.name,
        kind: 'state-changed',
        data: { from, to },
        says: `The record goes from ${from} to *${to}*.`,
        mark,
        beat: true,
        state: { [this.name]: { sk_state: to, timer_due_us: to === 'CLOSE' ? null : record.due_us } },
      });
    });
    this.#records.add(record);
    this.recorder.record({
      actor: this.name,
      kind: 'record-kept',
      data: { substate: remains.substate, timeout_ms },
      says: `The socket is gone; a small record in ${remains.substate} stays for *${duration(timeout_ms * 1000)}*.`,
      mark: 'tcp_time_wait:schedule',
      beat: true,
      state: { [this.name]: { timer_set_us: this.clock.now_us, timer_due_us: record.due_us } },
    });
  }

  forget(sock: TcpSock): void {
    this.#sockets.delete(sock);
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
    const sock = this.#find(packet.to, packet.from);
    if (sock) {
      sock.receive(packet, number);
      return;
    }
    if (this.#isForRecord(packet, number)) return;
    const child = this.#accept(packet, number);
    if (child === 'dropped') return;
    if (child) {
      child.receive(packet, number);
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
    for (const sock of this.#sockets)
      if (sock.sk_state !== 'CLOSE' && sock.sk_state !== 'LISTEN' && isBetween(sock, local, remote))
        return sock;
    return undefined;
  }

  /** Gives a segment to the record of a connection that is over. @returns whether that is the end of it */
  #isForRecord(segment: Segment, number: number): boolean {
    const record = [...this.#records].find((each) => isBetween(each, segment.to, segment.from));
    if (!record) return false;
    const packet = packetName(segment);
    this.recorder.record({
      actor: this.name,
      kind: 'packet-received',
      data: { number, packet },
      says: `The ${packet} arrives for a connection in ${record.tw_substate}.`,
    });
    const verdict = record.receive(segment);
    if (verdict === 'TCP_TW_SYN') {
      record.drop();
      this.#records.delete(record);
      return false;
    }
    if (verdict === 'TCP_TW_RST') {
      record.drop();
      this.#records.delete(record);
      this.#reset(segment);
    } else if (verdict === 'TCP_TW_ACK') this.#acknowledge(record);
    return true;
  }

  /** A record's ACK: `tcp_v4_timewait_ack`. */
  #acknowledge(record: TimeWait): void {
    const { seq, ack, ts_recent } = record.answer;
    this.transmit(
      {
        protocol: 'tcp',
        from: record.local,
        to: record.remote,
        flags: ['ACK'],
        seq,
        ack,
        window_bytes: 0,
        payload_bytes: 0,
        timestamps: { value: this.timestamp(), echo: ts_recent },
      },
      null,
      'The record answers with an ACK.',
      'tcp_timewait_state_process:again',
      true,
    );
  }

  /** A SYN for a listener becomes a connection of its own, if the accept queue has room: `tcp_conn_request`. */
  #accept(segment: Segment, number: number): TcpSock | 'dropped' | undefined {
    const listener = [...this.#sockets].find(
      (sock) => sock.sk_state === 'LISTEN' && sock.local.port === segment.to.port,
    );
    if (!listener || packetName(segment) !== 'SYN') return undefined;
    if (listener.isAcceptQueueFull) {
      this.recorder.record({
        actor: this.name,
        kind: 'syn-dropped',
        data: { number, ready: listener.queue?.ready.length ?? 0 },
        says: 'A SYN arrives, and the accept queue is full: *Linux drops it*, and the peer will try again.',
        mark: 'tcp_conn_request:full',
        beat: true,
      });
      return 'dropped';
    }
    const child = this.socket(segment.to.port);
    child.request(listener, segment.from);
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
      ack: isAck ? 0 : (segment.seq + segment.payload_bytes + (packetName(segment) === 'data' ? 0 : 1)) >>> 0,
      window_bytes: 0,
      payload_bytes: 0,
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
    const number = this.#plugged.send(request, this);
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

  get #plugged(): Wire {
    if (!this.#wire) throw new Error(`${this.name} is not plugged into a link`);
    return this.#wire;
  }
}

/** Whether a socket or a record is the one for this pair of ends. */
const isBetween = (
  sock: { readonly local: Endpoint; readonly remote: Endpoint },
  local: Endpoint,
  remote: Endpoint,
): boolean =>
  sock.local.port === local.port &&
  sock.remote.port === remote.port &&
  sock.remote.address === remote.address;
