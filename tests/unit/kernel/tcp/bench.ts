/** One machine on a bench: a program calls it, hand-made segments reach it, and what it sends is read off the wire. */
import { VirtualClock } from '#simulations/engine/clock.ts';
import type { Json } from '#simulations/engine/json.ts';
import { Random } from '#simulations/engine/random.ts';
import type { KernelVersion } from '#simulations/kernel/profile.ts';
import type { TcpSock } from '#simulations/kernel/tcp/sock.ts';
import type { SocketOption } from '#simulations/machine/calls.ts';
import { Machine } from '#simulations/machine/machine.ts';
import { SILENT } from '#simulations/machine/narrator.ts';
import type { Process } from '#simulations/machine/process.ts';
import type { Answer } from '#simulations/machine/program.ts';
import type { Sysctls } from '#simulations/machine/sysctl.ts';
import { Link } from '#simulations/network/link.ts';
import type { Segment } from '#simulations/network/packet.ts';
import {
  type Arrival,
  type Conversation,
  PlayedPeer,
  type Spoken,
  windowOf,
} from '#simulations/network/played-peer.ts';
import type { TraceEvent } from '#simulations/trace/event.ts';
import { Recorder } from '#simulations/trace/recorder.ts';
import { watchSockets } from '../made.ts';

const LOCAL = '192.0.2.1';
const PEER = { address: '192.0.2.2', port: 80 };
/** The peer's initial sequence number. Near the end of the 32 bits, so that every test wraps. */
const PEER_ISN = 2 ** 32 - 50;

/** A segment of the peer's. */
export interface Given extends Spoken {
  readonly isn?: number;
  /** Another connection, by the peer's port. */
  readonly port?: number;
}

export class Bench {
  readonly clock = new VirtualClock();
  readonly recorder = new Recorder(this.clock);
  readonly machine: Machine;
  readonly peer: PlayedPeer;
  readonly #process: Process;
  /** All sockets that the machine has made. */
  readonly #made: readonly TcpSock[];
  readonly #conversations = new Map<number, Conversation>();
  /** What has come to the peer and was seen here; and what a test has asked for. */
  #heard = 0;
  #read = 0;
  #local_port = 0;

  constructor(options: { sysctl?: Partial<Sysctls>; mss_bytes?: number; kernel?: KernelVersion } = {}) {
    const { clock, recorder } = this;
    const random = new Random(1);
    this.machine = new Machine({ name: 'host', addresses: [LOCAL], clock, recorder, random, ...options });
    this.#made = watchSockets(this.machine);
    this.peer = new PlayedPeer({ name: 'peer', addresses: [PEER.address], clock, recorder });
    const ends = [this.machine.stack, this.peer];
    const link = new Link({ ends, rtt_us: 0, rules: [], clock, recorder, random });
    this.machine.stack.plug(link);
    this.peer.plug(link);
    this.#process = this.machine.spawn({ pid: 1000, comm: 'program', narrator: SILENT });
  }

  /** The socket that this machine made last: a child of the listener's, or the program's own. */
  get sk(): TcpSock {
    const sk = this.#made.at(-1);
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
    return this.events.flatMap((event) =>
      event.kind === 'state-changed' ? [`${event.data.from} ${event.data.to}`] : [],
    );
  }

  // --- what a program does ---

  /** A call, by a thread that does not sleep. @returns null where it sleeps */
  call(name: string, args: { readonly [name: string]: Json } = {}): Answer | null {
    const { threads } = this.#process;
    const awake = threads.find(({ status }) => status === 'running');
    return (awake ?? this.#process.thread(`thread ${threads.length + 1}`, null)).make({ name, args });
  }

  /** A call's value, or its errno. */
  value(name: string, args: { readonly [name: string]: Json } = {}): number | string {
    const answer = this.call(name, args);
    return answer ? (answer.errno ?? answer.value) : 'sleeps';
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
  get({ port = PEER.port, isn, ...spoken }: Given): void {
    // What the machine has sent has come before the peer says something.
    this.clock.advance(0);
    this.#hear();
    this.#at(port, isn).say(spoken);
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

  data(payload_bytes: number, more: Partial<Given> = {}): void {
    this.get({ flags: ['PSH', 'ACK'], payload_bytes, ...more });
  }

  fin(more: Partial<Given> = {}): void {
    this.get({ flags: ['FIN', 'ACK'], ...more });
  }

  rst(more: Partial<Given> = {}): void {
    this.get({ flags: ['RST'], ...more });
  }

  /** What has left since this was last asked: `SYN 0`, `data 1+100 ack 1`, `FIN 101 ack 2`. */
  get sent(): string[] {
    return this.#news().map(({ words }) => words);
  }

  /** What has left since this was last asked, by when: `200 data 1+100 ack 1`, ms. */
  get sentAt(): string[] {
    return this.#news().map(({ at_us, words }) => `${at_us / 1000} ${words}`);
  }

  /** The segment that left last. */
  get last(): Segment {
    this.clock.advance(0);
    const last = this.peer.arrivals.at(-1)?.packet;
    if (last?.protocol !== 'tcp') throw new Error('no segment has been sent');
    return last;
  }

  /** The window that was offered last, in bytes. */
  get offered_bytes(): number {
    return windowOf(this.last);
  }

  #news(): { at_us: number; words: string }[] {
    this.clock.advance(0);
    this.#hear();
    const news = this.peer.arrivals.slice(this.#read);
    this.#read = this.peer.arrivals.length;
    return news.flatMap(({ packet, at_us }) =>
      packet.protocol === 'tcp' ? [{ at_us, words: this.#at(packet.to.port).words(packet) }] : [],
    );
  }

  /** A SYN of the machine's tells its port: the peer takes up the conversation. */
  #hear(): void {
    for (const { packet } of this.peer.arrivals.slice(this.#heard) as (Arrival & { packet: Segment })[])
      if (packet.flags.includes('SYN') && packet.from.port !== this.#local_port) {
        this.#local_port = packet.from.port;
        this.#conversations.delete(packet.to.port);
      }
    this.#heard = this.peer.arrivals.length;
  }

  #at(port: number, isn?: number): Conversation {
    const known = this.#conversations.get(port);
    if (known && (isn === undefined || isn === known.isn)) return known;
    const conversation = this.peer.converse({
      local: { address: PEER.address, port },
      remote: { address: LOCAL, port: this.#local_port },
      isn: isn ?? PEER_ISN,
    });
    this.#conversations.set(port, conversation);
    return conversation;
  }

  // --- where many tests begin ---

  /** An active open, up to SYN_SENT. @returns the descriptor */
  connecting(): number {
    const fd = this.socket();
    this.call('connect', { fd, ...PEER });
    this.clock.advance(0);
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
