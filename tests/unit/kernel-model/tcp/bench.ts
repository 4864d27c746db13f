/** One host on a bench: programs call it, hand-made segments reach it, and what it sends is read off the wire. */
import { VirtualClock } from '#simulations/engine/clock.ts';
import type { Answer } from '#simulations/engine/process.ts';
import { Random } from '#simulations/engine/random.ts';
import { Recorder, type TraceEvent } from '#simulations/engine/trace.ts';
import { Host } from '#simulations/kernel/host.ts';
import { KERNELS } from '#simulations/kernel/profile.ts';
import { type SocketOption, Syscalls } from '#simulations/kernel/syscalls.ts';
import type { Sysctl } from '#simulations/kernel/sysctl.ts';
import type { TcpSock } from '#simulations/kernel/tcp/sock.ts';
import { Link } from '#simulations/network/link.ts';
import { type Flag, type Packet, packetName, type Segment } from '#simulations/network/packet.ts';

const LOCAL = '192.0.2.1';
const PEER = { address: '192.0.2.2', port: 80 };
/** The peer's initial sequence number. Near the end of the 32 bits, so that every test wraps. */
const PEER_ISN = 2 ** 32 - 50;
/** A window's unit after the handshake. */
const UNIT_bytes = 128;

/** A segment of the peer's; positions count from each side's SYN, which is 0. */
export interface Given {
  readonly flags: readonly Flag[];
  /** The next one of the peer's stream, when left out. */
  readonly seq?: number;
  /** All that has been seen, when left out. */
  readonly ack?: number;
  readonly bytes?: number;
  readonly window_bytes?: number;
  readonly mss_bytes?: number;
  readonly isn?: number;
  /** Another connection, by the peer's port. */
  readonly port?: number;
  /** What the peer's clock says, in ms; none without a timestamp. */
  readonly timestamp?: number | null;
}

class BenchHost extends Host {
  readonly made: TcpSock[] = [];

  override socket(port?: number): TcpSock {
    const sk = port === undefined ? super.socket() : super.socket(port);
    this.made.push(sk);
    return sk;
  }
}

export class Bench {
  readonly clock = new VirtualClock();
  readonly recorder = new Recorder(this.clock);
  readonly host: BenchHost;
  readonly #kernel: Syscalls;
  readonly #sent: { segment: Segment; at_ms: number }[] = [];
  #read = 0;
  /** This host's initial sequence numbers, by the peer's port. */
  readonly #isns = new Map<number, number>();
  /** One past what this host has sent. */
  #local_end = 0;
  /** One past what the peer has sent. */
  #peer_end = 0;
  #window_bytes = 64_000;
  #local_port = 0;

  constructor(options: { sysctl?: Partial<Sysctl>; mss_bytes?: number } = {}) {
    const { clock, recorder } = this;
    const random = new Random(1);
    this.host = new BenchHost({
      name: 'host',
      address: LOCAL,
      kernel: KERNELS['6.12'],
      clock,
      recorder,
      random,
      ...options,
    });
    const peer = { name: 'peer', receive: () => {} };
    const tap = {
      judge: (packet: Packet) => {
        if (packet.protocol === 'tcp') this.#note(packet);
        return { do: 'pass' as const };
      },
    };
    this.host.plug(new Link({ ends: [this.host, peer], rtt_us: 0, rules: [tap], clock, recorder, random }));
    this.#kernel = new Syscalls(this.host);
  }

  /** The socket that this host made last: a child of the listener's, or the program's own. */
  get sk(): TcpSock {
    const sk = this.host.made.at(-1);
    if (!sk) throw new Error('no socket has been made');
    return sk;
  }

  get state(): string {
    return this.sk.sk_state;
  }

  get now_ms(): number {
    return this.clock.now_us / 1000;
  }

  get events(): readonly TraceEvent[] {
    return this.recorder.events;
  }

  /** Every change of state so far: `CLOSE SYN_SENT`. */
  get changes(): string[] {
    return this.events.flatMap(({ kind, data }) =>
      kind === 'state-changed' ? [`${data.from} ${data.to}`] : [],
    );
  }

  // --- what a program does ---

  /** A call that does not sleep, or the beginning of one that does. */
  call(name: string, args: Record<string, number | string | boolean | number[]> = {}): Answer | 'sleeps' {
    const answer = this.#kernel.run({ name, args });
    if (!('wait' in answer)) return answer;
    answer.wait(() => {});
    return 'sleeps';
  }

  /** A call's value, or its errno. */
  value(name: string, args: Record<string, number | string | boolean | number[]> = {}): number | string {
    const answer = this.call(name, args);
    return answer === 'sleeps' ? answer : (answer.errno ?? answer.value);
  }

  /** A non-blocking socket. @returns its descriptor */
  socket(): number {
    return Number(this.value('socket', { nonblocking: true }));
  }

  set(fd: number, option: SocketOption, value: number): void {
    this.call('setsockopt', { fd, option, value });
  }

  write(fd: number, bytes: number): number | string {
    return this.value('write', { fd, bytes });
  }

  sendMore(fd: number, bytes: number): number | string {
    return this.value('send', { fd, bytes, flags: 'MSG_MORE' });
  }

  read(fd: number, bytes = 1_000_000): number | string {
    return this.value('read', { fd, bytes });
  }

  close(fd: number): number | string {
    return this.value('close', { fd });
  }

  shutdown(fd: number, how: 'SHUT_RD' | 'SHUT_WR' | 'SHUT_RDWR' = 'SHUT_WR'): number | string {
    return this.value('shutdown', { fd, how });
  }

  // --- what the network does ---

