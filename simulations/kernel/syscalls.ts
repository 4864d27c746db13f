/**
 * The system calls: what a program yields (`sys`), and what the kernel does with it (`Syscalls`).
 *
 * Left out: descriptors other than TCP sockets, everything that the incidents do not call.
 */
import { duration } from '../engine/duration.ts';
import type { Answer, Process, SystemCall, Waiting, Witness } from '../engine/process.ts';
import type { Json } from '../engine/trace.ts';
import type { Endpoint } from '../network/packet.ts';
import { failure, type Reasoned, success } from './answer.ts';
import { ERRNO, type Errno } from './errno.ts';
import type { Host } from './host.ts';
import { poll, Socket } from './socket.ts';

type Call = Generator<SystemCall, Answer, Answer>;

function* call(name: string, args: { readonly [name: string]: Json }): Call {
  return yield { name, args };
}

/** The calls as a program makes them: `const fd = (yield* sys.socket()).value`. */
export const sys = {
  socket: (options: { nonblocking?: boolean } = {}) =>
    call('socket', { nonblocking: options.nonblocking ?? false }),
  setsockopt: (fd: number, option: 'SO_SNDTIMEO' | 'TCP_USER_TIMEOUT' | 'TCP_SYNCNT', value: number) =>
    call('setsockopt', { fd, option, value }),
  connect: (fd: number, to: Endpoint) => call('connect', { fd, address: to.address, port: to.port }),
  /** @param timeout_ms −1 waits for ever */
  poll: (fd: number, timeout_ms: number) => call('poll', { fd, timeout_ms }),
  /** SO_ERROR: the pending error, read and cleared; `out.error` is its name or null. */
  getError: (fd: number) => call('getsockopt', { fd, option: 'SO_ERROR' }),
  close: (fd: number) => call('close', { fd }),
};

/** The kernel of one host as its processes call it, and the witness that records them. */
export class Syscalls implements Witness {
  readonly #host: Host;
  readonly #files = new Map<number, Socket>();

  constructor(host: Host) {
    this.#host = host;
    this.#host.recorder.introduce('worker', { status: 'running', call: null, waits_until_us: null });
  }

  run = (call: SystemCall): Answer | Waiting => {
    const { name, args } = call;
    if (name === 'socket') return this.#open(Boolean(args.nonblocking));
    const socket = this.#files.get(Number(args.fd));
    if (!socket) return failure('EBADF');
    switch (name) {
      case 'connect':
        return socket.connect({ address: String(args.address), port: Number(args.port) });
      case 'poll':
        return poll(this.#host, socket, Number(args.timeout_ms));
      case 'setsockopt':
        return this.#setOption(socket, String(args.option), Number(args.value));
      case 'getsockopt':
        return { ...success(), out: { error: socket.takeError() } };
      case 'close':
        return this.#close(Number(args.fd), socket);
      default:
        return failure('EINVAL');
    }
  };

  called(process: Process, call: SystemCall): void {
    this.#host.recorder.record({
      actor: process.name,
      kind: 'syscall',
      data: { pid: process.pid, call: call.name, args: call.args },
      says: `The ${process.name} calls ${call.name}().`,
      state: { [process.name]: { status: 'running', call: call.name } },
    });
  }

  returned(process: Process, call: SystemCall, answer: Reasoned, blocked_us: number): void {
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
      beat: blocked_us > 0 || (call.name === 'connect' && errno !== null),
      state: { [process.name]: { status: 'running', call: null, waits_until_us: null } },
    });
  }

  ended(process: Process, how: 'exited' | 'killed', call: SystemCall | null): void {
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

  #open(nonblocking: boolean): Reasoned {
    let fd = 3;
    while (this.#files.has(fd)) fd++;
    this.#files.set(fd, new Socket(this.#host, nonblocking));
    return success(fd);
  }

  /** A socket that still waits for an answer is gone at once; nobody is told. */
  #close(fd: number, socket: Socket): Reasoned {
    this.#files.delete(fd);
    socket.sk.close();
    return success();
  }

  #setOption(socket: Socket, option: string, value: number): Reasoned {
    if (option === 'SO_SNDTIMEO') socket.sk_sndtimeo_ms = value || Number.POSITIVE_INFINITY;
    else if (option === 'TCP_USER_TIMEOUT') socket.sk.icsk_user_timeout_ms = value;
    else if (option === 'TCP_SYNCNT' && value >= 1 && value <= 127) socket.sk.icsk_syn_retries = value;
    else return failure('EINVAL');
    return success();
  }
}
