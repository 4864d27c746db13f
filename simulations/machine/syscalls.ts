/**
 * The system calls of a machine: the one table in which every name is looked up. A call finds its file by descriptor and
 * leaves the rest to it.
 *
 * Left out: signals with handlers, memory, what a call itself costs.
 */
import type { Json } from '../engine/json.ts';
import { failure, type Reasoned, success } from '../kernel/answer.ts';
import { Epoll } from '../kernel/epoll.ts';
import type { Errno } from '../kernel/errno.ts';
import type { Futexes } from '../kernel/futex.ts';
import type { PipeReader, PipeWriter } from '../kernel/pipe/end.ts';
import { poll, select } from '../kernel/poll.ts';
import type { NetworkStack } from '../kernel/stack.ts';
import { PairSocket, type TcpPair } from '../kernel/tcp/pair.ts';
import { TcpSock } from '../kernel/tcp/sock.ts';
import { TcpSocket } from '../kernel/tcp/socket.ts';
import { getOption, setOption } from '../kernel/tcp/socket-options.ts';
import { UdpSocket } from '../kernel/udp/socket.ts';
import type { Endpoint } from '../network/packet.ts';
import type { File, Flags, PollEvent } from './file.ts';
import { OpenFile } from './file.ts';
import { Descriptor } from './file-table.ts';
import type { Process } from './process.ts';
import type { Answer, SystemCall, Waiting } from './program.ts';
import type { Thread } from './thread.ts';

/** What a call may need of the machine. */
export interface Callee {
  readonly stack: NetworkStack;
  readonly futexes: Futexes;
  /** A new pipe: its read end and its write end. */
  pipe(): { reader: PipeReader; writer: PipeWriter };
  /** A signal for a process. @returns ESRCH where there is none */
  kill(pid: number, signal: string): Errno | null;
}

type Args = SystemCall['args'];

/** A call in progress: who made it, and where. */
interface Caller {
  readonly machine: Callee;
  readonly process: Process;
  readonly thread: Thread;
}

type Handler = (caller: Caller, args: Args) => Answer | Waiting;

/** A call on a descriptor. */
const onFile =
  (run: (file: File, caller: Caller, args: Args) => Answer | Waiting): Handler =>
  (caller, args) => {
    const file = caller.process.files.get(Number(args.fd))?.file;
    return file ? run(file, caller, args) : failure('EBADF');
  };

type TcpFile = TcpSocket | PairSocket;
const isSocket = (file: File): file is TcpFile | UdpSocket =>
  file instanceof TcpSocket || file instanceof UdpSocket || file instanceof PairSocket;

/** A call on the descriptor of a TCP socket. */
const onTcp = (run: (socket: TcpSocket, caller: Caller, args: Args) => Answer | Waiting): Handler =>
  onFile((file, caller, args) => {
    if (file instanceof TcpSocket) return run(file, caller, args);
    return failure(isSocket(file) ? 'EOPNOTSUPP' : 'ENOTSOCK');
  });

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
function install({ process }: Caller, file: File): Reasoned {
  const fd = process.files.add(file);
  if (fd === null) return failure('EMFILE');
  process.changed();
  return success(fd);
}

/**
 * accept(): the descriptor comes first (`__sys_accept4_file`), so it fails with no connection in sight. The listener's
 * O_NONBLOCK is not handed on; `nonblocking` is accept4()'s SOCK_NONBLOCK.
 */
