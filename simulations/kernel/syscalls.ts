/**
 * The system calls: what a program yields (`sys`), and what the kernel does with it (`Syscalls`).
 *
 * Left out: descriptors other than TCP sockets, everything that the incidents do not call.
 */
import { duration } from '../engine/duration.ts';
import type { Answer, Caller, Program, SystemCall, Waiting, Witness } from '../engine/process.ts';
import type { Json } from '../engine/trace.ts';
import type { Endpoint } from '../network/packet.ts';
import { failure, type Reasoned, success } from './answer.ts';
import { ERRNO, type Errno } from './errno.ts';
import type { Host } from './host.ts';
import { poll, Socket } from './socket.ts';
import { accept, linger, read, write } from './stream.ts';
import type { TcpSock } from './tcp/sock.ts';

function* call(name: string, args: { readonly [name: string]: Json }): Program<Answer> {
  return yield { name, args };
}

/** The calls as a program makes them: `const fd = (yield* sys.socket()).value`. */
export const sys = {
  socket: (options: { nonblocking?: boolean } = {}) =>
    call('socket', { nonblocking: options.nonblocking ?? false }),
  setsockopt: (fd: number, option: SocketOption, value: number) => call('setsockopt', { fd, option, value }),
  connect: (fd: number, to: Endpoint) => call('connect', { fd, address: to.address, port: to.port }),
  /** @param timeout_ms −1 waits for ever */
  poll: (fd: number, timeout_ms: number) => call('poll', { fd, timeout_ms }),
  /** SO_ERROR: the pending error, read and cleared; `out.error` is its name or null. */
  getError: (fd: number) => call('getsockopt', { fd, option: 'SO_ERROR' }),
  close: (fd: number) => call('close', { fd }),
  bind: (fd: number, port: number) => call('bind', { fd, port }),
  listen: (fd: number, backlog: number) => call('listen', { fd, backlog }),
  /** The next connection; its value is a new descriptor. */
  accept: (fd: number) => call('accept', { fd }),
  write: (fd: number, bytes: number) => call('write', { fd, bytes }),
  /** Several buffers in one call. */
  writev: (fd: number, buffers: readonly number[]) => call('writev', { fd, buffers }),
  /** send() with MSG_MORE. */
  sendMore: (fd: number, bytes: number) => call('send', { fd, bytes, flags: 'MSG_MORE' }),
  /** At most `bytes`; 0 is the end of the stream. */
  read: (fd: number, bytes: number) => call('read', { fd, bytes }),
  shutdown: (fd: number, how: 'SHUT_RD' | 'SHUT_WR' | 'SHUT_RDWR') => call('shutdown', { fd, how }),
  sleep: (ms: number) => call('nanosleep', { ms }),
};

/** Options that setsockopt() knows here. SO_LINGER takes seconds, −1 for off. */
export type SocketOption =
  | 'SO_SNDTIMEO'
  | 'TCP_USER_TIMEOUT'
  | 'TCP_SYNCNT'
  | 'TCP_NODELAY'
  | 'TCP_CORK'
  | 'TCP_QUICKACK'
  | 'SO_LINGER'
  | 'SO_SNDBUF';

/** Calls that a server makes all the time: a return of one tells no story by itself. */
const ROUTINE = new Set(['read', 'accept', 'nanosleep']);

/** The kernel of one host as its processes call it, and the witness that records them. */
export class Syscalls implements Witness {
  readonly #host: Host;
  readonly #actor: string;
  readonly #files = new Map<number, Socket>();

  /** @param actor the process that calls */
  constructor(host: Host, actor = 'worker') {
    this.#host = host;
    this.#actor = actor;
    this.#host.recorder.introduce(actor, { status: 'running', call: null, waits_until_us: null });
  }

