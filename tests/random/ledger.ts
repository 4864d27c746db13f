/**
 * What must hold of any connection, seen from outside: the programs' calls, and the segments where they leave and
 * where they arrive. Nothing here reads the engine's own variables of sequence arithmetic.
 */

import type { TcpSock } from '#simulations/kernel/tcp/sock.ts';
import type { Machine } from '#simulations/machine/machine.ts';
import type { Segment } from '#simulations/network/packet.ts';
import { watchSockets } from '../unit/kernel/made.ts';

/** A window's unit after the handshake. */
const WINDOW_UNIT_bytes = 128;

/** A rule that a run has broken. */
export class Violation extends Error {}

/** One direction of one connection: from its SYN on. Positions count from the SYN, which is 0. */
class Flow {
  readonly isn: number;
  /** Bytes that programs have handed to the kernel. */
  accepted_bytes = 0;
  /** One past the last position that was sent. */
  sent_end = 1;
  /** Where the FIN was sent, or null. */
  fin: number | null = null;
  /** One past the last position that the peer's delivered segments have allowed. */
  allowed_end = 0;
  /** Stretches that have arrived at the other end, apart and in order. */
  #arrived: [number, number][] = [];

  constructor(isn: number) {
    this.isn = isn;
  }

  position(wire: number): number {
    return (wire - this.isn) | 0;
  }

  /** One past the last position before which nothing is missing at the other end. */
  get arrived_end(): number {
    return this.#arrived[0]?.[0] === 0 ? this.#arrived[0][1] : 0;
  }

  /** Bytes of data that have arrived without a gap. */
  get arrived_bytes(): number {
    return Math.max(0, this.arrived_end - 1 - (this.hasFinArrived ? 1 : 0));
  }

  get hasFinArrived(): boolean {
    return this.fin !== null && this.arrived_end > this.fin;
  }

  /** @returns what takes it back */
  arrive(from: number, to: number): () => void {
    const before = this.#arrived;
    const takeBack = () => {
      this.#arrived = before;
    };
    if (to <= from) return takeBack;
    const apart = this.#arrived.filter(([start, end]) => end < from || start > to);
    const touching = this.#arrived.filter(([start, end]) => end >= from && start <= to);
    const start = Math.min(from, ...touching.map(([each]) => each));
    const end = Math.max(to, ...touching.map(([, each]) => each));
    this.#arrived = [...apart, [start, end] as [number, number]].sort((a, b) => a[0] - b[0]);
    return takeBack;
  }
}

/** What is known of one socket from outside. */
export class SocketLedger {
  readonly sk: TcpSock;
  /** What it sends. */
  out: Flow | null = null;
  /** What it receives. */
  in: Flow | null = null;
  /** Flows toward it whose SYN has arrived. */
  readonly candidates: Flow[] = [];
  accepted_bytes = 0;
  read_bytes = 0;
  acknowledged = 0;
  isGone = false;

  /** @param violated is told what the socket's programs must not see */
  constructor(sk: TcpSock, violated: (what: string) => void) {
    this.sk = sk;
    const { send, read } = sk;
    sk.send = (bytes, more) => {
      this.accepted_bytes += bytes;
      if (this.out) this.out.accepted_bytes = this.accepted_bytes;
      if (this.out?.fin != null) violated('bytes are accepted after the FIN was sent');
      send.call(sk, bytes, more);
    };
    sk.read = (most) => {
      const bytes = read.call(sk, most);
      this.read_bytes += bytes;
      if (bytes < 0 || bytes > most) violated(`read(${most}) gives ${bytes} bytes`);
      if (this.read_bytes > (this.in?.arrived_bytes ?? 0))
        violated(
          `${this.read_bytes} bytes are read, and ${this.in?.arrived_bytes} have arrived without a gap`,
        );
      return bytes;
    };
  }
}

const isFor = ({ from, to }: Segment, { local, remote }: TcpSock): boolean =>
  local.port === to.port && remote.port === from.port && remote.address === from.address;
const way = ({ from, to }: Segment): string => `${from.address}:${from.port} ${to.address}:${to.port}`;
const lengthOf = ({ payload_bytes, flags }: Segment): number =>
  payload_bytes + (flags.includes('SYN') ? 1 : 0) + (flags.includes('FIN') ? 1 : 0);

/** Both ends' sockets, and what travels between them. */
export class Ledger {
  readonly #flowOf = new Map<Segment, Flow>();
  readonly #latest = new Map<string, Flow>();
  readonly sockets: SocketLedger[] = [];
  /** The first rule that was broken. Thrown between two deadlines. */
  problem: string | null = null;

  readonly violated = (what: string): void => {
    this.problem ??= what;
  };

  /** A segment leaves. @param by its socket; none for what a host or a record sends */
  leaves(segment: Segment, by: SocketLedger | undefined): void {
    const flow = this.#flowFor(segment, by);
    if (!flow) return;
    this.#flowOf.set(segment, flow);
    const { flags, payload_bytes } = segment;
    if (flags.includes('RST')) {
      if (payload_bytes) this.violated('a reset carries data');
      return;
    }
    const start = flow.position(segment.seq);
    const end = start + lengthOf(segment);
    if (!by) {
      if (payload_bytes || end !== start) this.violated('a record sends data');
      return;
    }
    if (payload_bytes > 0 && (start < 1 || start + payload_bytes > 1 + flow.accepted_bytes))
      this.violated(
        `positions ${start} to ${start + payload_bytes} leave; ${flow.accepted_bytes} bytes were written`,
      );
    if (flags.includes('FIN')) {
      flow.fin ??= end - 1;
      if (flow.fin !== end - 1 || flow.fin !== 1 + flow.accepted_bytes)
        this.violated(
          `a FIN at ${end - 1}; ${flow.accepted_bytes} bytes were written, and the first FIN was at ${flow.fin}`,
        );
    }
    // A window probe has no length: its position has been used before.
    if (end > start && !flags.includes('SYN') && end > flow.allowed_end)
      this.violated(
        `position ${end - 1} leaves, and the peer has allowed what is before ${flow.allowed_end}`,
      );
    flow.sent_end = Math.max(flow.sent_end, end);
    if (flags.includes('ACK')) this.#acknowledges(segment, by);
  }

