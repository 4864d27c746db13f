/**
 * Both ends of a connection as a small thing. Where ten thousand connections stand still, a socket with its timers
 * would cost more than it tells; the statechart's definition says where an event leads. The server's end is a socket of
 * the machine that listens, and a file like any other; the client's belongs to a machine that is not looked at.
 *
 * The wire between the ends loses nothing and takes no time. Left out: sequence numbers, windows (what is sent fits),
 * every timer but TIME_WAIT's. `sock.ts` has all that, and a test holds the two to each other.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import type { Flags, PollEvent, Socket } from '../../machine/file.ts';
import type { Cookie, FileRef, Inode, SocketState, TcpState, TcpStateName } from '../../machine/state.ts';
import type { Thread } from '../../machine/thread.ts';
import type { Endpoint } from '../../network/packet.ts';
import type { Cell, Shelf, Source } from '../../trace/history.ts';
import { failure, type Reasoned, success } from '../answer.ts';
import type { Census, Group } from '../census.ts';
import { recordState } from './record-state.ts';
import type { Still, TcpSock } from './sock.ts';
import { TCP_TIMEWAIT_LEN_ms } from './time-wait.ts';
import { type Transition, transitionOf } from './transitions.ts';

const NOT_SHUT = { rcv: false, send: false };

/** What is shut in a state, of the server's end. */
const SHUTDOWN: Partial<Record<TcpStateName, TcpState['sk_shutdown']>> = {
  CLOSE_WAIT: { rcv: true, send: false },
  LAST_ACK: { rcv: true, send: true },
  TIME_WAIT: { rcv: true, send: true },
};

type Side = 'client' | 'server';

/** What the server's end needs of its machine. */
export interface PairHost {
  readonly clock: VirtualClock;
  readonly sockets: Shelf<Cookie, SocketState>;
  nextCookie(): Cookie;
  nextInode(): Inode;
}

/** What became of a SYN. */
export type SynVerdict = 'established' | 'dropped' | 'refused';

/** A SYN arrives at a port: `tcp_conn_request`. With the handshake over, the connection waits in the accept queue. */
export function offer(pair: TcpPair, listener: TcpSock | undefined): SynVerdict {
  if (!listener) {
    pair.refuse();
    return 'refused';
  }
  if (listener.isAcceptQueueFull) return 'dropped';
  pair.establish();
  listener.offer(pair);
  return 'established';
}

export class TcpPair implements Still, Source<TcpState> {
  readonly cookie: Cookie;
  /** The server's end, and the client's. */
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** The states of the ends. The server's is CLOSE until a SYN has made a socket of it. */
  client: TcpStateName = 'CLOSE';
  server: TcpStateName = 'CLOSE';
  /** What the server has received and not read, with the FIN, which counts as one: `rcv_nxt − copied_seq`. */
  recv_q_bytes = 0;
  inode: Inode = 0;
  uid = 0;
  /** 1 while the FIN is part of that. */
  #fin_bytes: 0 | 1 = 0;
  /** Called when the server's end is closed. */
  onServerClose: (() => void) | null = null;
  #isAccepted = false;
  #group: Group | null = null;
  #timeWait: { set_us: number; due_us: number } | null = null;
  #cell: Cell<TcpState> | null = null;
  readonly #host: PairHost;
  readonly #census: Census;

  constructor(host: PairHost, census: Census, local: Endpoint, remote: Endpoint) {
    this.#host = host;
    this.#census = census;
    this.cookie = host.nextCookie();
    this.local = local;
    this.remote = remote;
  }

