/**
 * The system calls of a machine: the one table in which every name is looked up. A call finds its file by descriptor and
 * leaves the rest to it.
 *
 * Left out: signals with handlers, memory, what a call itself costs.
 */
import { failure, type Reasoned, success } from '../kernel/answer.ts';
import type { Errno } from '../kernel/errno.ts';
import type { Futexes } from '../kernel/futex.ts';
import { poll, select } from '../kernel/poll.ts';
import type { KernelProfile } from '../kernel/profile.ts';
import type { NetworkStack } from '../kernel/stack.ts';
import { NO_DESCRIPTOR } from '../kernel/tcp/reasons.ts';
import { TcpSocket } from '../kernel/tcp/socket.ts';
import type { Endpoint, Family } from '../network/packet.ts';
import type { Shelf } from '../trace/history.ts';
import {
  type File,
  type Flags,
  isSocket,
  type NewSocket,
  OpenFile,
  type PollEvent,
  type Socket,
} from './file.ts';
import { fileFlags } from './file-flags.ts';
import { Descriptor } from './file-table.ts';
import type { Process } from './process.ts';
import type { Answer, SystemCall, Waiting } from './program.ts';
import type { Inode, PipeState } from './state.ts';
import type { Thread } from './thread.ts';

/** What a call may need of the machine. */
export interface Callee {
  readonly stack: NetworkStack;
  readonly futexes: Futexes;
  /** The pipes of this machine. */
  readonly pipeShelf: Shelf<Inode, PipeState>;
  readonly kernel: KernelProfile;
  /** The calls that its programs can make, and the sockets that they can open, by name. */
  readonly calls: Calls;
  readonly sockets: SocketTypes;
  /** A signal for a process. @returns ESRCH where there is none, EINVAL for a signal that there is not */
  kill(pid: number, signal: string): Errno | null;
}

type Args = SystemCall['args'];

/** A call in progress: who made it, and where. */
interface Caller {
  readonly machine: Callee;
  readonly process: Process;
  readonly thread: Thread;
}

export type Handler = (caller: Caller, args: Args) => Answer | Waiting;

/** Handlers by the names of their calls. */
export type Calls = Readonly<Record<string, Handler>>;

/** What socket() opens, by type: `SOCK_STREAM`. */
export type SocketTypes = Readonly<Record<string, (as: NewSocket) => File>>;

/** A kind of file that only some machines need, with its calls: what a run does not use, its page does not load. */
export interface Kind {
  readonly calls?: Calls;
  /** Plugs its protocol into a stack. @returns the sockets that it brings */
  readonly sockets?: (stack: NetworkStack) => SocketTypes;
}

/** A call on a descriptor. */
const onFile =
  (run: (file: File, caller: Caller, args: Args) => Answer | Waiting): Handler =>
  (caller, args) => {
    const file = caller.process.files.get(Number(args.fd))?.file;
    return file ? run(file, caller, args) : failure('EBADF');
  };

/** A call on the descriptor of a socket. */
const onSocket = (run: (socket: Socket, caller: Caller, args: Args) => Answer | Waiting): Handler =>
  onFile((file, caller, args) => (isSocket(file) ? run(file, caller, args) : failure('ENOTSOCK')));

const endpointOf = (args: Args): Endpoint => ({
  address: String(args.address ?? '0.0.0.0'),
  port: Number(args.port),
});

const flagsOf = ({ flags }: Args): Flags =>
  Object.fromEntries(
    String(flags ?? '')
      .split('|')
      .filter(Boolean)
      .map((flag) => [flag, true]),
  );

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** Gives a new file the lowest free descriptor. */
export function install({ process }: Caller, file: File): Reasoned {
  const fd = process.files.add(file);
  if (fd === null) return failure('EMFILE');
  process.changed();
  return success(fd);
}

/**
 * accept(): the descriptor comes first (`__sys_accept4_file`), so it fails with no connection in sight. The listener's
 * O_NONBLOCK is not handed on; `nonblocking` is accept4()'s SOCK_NONBLOCK.
 */
function accept(socket: Socket, { process, thread }: Caller, args: Args): Answer | Waiting {
  if (!socket.accept) return failure('EOPNOTSUPP');
  const { files, uid } = process;
  const fd = files.alloc();
  if (fd === null) return failure('EMFILE', NO_DESCRIPTOR);
  const answer = socket.accept(thread, { nonblocking: args.nonblocking === true, uid }, (file) => {
    files.install(fd, new Descriptor(new OpenFile(file), args.close_on_exec === true, null));
    process.changed();
    return success(fd);
  });
  if (!('wait' in answer)) {
    if (answer.errno) files.free(fd);
    return answer;
  }
  return {
    ...answer,
    interrupted: () => {
      files.free(fd);
      return answer.interrupted();
    },
  };
}

function nanosleep({ machine }: Caller, { ms }: Args): Answer | Waiting {
  const { clock } = machine.stack;
  if (Number(ms) === 0) return success();
  return {
    wchan: 'hrtimer_nanosleep',
    until_us: clock.now_us + Number(ms) * 1000,
    wait: (done) => {
      const timer = clock.after(Number(ms) * 1000, () => done(success()), 'hrtimer');
      return () => clock.clearTimeout(timer);
    },
    interrupted: () => failure('EINTR'),
  };
}

const pause: Waiting = {
  wchan: '__do_sys_pause',
  until_us: null,
  wait: () => () => {},
  interrupted: () => failure('EINTR'),
};