  run = (call: SystemCall): Answer | Waiting => {
    const { name, args } = call;
    if (name === 'socket') return this.#open(Boolean(args.nonblocking));
    if (name === 'nanosleep') return this.#sleep(Number(args.ms));
    const socket = this.#files.get(Number(args.fd));
    if (!socket) return failure('EBADF');
    switch (name) {
      case 'connect':
        return socket.connect({ address: String(args.address), port: Number(args.port) }, this.#actor);
      case 'poll':
        return poll(this.#host, socket, Number(args.timeout_ms), this.#actor);
      case 'setsockopt':
        return this.#setOption(socket, String(args.option), Number(args.value));
      case 'getsockopt':
        return { ...success(), out: { error: socket.takeError() } };
      case 'close':
        return this.#close(Number(args.fd), socket);
      case 'bind':
        socket.sk.local = { ...socket.sk.local, port: Number(args.port) };
        return success();
      case 'listen':
        socket.sk.listen(Number(args.backlog));
        return success();
      case 'accept':
        return accept(this.#host, socket, this.#actor, (sk) => this.#open(socket.nonblocking, sk));
      case 'write':
        return write(this.#host, socket, Number(args.bytes), false, this.#actor);
      case 'writev':
        return write(this.#host, socket, sum(args.buffers as readonly number[]), false, this.#actor);
      case 'send':
        return write(this.#host, socket, Number(args.bytes), true, this.#actor);
      case 'read':
        return read(this.#host, socket, Number(args.bytes), this.#actor);
      case 'shutdown':
        return this.#shutdown(socket, String(args.how));
      default:
        return failure('EINVAL');
    }
  };

  called(process: Caller, call: SystemCall): void {
    this.#host.recorder.record({
      actor: process.name,
      kind: 'syscall',
      data: { pid: process.pid, call: call.name, args: call.args },
      says: `The ${process.name} calls ${call.name}().`,
      state: { [process.name]: { status: 'running', call: call.name } },
    });
  }

  returned(process: Caller, call: SystemCall, answer: Reasoned, blocked_us: number): void {
    const { value, errno, out = {}, mark, because } = answer;
    const after = blocked_us ? ` after ${duration(blocked_us)}` : '';
    const result = errno
      ? `−1${after}: *${errno}* (${ERRNO[errno as Errno].text})`
      : this.#result(call, answer, after);
    this.#host.recorder.record({
      actor: process.name,
      kind: 'syscall-return',
      data: { pid: process.pid, call: call.name, args: call.args, value, errno, out, blocked_us },
      ...(mark && { mark }),
      says: `${because ? `${because} ` : ''}${call.name}() returns ${result}.`,
      beat:
        errno === null ? blocked_us > 0 && !ROUTINE.has(call.name) : blocked_us > 0 || call.name !== 'poll',
      state: { [process.name]: { status: 'running', call: null, waits_until_us: null } },
    });
  }

  ended(process: Caller, how: 'exited' | 'killed', call: SystemCall | null): void {
    const where = call ? `, asleep in ${call.name}()` : '';
    this.#host.recorder.record({
      actor: process.name,
      kind: `process-${how}`,
      data: { pid: process.pid, call: call?.name ?? null, args: call?.args ?? null },
      says: how === 'killed' ? `SIGKILL ends the ${process.name}${where}.` : `The ${process.name} is done.`,
      state: { [process.name]: { status: how, call: null, waits_until_us: null } },
    });
    if (how === 'killed') for (const [fd, socket] of this.#files) this.#close(fd, socket);
  }

  #result(call: SystemCall, answer: Answer, after: string): string {
    if (call.name === 'poll') {
      const revents = answer.out?.revents as readonly string[];
      return revents.length
        ? `${answer.value}${after}: *${revents.join('|')}*`
        : `0${after}: *nothing has happened*`;
    }
    if (call.name === 'getsockopt') return `SO_ERROR = *${answer.out?.error ?? '0, no error'}*`;
    return `${answer.value}${after}`;
  }

  #open(nonblocking: boolean, sk?: TcpSock): Reasoned {
    let fd = 3;
    while (this.#files.has(fd)) fd++;
    this.#files.set(fd, new Socket(this.#host, nonblocking, sk));
    return success(fd);
  }

  /** `sock_release`: what the peer is told hangs on SO_LINGER and on what has not been read. */
  #close(fd: number, socket: Socket): Answer | Waiting {
    this.#files.delete(fd);
    socket.sk.close(socket.linger_s === 0);
    return socket.linger_s !== null && socket.linger_s > 0
      ? linger(this.#host, socket, socket.linger_s, this.#actor)
      : success();
  }

  #shutdown(socket: Socket, how: string): Reasoned {
    const { sk } = socket;
    if (sk.sk_state === 'CLOSE') return failure('ENOTCONN');
    if (how !== 'SHUT_WR') sk.shutdownRead();
    if (how !== 'SHUT_RD') sk.shutdownWrite();
    return success();
  }

  #sleep(ms: number): Answer | Waiting {
    if (ms === 0) return success();
    return {
      wait: (done) => {
        const timer = this.#host.clock.after(ms * 1000, () => done(success()), 'hrtimer');
        return () => this.#host.clock.clearTimeout(timer);
      },
      interrupted: () => failure('EINTR'),
    };
  }

  #setOption(socket: Socket, option: string, value: number): Reasoned {
    const { sk } = socket;
    if (option === 'SO_SNDTIMEO') socket.sk_sndtimeo_ms = value || Number.POSITIVE_INFINITY;
    else if (option === 'TCP_USER_TIMEOUT') sk.icsk_user_timeout_ms = value;
    else if (option === 'TCP_SYNCNT' && value >= 1 && value <= 127) sk.icsk_syn_retries = value;
    else if (option === 'TCP_NODELAY') sk.sender.setNodelay(value !== 0);
    else if (option === 'TCP_CORK') sk.sender.setCork(value !== 0);
    else if (option === 'TCP_QUICKACK') sk.setQuickack(value !== 0);
    else if (option === 'SO_LINGER') socket.linger_s = value < 0 ? null : value;
    else if (option === 'SO_SNDBUF') sk.sender.sk_sndbuf_bytes = Math.max(value, 2048);
    else return failure('EINVAL');
    return success();
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