function accept(socket: TcpSocket, caller: Caller, args: Args): Answer | Waiting {
  const { process, machine, thread } = caller;
  const { files } = process;
  const fd = files.alloc();
  if (fd === null) return failure('EMFILE', '__sys_accept4_file:emfile');
  const answer = socket.accept(thread, (connection) => {
    const file =
      connection instanceof TcpSock
        ? new TcpSocket(machine.stack, args.nonblocking === true, process.uid, connection)
        : new PairSocket(connection as TcpPair, machine.stack, process.uid);
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

const isEdge = (events: readonly Json[]): boolean => events.includes('EPOLLET');

function controlEpoll({ process, thread }: Caller, args: Args): Reasoned {
  const epoll = process.files.get(Number(args.epfd))?.file;
  const open = process.files.get(Number(args.fd))?.open;
  if (!epoll || !open) return failure('EBADF');
  if (!(epoll instanceof Epoll) || epoll === open.file) return failure('EINVAL');
  const events = (args.events ?? []) as readonly PollEvent[];
  const answer = epoll.control(
    String(args.op) as 'EPOLL_CTL_ADD',
    Number(args.fd),
    open,
    { events, edge: isEdge(events), once: (events as readonly Json[]).includes('EPOLLONESHOT') },
    thread,
  );
  process.files.changed(Number(args.epfd));
  return answer;
}

function fcntl(file: File, { process }: Caller, { fd, cmd, arg }: Args): Reasoned {
  const descriptor = process.files.get(Number(fd));
  if (!descriptor) return failure('EBADF');
  if (cmd === 'F_GETFL') return success(file.nonblocking ? 2050 : 2);
  if (cmd === 'F_SETFL') file.nonblocking = String(arg).includes('O_NONBLOCK');
  else if (cmd === 'F_GETFD') return success(descriptor.closeOnExec ? 1 : 0);
  else if (cmd === 'F_SETFD') descriptor.closeOnExec = String(arg).includes('FD_CLOEXEC');
  else return failure('EINVAL');
  process.files.changed(Number(fd));
  return success();
}

const table: Readonly<Record<string, Handler>> = {
  socket: (caller, { nonblocking, type }) =>
    install(
      caller,
      type === 'SOCK_DGRAM'
        ? new UdpSocket(caller.machine.stack, nonblocking === true, caller.process.uid)
        : new TcpSocket(caller.machine.stack, nonblocking === true, caller.process.uid),
    ),
  bind: onFile((file, { machine }, args) => {
    if (file instanceof UdpSocket) return file.bind(endpointOf(args));
    if (!(file instanceof TcpSocket)) return failure(isSocket(file) ? 'EINVAL' : 'ENOTSOCK');
    const errno = machine.stack.bind(file.sk, endpointOf(args));
    return errno ? failure(errno) : success();
  }),
  listen: onTcp((socket, _, args) => socket.listen(Number(args.backlog))),
  accept: onTcp(accept),
  accept4: onTcp((socket, caller, args) => {
    const flags = String(args.flags ?? '').split('|');
    return accept(socket, caller, {
      ...args,
      nonblocking: flags.includes('SOCK_NONBLOCK'),
      close_on_exec: flags.includes('SOCK_CLOEXEC'),
    });
  }),
  connect: onFile((file, { thread }, args) => {
    if (file instanceof TcpSocket) return file.connect(endpointOf(args), thread);
    if (file instanceof UdpSocket) return file.connect(endpointOf(args));
    return failure(isSocket(file) ? 'EISCONN' : 'ENOTSOCK');
  }),
  shutdown: onTcp((socket, _, args) => socket.shutdown(String(args.how) as 'SHUT_RD')),
  setsockopt: onFile((file, { machine }, args) => {
    const [option, value] = [String(args.option), Number(args.value)];
    if (file instanceof TcpSocket) return setOption(file.sk, option, value, machine.stack.sysctl);
    if (!(file instanceof UdpSocket)) return isSocket(file) ? success() : failure('ENOTSOCK');
    if (option === 'SO_RCVTIMEO') file.rcvtimeo_ms = value || null;
    else if (option === 'SO_REUSEADDR') file.sk.reuses = value !== 0;
    else return failure('ENOPROTOOPT');
    return success();
  }),
  getsockopt: onFile((file, { machine }, args) => {
    const isError = args.option === 'SO_ERROR';
    if (file instanceof TcpSocket)
      return isError
        ? { ...success(), out: { error: file.takeError() } }
        : getOption(file.sk, String(args.option), machine.stack.sysctl);
    if (file instanceof UdpSocket && isError) return { ...success(), out: { error: file.sk.takeError() } };
    return failure(isSocket(file) ? 'ENOPROTOOPT' : 'ENOTSOCK');
  }),
  read: onFile((file, { thread }, { bytes }) => file.read(thread, Number(bytes))),
  recv: onFile((file, { thread }, args) => file.read(thread, Number(args.bytes), flagsOf(args))),
  recvfrom: onFile((file, { thread }, args) => file.read(thread, Number(args.bytes), flagsOf(args))),
  write: onFile((file, { thread }, { bytes }) => file.write(thread, Number(bytes))),
  writev: onFile((file, { thread }, { buffers }) => file.write(thread, sum(buffers as readonly number[]))),
  send: onFile((file, { thread }, args) => file.write(thread, Number(args.bytes), flagsOf(args))),
  sendto: onFile((file, { thread }, args) =>
    file instanceof UdpSocket
      ? file.send(Number(args.bytes), args.port === undefined ? null : endpointOf(args), args.content)
      : file.write(thread, Number(args.bytes), flagsOf(args)),
  ),
  close: ({ process, thread }, { fd }) => process.release(Number(fd), thread) ?? failure('EBADF'),
  fcntl: onFile(fcntl),
  ioctl: onFile((file, _, { request }) => {
    if (!(file instanceof TcpSocket || file instanceof UdpSocket)) return failure('ENOTTY');
    const bytes = file.queued(String(request));
    return typeof bytes === 'number' ? { ...success(), out: { value: bytes } } : failure(bytes);
  }),
  pipe2: (caller) => {
    const { reader, writer } = caller.machine.pipe();
    const read = install(caller, reader);
    const write = install(caller, writer);
    return { ...success(), out: { pipefd: [read.value, write.value] } };
  },
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
  epoll_create1: (caller) =>
    install(caller, new Epoll(caller.machine.stack.nextInode(), caller.machine.stack.clock)),
  epoll_ctl: controlEpoll,
  epoll_wait: ({ process, thread }, { epfd, maxevents, timeout_ms }) => {
    const epoll = process.files.get(Number(epfd))?.file;
    if (!epoll) return failure('EBADF');
    if (!(epoll instanceof Epoll) || Number(maxevents) < 1) return failure('EINVAL');
    return epoll.wait(thread, Number(maxevents), Number(timeout_ms));
  },
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

/** Runs a call. A name that is not in the table is ENOSYS. */
export function runCall(
  machine: Callee,
  process: Process,
  thread: Thread,
  { name, args }: SystemCall,
): Answer | Waiting {
  const handler = Object.hasOwn(table, name) ? table[name] : undefined;
  return handler ? handler({ machine, process, thread }, args) : failure('ENOSYS');
}