function fcntl(file: File, { process }: Caller, { fd, cmd, arg }: Args): Reasoned {
  const descriptor = process.files.get(Number(fd));
  if (!descriptor) return failure('EBADF');
  if (cmd === 'F_GETFL') return success(fileFlags(file.ref, file.nonblocking));
  if (cmd === 'F_SETFL') file.nonblocking = String(arg).includes('O_NONBLOCK');
  else if (cmd === 'F_GETFD') return success(descriptor.closeOnExec ? 1 : 0);
  else if (cmd === 'F_SETFD') descriptor.closeOnExec = String(arg).includes('FD_CLOEXEC');
  else return failure('EINVAL');
  process.files.changed(Number(fd));
  return success();
}

/** What every machine knows. */
const CALLS: Calls = {
  socket: (caller, { nonblocking, type = 'SOCK_STREAM', family = 'inet' }) => {
    const open = caller.machine.sockets[String(type)];
    const as = {
      nonblocking: nonblocking === true,
      uid: caller.process.uid,
      family: family as Family,
    };
    return open ? install(caller, open(as)) : failure('ESOCKTNOSUPPORT');
  },
  bind: onSocket((socket, _, args) => socket.bind(endpointOf(args))),
  listen: onSocket((socket, _, args) => socket.listen?.(Number(args.backlog)) ?? failure('EOPNOTSUPP')),
  accept: onSocket(accept),
  accept4: onSocket((socket, caller, args) => {
    const flags = String(args.flags ?? '').split('|');
    return accept(socket, caller, {
      ...args,
      nonblocking: flags.includes('SOCK_NONBLOCK'),
      close_on_exec: flags.includes('SOCK_CLOEXEC'),
    });
  }),
  connect: onSocket((socket, { thread }, args) => socket.connect(endpointOf(args), thread)),
  shutdown: onSocket(
    (socket, _, args) => socket.shutdown?.(String(args.how) as 'SHUT_RD') ?? failure('EOPNOTSUPP'),
  ),
  setsockopt: onSocket((socket, _, args) => socket.setsockopt(String(args.option), Number(args.value))),
  getsockopt: onSocket((socket, _, args) => socket.getsockopt(String(args.option))),
  read: onFile((file, { thread }, { bytes }) => file.read(thread, Number(bytes))),
  recv: onFile((file, { thread }, args) => file.read(thread, Number(args.bytes), flagsOf(args))),
  recvfrom: onFile((file, { thread }, args) => file.read(thread, Number(args.bytes), flagsOf(args))),
  write: onFile((file, { thread }, { bytes }) => file.write(thread, Number(bytes))),
  writev: onFile((file, { thread }, { buffers }) => file.write(thread, sum(buffers as readonly number[]))),
  send: onFile((file, { thread }, args) => file.write(thread, Number(args.bytes), flagsOf(args))),
  sendto: onFile((file, { thread }, args) =>
    isSocket(file) && file.sendto
      ? file.sendto(Number(args.bytes), args.port === undefined ? null : endpointOf(args), args.content)
      : file.write(thread, Number(args.bytes), flagsOf(args)),
  ),
  close: ({ process, thread }, { fd }) => process.release(Number(fd), thread) ?? failure('EBADF'),
  fcntl: onFile(fcntl),
  ioctl: onFile((file, _, { request }) => {
    const bytes = isSocket(file) ? file.queued?.(String(request)) : undefined;
    if (bytes === undefined) return failure('ENOTTY');
    return typeof bytes === 'number' ? { ...success(), out: { value: bytes } } : failure(bytes);
  }),
  poll: ({ machine, process, thread }, { fds, timeout_ms }) =>
    poll(
      machine.stack.clock,
      thread,
      (fds as unknown as readonly { fd: number; events: readonly PollEvent[] }[]).map(({ fd, events }) => ({
        file: fd < 0 ? null : process.files.get(fd)?.file,
        events,
      })),
      Number(timeout_ms),
    ),
  select: ({ machine, process, thread }, { read = [], write = [], except = [], timeout_ms }) =>
    select(
      machine.stack.clock,
      thread,
      { read, write, except } as { read: number[]; write: number[]; except: number[] },
      (fd) => process.files.get(fd)?.file,
      Number(timeout_ms),
    ),
  nanosleep,
  pause: () => pause,
  futex: ({ machine, thread }, { uaddr, op, most }) =>
    String(op).startsWith('FUTEX_WAIT')
      ? machine.futexes.wait(thread, Number(uaddr))
      : machine.futexes.wake(thread, Number(uaddr), Number(most)),
  kill: ({ machine }, { pid, signal }) => {
    const errno = machine.kill(Number(pid), String(signal));
    return errno ? failure(errno) : success();
  },
};

/** TCP, which every machine's stack has; others are kinds. */
const tcpSockets = (stack: NetworkStack): SocketTypes => ({
  SOCK_STREAM: ({ nonblocking, uid, family }) => {
    const socket = new TcpSocket(stack, nonblocking, uid);
    if (family) socket.sk.family = family;
    return socket;
  },
});

/** What the programs of a machine can call and open. @param kinds what it has beside TCP sockets */
export const callsOf = (
  stack: NetworkStack,
  kinds: readonly Kind[],
): { calls: Calls; sockets: SocketTypes } => ({
  calls: Object.assign({}, CALLS, ...kinds.map(({ calls }) => calls)),
  sockets: Object.assign(tcpSockets(stack), ...kinds.map(({ sockets }) => sockets?.(stack))),
});

/** Runs a call. A name that is not in the table is ENOSYS. */
export function runCall(
  machine: Callee,
  process: Process,
  thread: Thread,
  { name, args }: SystemCall,
): Answer | Waiting {
  const handler = Object.hasOwn(machine.calls, name) ? machine.calls[name] : undefined;
  return handler ? handler({ machine, process, thread }, args) : failure('ENOSYS');
}
