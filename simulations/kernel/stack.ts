/**
 * The network stack of one machine: its sockets, its neighbour, and its end of the wire (`net/ipv4/tcp_ipv4.c`,
 * `net/ipv4/ip_output.c`). UDP is a kind of its own, in `udp/`.
 *
 * Left out: routing but for routes that say unreachable, more than one interface, more than one silent neighbour at a
 * time; of IPv6 all but TCP, its errors and neighbour discovery, so sockets of both families at one port.
 */
import type { VirtualClock } from '../engine/clock.ts';
import { duration } from '../engine/duration.ts';
import type { Random } from '../engine/random.ts';
import type { Cookie, Inode, NeighbourState, SocketState } from '../machine/state.ts';
import type { Sysctls } from '../machine/sysctl.ts';
import type { End, Wire } from '../network/link.ts';
import {
  type Datagram,
  type Endpoint,
  familyOf,
  type Packet,
  packetName,
  type Segment,
  type UnreachableCode,
} from '../network/packet.ts';
import { resetFor } from '../network/reset.ts';
import { comparison, type Decision, reasonOf, type Why } from '../trace/decision.ts';
import type { Shelf } from '../trace/history.ts';
import type { Recorder } from '../trace/recorder.ts';
import { Counted } from './counters.ts';
import type { Errno } from './errno.ts';
import { MCAST_SOLICIT, Neighbour } from './neighbour.ts';
import { type PortOwner, Ports } from './ports.ts';
import type { KernelProfile } from './profile.ts';
import { PLAIN_ROUTE, type Route } from './route.ts';
import { SocketTable } from './socket-table.ts';
import { SYN_DROPPED } from './tcp/reasons.ts';
import { type Truesize, VETH_TRUESIZE } from './tcp/receive-buffer.ts';
import { TcpSock } from './tcp/sock.ts';
import type { TcpHost } from './tcp/tcp-host.ts';
import { type Remains, TimeWait } from './tcp/time-wait.ts';

export interface StackOptions {
  readonly name: string;
  /** Whether its sockets tell what they do; they do, when left out. */
  readonly tells?: boolean | undefined;
  /** The machine's addresses; what it sends comes from the first. */
  readonly addresses: readonly string[];
  readonly kernel: KernelProfile;
  readonly sysctl: Sysctls;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly random: Random;
  /** The device's MTU less 40 bytes, 60 over IPv6; that of Ethernet when left out. */
  readonly mss_bytes?: number | undefined;
  /** What a segment takes of a receive buffer; as from another Linux of the same machine, when left out. */
  readonly truesize?: Truesize | undefined;
}

/** What lies in the table beside full sockets and records: it takes its segments by itself. */
export interface Still {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** What lies before the data of a segment without options: IP header and TCP header, in bytes. */
const HEADERS_bytes = { inet: 40, inet6: 60 } as const;
const ETHERNET_MTU_bytes = 1500;

/** Takes the datagrams of a machine. */
interface Datagrams {
  receive(datagram: Datagram, number: number): void;
  receiveError(code: UnreachableCode, about: Datagram): void;
}

const RESET = 'tcp_v4_send_reset:reset';
const AGAIN = 'tcp_timewait_state_process:again';

/** What the neighbour's timer asks. @param probes sent so far */
const whyProbesSpent = (probes: number): Decision =>
  comparison(
    'neigh_timer_handler:limit',
    probes >= MCAST_SOLICIT,
    [
      ['atomic_read(&neigh->probes)', probes],
      ['neigh_max_probes(neigh)', MCAST_SOLICIT],
    ],
    probes >= MCAST_SOLICIT ? 'the address counts as unreachable' : 'it asks again',
  );

const NOWHERE: Endpoint = { address: '0.0.0.0', port: 0 };

export class NetworkStack implements End, TcpHost<TcpSock> {
  readonly name: string;
  readonly tells: boolean;
  readonly addresses: readonly string[];
  readonly kernel: KernelProfile;
  readonly sysctl: Sysctls;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly random: Random;
  readonly mss_bytes: number;
  readonly truesize: Truesize;
  readonly counters: Counted;
  readonly sockets: Shelf<Cookie, SocketState>;
  readonly neighbours: Shelf<string, NeighbourState>;
  readonly ports: Ports;
  readonly table = new SocketTable<TcpSock | TimeWait | Still, TcpSock>();
  /** `ip route change` sets it; whoever has a socket already sees it with the next segment. */
  route: Route = PLAIN_ROUTE;
  /** UDP, where the machine has it. */
  udp: Datagrams | null = null;
  readonly #boot_ms: number;
  readonly #queue: { segment: Segment; sock: TcpSock }[] = [];
  /** Who has a port, by socket or record. */
  readonly #owners = new Map<TcpSock | TimeWait, PortOwner>();
  #neighbour: Neighbour | null = null;
  readonly #headers_bytes: number;
  /** Addresses with an unreachable route. */
  readonly #unreachable = new Set<string>();
  #wire: Wire | null = null;
  #cookies = 0;
  #inodes: Inode;