  #flowFor(segment: Segment, by: SocketLedger | undefined): Flow | undefined {
    if (!by) return this.#latest.get(way(segment));
    if (segment.flags.includes('SYN') && by.out?.isn !== segment.seq) {
      if (by.out) this.violated('a socket sends SYNs with two initial sequence numbers');
      by.out = new Flow(segment.seq);
      by.out.accepted_bytes = by.accepted_bytes;
      this.#latest.set(way(segment), by.out);
    }
    return by.out ?? undefined;
  }

  #acknowledges({ ack }: Segment, by: SocketLedger): void {
    by.in ??= by.candidates.find((flow) => flow.position(ack) === 1) ?? null;
    if (!by.in) {
      this.violated('something is acknowledged, and no SYN has come that fits');
      return;
    }
    const position = by.in.position(ack);
    if (position > by.in.sent_end)
      this.violated(`position ${position} is acknowledged, and ${by.in.sent_end} is not sent`);
    if (position > by.in.arrived_end)
      this.violated(
        `position ${position} is acknowledged, and only what is before ${by.in.arrived_end} has come`,
      );
    if (position < by.acknowledged)
      this.violated(`acknowledgements run back, from ${by.acknowledged} to ${position}`);
    by.acknowledged = position;
  }

  /**
   * A segment arrives at a host, before the host looks at it.
   * @param its the sockets that it is for
   * @returns what takes its data back, where the host takes none of it
   */
  arrives(segment: Segment, its: readonly SocketLedger[]): () => void {
    const flow = this.#flowOf.get(segment);
    if (!flow || segment.flags.includes('RST')) return () => {};
    const start = flow.position(segment.seq);
    const takeBack = flow.arrive(start, start + lengthOf(segment));
    for (const socket of its) {
      const { out } = socket;
      if (segment.flags.includes('SYN') && !socket.candidates.includes(flow)) socket.candidates.push(flow);
      if (!out || !segment.flags.includes('ACK')) continue;
      const ack = out.position(segment.ack);
      const unit_bytes = segment.flags.includes('SYN') ? 1 : WINDOW_UNIT_bytes;
      if (ack > 0 && ack <= out.sent_end)
        out.allowed_end = Math.max(out.allowed_end, ack + segment.window_bytes * unit_bytes);
    }
    return takeBack;
  }

  /** A socket that a host makes for the SYN that it has just been given. */
  adopt(socket: SocketLedger, syn: Segment): void {
    const flow = this.#flowOf.get(syn);
    if (flow) socket.candidates.push(flow);
  }
}

/** A machine whose sockets and segments are written down. */
export class Watched {
  readonly machine: Machine;
  readonly ledger: Ledger;
  readonly sockets: SocketLedger[] = [];
  #arriving: Segment | null = null;

  constructor(machine: Machine, ledger: Ledger) {
    this.machine = machine;
    this.ledger = ledger;
    watchSockets(machine, (sk) => void this.of(sk));
    this.#watchArrivals();
    this.#watchDepartures();
    this.#watchEnds();
  }

  of(sk: TcpSock): SocketLedger {
    return this.sockets.find((each) => each.sk === sk) ?? this.#made(sk);
  }

  #made(sk: TcpSock): SocketLedger {
    const socket = new SocketLedger(sk, this.ledger.violated);
    this.sockets.push(socket);
    this.ledger.sockets.push(socket);
    if (this.#arriving) this.ledger.adopt(socket, this.#arriving);
    return socket;
  }

  #watchArrivals(): void {
    const { stack } = this.machine;
    const receive = stack.receive.bind(stack);
    stack.receive = (packet, number) => {
      if (packet.protocol !== 'tcp') {
        receive(packet, number);
        return;
      }
      const its = this.sockets.filter(({ isGone, sk }) => !isGone && isFor(packet, sk));
      const requests = its.filter(({ sk }) => sk.sk_state === 'SYN_RECV');
      const takeBack = this.ledger.arrives(packet, its);
      this.#arriving = packet;
      receive(packet, number);
      this.#arriving = null;
      // A handshake that does not end with a segment takes nothing of it: the accept queue is full, or the ACK is wrong.
      if (requests.some(({ sk }) => sk.sk_state === 'SYN_RECV')) takeBack();
    };
  }

  #watchDepartures(): void {
    const { stack } = this.machine;
    const transmit = stack.transmit.bind(stack);
    stack.transmit = (segment, sock, ...told) => {
      this.ledger.leaves(segment, sock ? this.of(sock) : undefined);
      if (sock && this.of(sock).isGone && !segment.flags.includes('RST'))
        this.ledger.violated(`a socket that is gone sends ${segment.flags.join('-')}`);
      transmit(segment, sock, ...told);
    };
  }

  #watchEnds(): void {
    const { stack } = this.machine;
    const [keepRecord, unhash] = [stack.keepRecord.bind(stack), stack.unhash.bind(stack)];
    stack.keepRecord = (sock, remains, timeout_ms) => {
      this.of(sock).isGone = true;
      keepRecord(sock, remains, timeout_ms);
    };
    // A socket that a program holds can connect again.
    stack.unhash = (sock) => {
      this.of(sock).isGone ||= sock.isOrphan || sock.parent !== null;
      unhash(sock);
    };
  }
}