  /** Time passes. */
  wait(ms: number): void {
    this.clock.advance(Math.round(ms * 1000));
  }

  /** A segment of the peer's arrives; what the program had to wait for wakes it. */
  get(given: Given): void {
    const { flags, bytes = 0, port = PEER.port, isn = PEER_ISN } = given;
    const isSyn = flags.includes('SYN');
    const seq = given.seq ?? (isSyn ? 0 : this.#peer_end);
    const ack = given.ack ?? this.#local_end;
    const { window_bytes = this.#window_bytes, timestamp = this.now_ms } = given;
    this.#window_bytes = window_bytes;
    if (!flags.includes('RST'))
      this.#peer_end = Math.max(this.#peer_end, seq + bytes + (isSyn || flags.includes('FIN') ? 1 : 0));
    const segment: Segment = {
      protocol: 'tcp',
      from: { address: PEER.address, port },
      to: { address: LOCAL, port: this.#local_port },
      flags,
      seq: (isn + seq) >>> 0,
      ack: flags.includes('ACK') ? ((this.#isns.get(port) ?? 0) + ack) >>> 0 : 0,
      window_bytes: isSyn ? Math.min(window_bytes, 65_535) : window_bytes / UNIT_bytes,
      payload_bytes: bytes,
      ...(isSyn && { mss_bytes: given.mss_bytes ?? 1460 }),
      timestamps:
        timestamp === null || flags.includes('RST') ? null : { value: Math.floor(timestamp), echo: 0 },
    };
    this.host.receive(segment, 0);
    this.clock.advance(0);
  }

  syn(more: Partial<Given> = {}): void {
    this.get({ flags: ['SYN'], ...more });
  }

  synAck(more: Partial<Given> = {}): void {
    this.get({ flags: ['SYN', 'ACK'], ...more });
  }

  ack(ack?: number, more: Partial<Given> = {}): void {
    this.get({ flags: ['ACK'], ...(ack !== undefined && { ack }), ...more });
  }

  data(bytes: number, more: Partial<Given> = {}): void {
    this.get({ flags: ['PSH', 'ACK'], bytes, ...more });
  }

  fin(more: Partial<Given> = {}): void {
    this.get({ flags: ['FIN', 'ACK'], ...more });
  }

  rst(more: Partial<Given> = {}): void {
    this.get({ flags: ['RST'], ...more });
  }

  /** What has left since this was last asked: `SYN 0`, `data 1+100 ack 1`, `FIN 101 ack 2`. */
  get sent(): string[] {
    this.clock.advance(0);
    const news = this.#sent.slice(this.#read);
    this.#read = this.#sent.length;
    return news.map(({ segment }) => this.#words(segment));
  }

  /** What has left since this was last asked, by when: `200 data 1+100 ack 1`, ms. */
  get sentAt(): string[] {
    this.clock.advance(0);
    const news = this.#sent.slice(this.#read);
    this.#read = this.#sent.length;
    return news.map(({ segment, at_ms }) => `${at_ms} ${this.#words(segment)}`);
  }

  /** The segment that left last. */
  get last(): Segment {
    const last = this.#sent.at(-1);
    if (!last) throw new Error('nothing has been sent');
    return last.segment;
  }

  /** The window that was offered last, in bytes. */
  get offered_bytes(): number {
    return this.last.window_bytes * (this.last.flags.includes('SYN') ? 1 : UNIT_bytes);
  }

  #note(segment: Segment): void {
    if (segment.flags.includes('SYN')) {
      this.#isns.set(segment.to.port, segment.seq);
      this.#local_port = segment.from.port;
      this.#local_end = 0;
    }
    const isPlain = !segment.flags.includes('RST');
    const length = segment.payload_bytes + (/SYN|FIN/.test(segment.flags.join()) ? 1 : 0);
    if (isPlain) this.#local_end = Math.max(this.#local_end, this.#position(segment) + length);
    this.#sent.push({ segment, at_ms: this.now_ms });
  }

  #position({ seq, to }: Segment): number {
    return (seq - (this.#isns.get(to.port) ?? 0)) | 0;
  }

  #words(segment: Segment): string {
    const { flags, payload_bytes } = segment;
    const hasAck = flags.includes('ACK');
    const seq = this.#position(segment);
    const ack = (segment.ack - PEER_ISN) | 0;
    return [
      flags.includes('FIN') && payload_bytes ? 'data FIN' : packetName(segment),
      payload_bytes ? `${seq}+${payload_bytes}` : seq,
      ...(hasAck ? [`ack ${ack}`] : []),
    ].join(' ');
  }

  // --- where many tests begin ---

  /** An active open, up to SYN_SENT. @returns the descriptor */
  connecting(): number {
    const fd = this.socket();
    this.call('connect', { fd, ...PEER });
    return fd;
  }

  /** An active open, up to ESTABLISHED after `rtt_ms`. Both sides' next position is 1. @returns the descriptor */
  connected(rtt_ms = 0, more: Partial<Given> = {}): number {
    const fd = this.connecting();
    this.wait(rtt_ms);
    this.synAck(more);
    void this.sent;
    return fd;
  }

  /** A listener. @returns its descriptor */
  listening(backlog = 4): number {
    const fd = this.socket();
    this.call('bind', { fd, port: PEER.port });
    this.call('listen', { fd, backlog });
    this.#local_port = PEER.port;
    return fd;
  }

  /** A passive open, up to SYN_RECV, its SYN-ACK read. @returns the listener's descriptor */
  asked(backlog = 4, more: Partial<Given> = {}): number {
    const fd = this.listening(backlog);
    this.syn({ port: 40_000, ...more });
    void this.sent;
    return fd;
  }
}