  constructor(options: StackOptions) {
    this.name = options.name;
    this.tells = options.tells ?? true;
    this.addresses = options.addresses;
    this.kernel = options.kernel;
    this.sysctl = options.sysctl;
    this.#headers_bytes = HEADERS_bytes[familyOf(this.address)];
    this.mss_bytes = options.mss_bytes ?? ETHERNET_MTU_bytes - this.#headers_bytes;
    this.truesize = options.truesize ?? VETH_TRUESIZE;
    this.clock = options.clock;
    this.recorder = options.recorder;
    this.random = options.random;
    this.counters = new Counted(options.recorder);
    this.sockets = options.recorder.shelf();
    this.neighbours = options.recorder.shelf();
    this.ports = new Ports(options.random, () => this.sysctl.ip_local_port_range);
    this.#boot_ms = options.random.bits() >>> 1;
    this.#inodes = 5_397_000;
  }

  /** The address that a machine's packets come from. */
  get address(): string {
    return this.addresses[0] ?? '0.0.0.0';
  }

  get mtu_bytes(): number {
    return this.mss_bytes + this.#headers_bytes;
  }

  /** Connects the machine to its wire. */
  plug(wire: Wire): void {
    this.#wire = wire;
  }

  /** From now on nobody on the wire has the peer's address. */
  loseNeighbour(peer: string): void {
    const neighbour = new Neighbour(
      this.clock,
      (probe) => {
        cell.touch();
        this.#askForNeighbour(peer, probe);
      },
      // TCP's timer has fewer steps behind it than the three requests, so it is less late and comes first.
      () =>
        this.clock.after(0, () => {
          cell.touch();
          this.#reportUnreachable();
        }),
    );
    this.#neighbour = neighbour;
    const cell = this.neighbours.open(peer, {
      state: () => ({ address: peer, state: neighbour.state, probes: neighbour.probes }),
    });
  }

  /** `ip route add unreachable`: nothing goes to the address any more. */
  addUnreachableRoute(address: string): void {
    this.#unreachable.add(address);
  }

  routeError(address: string): Errno | null {
    return this.#unreachable.has(address) ? 'EHOSTUNREACH' : null;
  }

  /** The connections that a filter takes, as `ss` would list them. */
  connections(isMeant: (sock: TcpSock) => boolean): readonly TcpSock[] {
    return [...this.table.connections()].filter(
      (sock): sock is TcpSock => sock instanceof TcpSock && isMeant(sock),
    );
  }

  nextCookie(): Cookie {
    return ++this.#cookies;
  }

  nextInode(): Inode {
    return ++this.#inodes;
  }

  // --- ports, and who is found at them ---