  fileFor(uid: number): PairSocket {
    return new PairSocket(this, this.#host, uid);
  }

  /** connect(): the SYN leaves. */
  connect(): void {
    this.#go('client', 'connect()');
  }

  /** The listener takes the SYN, and the handshake runs to its end. */
  establish(): void {
    this.server = 'LISTEN';
    this.#go('server', 'SYN');
    this.#go('client', 'SYN-ACK');
    this.#go('server', 'ACK');
    this.#cell = this.#host.sockets.open(this.cookie, this) as Cell<TcpState>;
    this.#changed();
  }

  /** The SYN meets a closed port. */
  refuse(): void {
    this.#go('client', 'RST');
  }

  /** The client sends. */
  request(bytes: number): void {
    this.recv_q_bytes += bytes;
    this.#changed();
  }

  /** Nobody will accept it. */
  hangUp(): void {
    this.serverCloses();
  }

  /** accept() has given it a descriptor. */
  accepted(inode: Inode, uid: number): void {
    this.#isAccepted = true;
    this.inode = inode;
    this.uid = uid;
    this.#changed();
  }

  get readable_bytes(): number {
    return this.recv_q_bytes - this.#fin_bytes;
  }

  /**
   * The server's read(). One that has room to spare takes the FIN as well, where it has arrived
   * (`tcp_recvmsg_locked`, `found_fin_ok`). @returns the bytes that it got; 0 is the end of the file
   */
  read(bytes: number): number {
    const read = Math.min(bytes, this.readable_bytes);
    this.recv_q_bytes -= read;
    if (read < bytes) {
      this.recv_q_bytes -= this.#fin_bytes;
      this.#fin_bytes = 0;
    }
    this.#changed();
    return read;
  }

  /** The server's write(). @returns whether a client was there to take it; else it answers with a reset */
  respond(): boolean {
    if (this.client === 'ESTABLISHED') return true;
    this.#go('client', 'data after close()');
    this.#go('server', 'RST');
    this.recv_q_bytes = 0;
    this.#changed();
    return false;
  }

  /** The client's close(). @returns the transition that it made at the server, where it made one */
  clientCloses(): Transition | undefined {
    const closed = this.#go('client', 'close()');
    if (closed?.sends !== 'FIN') return undefined;
    const received = this.#go('server', 'FIN');
    if (this.server === 'CLOSE_WAIT') {
      this.#fin_bytes = 1;
      this.recv_q_bytes++;
    }
    this.#go('client', 'ACK of FIN');
    this.#changed();
    return received;
  }

  /** The server's close(), and where it sends a FIN, the client's that follows it. */
  serverCloses(): Transition | undefined {
    if (this.server === 'CLOSE') return undefined;
    const isUnread = this.recv_q_bytes > this.#fin_bytes;
    const closed = this.#go('server', isUnread ? 'close(), data unread' : 'close()');
    if (closed?.sends === 'RST') {
      this.#go('client', 'RST');
    } else if (this.client === 'ESTABLISHED') {
      this.#go('client', 'FIN');
      this.#go('server', 'ACK of FIN');
      this.#go('client', 'close()');
      this.#go('server', 'FIN');
      this.#go('client', 'ACK of FIN');
    } else {
      this.#go('client', 'FIN');
      this.#go('server', 'ACK of FIN');
    }
    this.recv_q_bytes = 0;
    this.#isAccepted = false;
    this.inode = 0;
    this.onServerClose?.();
    if (this.server === 'TIME_WAIT') this.#rest();
    this.#changed();
    return closed;
  }

  #rest(): void {
    const { clock } = this.#host;
    this.#timeWait = { set_us: clock.now_us, due_us: clock.now_us + TCP_TIMEWAIT_LEN_ms * 1000 };
    clock.after(TCP_TIMEWAIT_LEN_ms * 1000, () => {
      this.#go('server', 'timeout');
      this.#changed();
    });
  }

  /** Who looks at the machine sees it as it is now. */
  #changed(): void {
    const { server, recv_q_bytes } = this;
    if (server === 'CLOSE') {
      this.#cell?.end();
      this.#group = this.#census.move(this.cookie, this.#group, null);
      return;
    }
    this.#cell?.touch();
    const isOver = server === 'TIME_WAIT' || server === 'FIN_WAIT2';
    const held = this.#isAccepted ? 'process' : isOver ? 'nobody' : 'accept queue';
    this.#group = this.#census.move(this.cookie, this.#group, { state: server, recv_q_bytes, held });
  }

  state(): TcpState {
    const timer = this.#timeWait && { name: 'timewait' as const, ...this.#timeWait, retransmits: 0 };
    return {
      ...recordState(this, this.server, timer),
      weight: this.server === 'TIME_WAIT' ? 'timewait' : 'full',
      inode: this.inode,
      uid: this.uid,
      recv_q_bytes: this.recv_q_bytes,
      sk_shutdown: SHUTDOWN[this.server] ?? NOT_SHUT,
    };
  }

  #go(end: Side, event: string): Transition | undefined {
    const transition = transitionOf(this[end], event);
    if (transition) this[end] = transition.to as TcpStateName;
    return transition;
  }
}

/** The server's end as a process holds it. */
export class PairSocket implements Socket {
  nonblocking = false;
  readonly pair: TcpPair;
  readonly ref: FileRef;

  constructor(pair: TcpPair, host: PairHost, uid: number) {
    this.pair = pair;
    pair.accepted(host.nextInode(), uid);
    this.ref = { kind: 'socket', cookie: pair.cookie };
  }

  bind(): Reasoned {
    return failure('EINVAL');
  }

  connect(): Reasoned {
    return failure('EISCONN');
  }

  /** Options change nothing here. */
  setsockopt(): Reasoned {
    return success();
  }

  getsockopt(): Reasoned {
    return failure('ENOPROTOOPT');
  }

  /** What has come is there before accept(), so a read never sleeps here. */
  read(_thread: Thread, bytes: number): Reasoned {
    return success(this.pair.read(bytes), 'tcp_recvmsg_locked:copied');
  }

  /** `out.delivered`: whether a client was there to take it. */
  write(_thread: Thread, bytes: number, _flags?: Flags): Reasoned {
    if (this.pair.server === 'CLOSE') return failure('EPIPE', 'tcp_sendmsg_locked:error');
    return { ...success(bytes), out: { delivered: this.pair.respond() } };
  }

  poll(): readonly PollEvent[] {
    return this.pair.recv_q_bytes > 0 ? ['POLLIN', 'POLLOUT'] : ['POLLOUT'];
  }

  subscribe(): () => void {
    return () => {};
  }

  close(): Reasoned {
    this.pair.serverCloses();
    return success();
  }
}