  /** bind(): `inet_csk_get_port`. @param port 0 for any */
  bind(sock: TcpSock, local: Endpoint): Errno | null {
    if (sock.isBound || sock.sk_state !== 'CLOSE') return 'EINVAL';
    if (local.address !== NOWHERE.address && !this.#isLocal(local.address)) return 'EADDRNOTAVAIL';
    const before = sock.local;
    sock.local = local;
    const { port } = this.ports.bind(local.port, this.#owner(sock));
    if (port === null) {
      this.#owners.delete(sock);
      sock.local = before;
      return 'EADDRINUSE';
    }
    sock.local = { address: local.address, port };
    sock.isBound = true;
    return null;
  }

  hash(sock: TcpSock): Errno | null {
    if (sock.local.port === 0) {
      const { port } = this.ports.connect(sock.remote);
      if (port === null) return 'EADDRNOTAVAIL';
      sock.local = { address: this.#sourceFor(sock.remote), port };
    } else {
      if (sock.local.address === NOWHERE.address)
        sock.local = { address: this.#sourceFor(sock.remote), port: sock.local.port };
      this.ports.take(sock.remote, sock.local.port);
    }
    if (!this.table.insert(sock)) return 'EADDRNOTAVAIL';
    this.ports.own(sock.local.port, this.#owner(sock));
    return null;
  }

  hashListener(sock: TcpSock): Errno | null {
    if (sock.local.port === 0) {
      const errno = this.bind(sock, NOWHERE);
      if (errno) return errno;
    }
    this.table.listen(sock);
    return null;
  }

  unhash(sock: TcpSock): void {
    this.table.unlisten(sock);
    this.table.remove(sock);
    this.ports.release(sock.remote, sock.local.port);
    // SOCK_BINDPORT_LOCK: what bind() has taken stays with the socket until it is closed.
    if (sock.isBound && !sock.isOrphan) return;
    const owner = this.#owners.get(sock);
    if (owner) this.ports.disown(sock.local.port, owner);
    this.#owners.delete(sock);
  }

  #owner(sock: TcpSock | TimeWait): PortOwner {
    const known = this.#owners.get(sock);
    if (known) return known;
    const owner: PortOwner = {
      get local() {
        return sock.local;
      },
      get reuses() {
        return sock instanceof TcpSock && sock.reuses;
      },
      get isListening() {
        return sock instanceof TcpSock && sock.sk_state === 'LISTEN';
      },
    };
    this.#owners.set(sock, owner);
    return owner;
  }

  #isLocal(address: string): boolean {
    return this.addresses.includes(address) || address.startsWith('127.');
  }

  /** The address that a packet to a peer comes from. */
  #sourceFor({ address }: Endpoint): string {
    return this.#isLocal(address) ? address : this.address;
  }

  timestamp(): number {
    return (this.#boot_ms + Math.floor(this.clock.now_us / 1000)) >>> 0;
  }

  isQueued(sock: TcpSock): boolean {
    return this.#queue.some((entry) => entry.sock === sock);
  }

  transmit(segment: Segment, sock: TcpSock | null, says: string, why?: Why, beat = false): void {
    const packet = packetName(segment);
    const reason = typeof why === 'string' ? { mark: why } : why;
    if (this.#neighbour && sock) {
      this.#queue.push({ segment, sock });
      this.recorder.record({
        actor: this.name,
        kind: 'segment-queued',
        data: { packet },
        says: `The ${packet} waits in this host: nobody has said which hardware address ${segment.to.address} has.`,
        ...reason,
      });
      this.#neighbour.resolve();
      return;
    }
    if (sock && this.routeError(segment.to.address)) {
      this.recorder.record({
        actor: this.name,
        kind: 'segment-unroutable',
        data: { packet },
        says: `The ${packet} has no way to ${segment.to.address}, and *goes no further*.`,
      });
      return;
    }
    const number = this.send(segment);
    this.recorder.record({
      actor: this.name,
      kind: 'packet-sent',
      data: { number, packet, carries: segment },
      says,
      beat,
      ...reason,
    });
  }

  keepRecord(sock: TcpSock, remains: Remains, timeout_ms: number): void {
    this.table.remove(sock);
    const owner = this.#owners.get(sock);
    if (owner) this.ports.disown(sock.local.port, owner);
    this.#owners.delete(sock);
    let wait: number | null = null;
    const record = new TimeWait(remains, timeout_ms, this.clock, (record, from, why) => {
      const to = record.tw_substate;
      this.recorder.record({
        actor: this.name,
        kind: 'state-changed',
        data: { from, to },
        says: `The record goes from ${from} to *${to}*.`,
        ...why,
        beat: true,
      });
      if (to === 'CLOSE') this.#dropRecord(record);
      else cell.touch();
    });
    this.table.insert(record);
    this.ports.own(record.local.port, this.#owner(record));
    const cell = this.sockets.open(record.cookie, record);
    const endWait = () => {
      if (wait !== null) this.recorder.endWait(wait);
      wait = null;
    };
    record.onEnd = () => {
      cell.end();
      endWait();
    };
    record.onRestart = () => {
      cell.touch();
      endWait();
      wait = this.#awaits(record);
    };
    this.counters.add('TcpExtTW');
    this.recorder.record({
      actor: this.name,
      kind: 'record-kept',
      data: { substate: remains.substate, timeout_ms },
      says: `The socket is gone; a small record in ${remains.substate} stays for *${duration(timeout_ms * 1000)}*.`,
      mark: 'tcp_time_wait:schedule',
      beat: true,
    });
    wait = this.#awaits(record);
  }

  /** A record waits, from the event recorded last. @returns the wait's number, or null where nothing is told */
  #awaits({ cookie, local, remote, tw_substate, set_us, due_us }: TimeWait): number | null {
    if (!this.tells) return null;
    return this.recorder.beginWait({
      who: { machine: this.name, socket: cookie, local, remote },
      kind: 'timer',
      for: tw_substate === 'FIN_WAIT2' ? 'the peer’s FIN' : 'segments that may still be on their way',
      timer: { name: 'timewait', set_us, due_us },
    });
  }

  #dropRecord(record: TimeWait): void {
    record.drop();
    this.table.remove(record);
    this.ports.release(record.remote, record.local.port);
    const owner = this.#owners.get(record);
    if (owner) this.ports.disown(record.local.port, owner);
    this.#owners.delete(record);
    record.onEnd();
  }

  receive(packet: Packet, number: number): void {
    if (packet.protocol === 'arp') return;
    if (packet.protocol === 'icmp') {
      this.recorder.record({
        actor: this.name,
        kind: 'packet-received',
        data: { number, packet: packetName(packet) },
        says: `The ${packetName(packet)} arrives.`,
        mark: familyOf(packet.to) === 'inet6' ? 'tcp_v6_err:errno' : 'tcp_v4_err:errno',
      });
      this.#receiveError(packet.code, packet.about);
      return;
    }
    if (packet.protocol === 'udp') {
      this.udp?.receive(packet, number);
      return;
    }
    this.counters.add('TcpInSegs');
    const found = this.table.find(packet.to, packet.from);
    if (found instanceof TcpSock) {
      found.receive(packet, number);
      return;
    }
    if (found instanceof TimeWait && this.#isForRecord(found, packet, number)) return;
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
    if (!packet.flags.includes('RST')) this.#reset(packet, RESET);
  }

  /** `icmp_unreach`: the error goes to the socket that sent what it is about. */
  #receiveError(code: UnreachableCode, about: Segment | Datagram, isLocal = false): void {
    if (about.protocol === 'udp') {
      this.udp?.receiveError(code, about);
      return;
    }
    const sock = this.table.find(about.from, about.to);
    if (sock instanceof TcpSock) sock.receiveError(code, about, isLocal);
  }

  /** Puts a packet onto the wire. @returns its number there */
  send(packet: Packet): number {
    return this.#plugged.send(packet, this);
  }

  /** The address of this machine that a packet to a peer comes from. */
  sourceFor(remote: Endpoint): string {
    return this.#sourceFor(remote);
  }

  /** Gives a segment to the record of a connection that is over. @returns whether that is the end of it */
  #isForRecord(record: TimeWait, segment: Segment, number: number): boolean {
    const packet = packetName(segment);
    this.recorder.record({
      actor: this.name,
      kind: 'packet-received',
      data: { number, packet },
      says: `The ${packet} arrives for a connection in ${record.tw_substate}.`,
    });
    const verdict = record.receive(segment);
    if (verdict === 'TCP_TW_SYN') {
      this.#dropRecord(record);
      return false;
    }
    if (verdict === 'TCP_TW_RST') {
      this.#dropRecord(record);
      this.#reset(segment, record.why ? reasonOf(record.why, RESET) : RESET);
    } else if (verdict === 'TCP_TW_ACK') this.#acknowledge(record);
    return true;
  }

  /** A record's ACK: `tcp_v4_timewait_ack`. */
  #acknowledge(record: TimeWait): void {
    const { seq, ack, ts_recent } = record.answer;
    this.counters.add('TcpOutSegs');
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
        timestamps: ts_recent === null ? null : { value: this.timestamp(), echo: ts_recent },
      },
      null,
      'The record answers with an ACK.',
      record.why ? reasonOf(record.why, AGAIN) : AGAIN,
      true,
    );
  }

  /** A SYN for a listener becomes a connection of its own, if the accept queue has room: `tcp_conn_request`. */
  #accept(segment: Segment, number: number): TcpSock | 'dropped' | undefined {
    const listener = this.table.listener(segment.to);
    const { flags } = segment;
    if (!listener || flags.includes('ACK') || flags.includes('RST')) return undefined;
    if (!flags.includes('SYN') || flags.includes('FIN')) {
      const packet = packetName(segment) || 'segment without flags';
      this.recorder.record({
        actor: this.name,
        kind: 'packet-received',
        data: { number, packet },
        says: `The ${packet} arrives at a listener, which drops it without a word.`,
      });
      return 'dropped';
    }
    if (listener.isAcceptQueueFull) {
      this.counters.add('TcpExtListenOverflows');
      this.counters.add('TcpExtListenDrops');
      this.recorder.record({
        actor: this.name,
        kind: 'syn-dropped',
        data: { number, ready: listener.queue?.sk_ack_backlog ?? 0 },
        says: 'A SYN arrives, and the accept queue is full: *Linux drops it*, and the peer will try again.',
        ...SYN_DROPPED,
        beat: true,
      });
      return 'dropped';
    }
    const child = new TcpSock(this);
    child.request(listener, segment.to, segment.from);
    return child;
  }

  #reset(segment: Segment, why: Why): void {
    this.counters.add('TcpOutSegs');
    this.counters.add('TcpOutRsts');
    this.transmit(
      resetFor(segment),
      null,
      `No socket of this host takes port ${segment.to.port}: the kernel answers with a reset.`,
      why,
    );
  }

  #askForNeighbour(peer: string, probe: number): void {
    const request: Packet = { protocol: 'arp', from: this.address, to: peer };
    const number = this.send(request);
    const packet = packetName(request);
    const what = packet === 'ARP request' ? packet : 'Neighbor solicitation';
    this.recorder.record({
      actor: this.name,
      kind: 'packet-sent',
      data: { number, packet, carries: request, probe },
      says: `${what} ${probe}: *who has ${peer}?* No SYN can leave before somebody answers.`,
      ...(probe === 1
        ? { mark: '__neigh_event_send:probe' as const }
        : reasonOf(whyProbesSpent(probe - 1), 'neigh_timer_handler:again')),
      beat: true,
    });
  }

  #reportUnreachable(): void {
    this.recorder.record({
      actor: this.name,
      kind: 'neighbour-failed',
      data: { queued: this.#queue.length },
      says: 'Three requests have had no answer, so the address *counts as unreachable*.',
      ...reasonOf(whyProbesSpent(this.#neighbour?.probes ?? 0), 'neigh_timer_handler:failed'),
      beat: true,
    });
    for (const { segment } of [...this.#queue]) this.#receiveError('host', segment, true);
    this.#queue.length = 0;
  }

  get #plugged(): Wire {
    if (!this.#wire) throw new Error(`${this.name} is not plugged into a link`);
    return this.#wire;
  }
}
