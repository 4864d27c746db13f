/**
 * What strace prints of each system call: the arguments that are known when it begins, what is known when it ends, and
 * what it says behind the result. One table, by the names of the simulation.
 *
 * A program is taken to pass NULL where it need not know the answer: the peer's address to accept(), the time left to
 * clock_nanosleep().
 */
import { O } from '../../machine/file-flags.ts';
import { BYTES, POINTER, sockaddr, timespec, timeval, timevalBytes } from './values.ts';

export type Args = { readonly [name: string]: unknown };

/** How a call ended. */
export interface Returned {
  readonly value: number;
  /** The error's name, or null. */
  readonly errno: string | null;
  /** What it wrote through pointers. */
  readonly out: Args;
  readonly blocked_us: number;
}

interface CallText {
  /** The call that the program makes in fact; the simulation's name when left out. */
  readonly name?: string;
  /** Arguments up to the first that the kernel writes. @param string_limit as -s gives it */
  begins(args: Args, string_limit: number): string;
  /** The rest of them. */
  ends?(args: Args, returned: Returned): string;
  /** The value, where it is no plain number. */
  value?(args: Args, returned: Returned): string;
  /** Behind the value, in brackets. */
  says?(args: Args, returned: Returned): string;
}

const numbers = (list: unknown): readonly number[] => (list ?? []) as readonly number[];
const words = (list: unknown): readonly string[] => (list ?? []) as readonly string[];
const flags = (list: unknown): string => words(list).join('|') || '0';

/** Bytes that came: none is an empty string. */
const received = ({ bytes }: Args, { value, errno }: Returned): string =>
  `${errno ? POINTER : value ? BYTES : '""'}, ${bytes}`;

interface PollEntry {
  readonly fd: number;
  readonly events: readonly string[];
}

const entriesOf = ({ fds }: Args): readonly PollEntry[] => fds as readonly PollEntry[];

/** What poll() found for each of its descriptors. */
function reventsOf(
  args: Args,
  { out }: Returned,
): readonly (PollEntry & { readonly revents: readonly string[] })[] {
  const found = (out.revents ?? []) as readonly unknown[];
  return entriesOf(args).map((entry, i) => ({ ...entry, revents: words(found[i]) }));
}

const fdSet = (fds: readonly number[]): string => (fds.length > 0 ? `[${fds.join(' ')}]` : 'NULL');
const SETS = [
  ['read', 'in'],
  ['write', 'out'],
  ['except', 'exc'],
] as const;

/** epoll's events have names of their own. */
const epollEvents = (events: unknown): string =>
  words(events)
    .map((event) => event.replace(/^POLL/, 'EPOLL'))
    .join('|');
const epollEvent = (fd: unknown, events: unknown): string =>
  `{events=${epollEvents(events)}, data={u32=${fd}, u64=${fd}}}`;

const TCP_OPTION = /^TCP_/;
const TIMEOUTS: Readonly<Record<string, string>> = {
  SO_SNDTIMEO: 'SO_SNDTIMEO_OLD',
  SO_RCVTIMEO: 'SO_RCVTIMEO_OLD',
};

function setsockopt({ fd, option, value }: Args, string_limit: number): string {
  const name = String(option);
  const level = TCP_OPTION.test(name) ? 'SOL_TCP' : 'SOL_SOCKET';
  const number = Number(value);
  const timeout = TIMEOUTS[name];
  if (timeout) return `${fd}, ${level}, ${timeout}, ${timevalBytes(number, string_limit)}, 16`;
  if (name === 'SO_LINGER')
    return `${fd}, ${level}, ${name}, {l_onoff=${number < 0 ? 0 : 1}, l_linger=${Math.max(0, number)}}, 8`;
  return `${fd}, ${level}, ${name}, [${value}], 4`;
}

/** What F_GETFL says, in words. */
const flagNames = (value: number): string =>
  [
    ['O_RDONLY', 'O_WRONLY', 'O_RDWR'][value & 3],
    ...(value & O.NONBLOCK ? ['O_NONBLOCK'] : []),
    ...(value & O.LARGEFILE ? ['O_LARGEFILE'] : []),
  ].join('|');

const fd = (args: Args): string => String(args.fd);

/** By the simulation's name. */
export const CALLS: Readonly<Record<string, CallText>> = {
  socket: {
    begins: ({ type = 'SOCK_STREAM', nonblocking, family }) =>
      `${family === 'inet6' ? 'AF_INET6' : 'AF_INET'}, ${type}${nonblocking ? '|SOCK_NONBLOCK' : ''}, IPPROTO_IP`,
  },
  bind: {
    begins: (args) => `${fd(args)}, ${sockaddr(String(args.address ?? '0.0.0.0'), Number(args.port))}`,
  },
  connect: { begins: (args) => `${fd(args)}, ${sockaddr(String(args.address), Number(args.port))}` },
  listen: { begins: (args) => `${fd(args)}, ${args.backlog}` },
  accept: { begins: (args) => `${fd(args)}, NULL, NULL` },
  accept4: { begins: (args) => `${fd(args)}, NULL, NULL, ${args.flags ?? 0}` },
  shutdown: { begins: (args) => `${fd(args)}, ${args.how}` },
  close: { begins: fd },
  read: { begins: (args) => `${fd(args)}, `, ends: received },
  write: { begins: (args) => `${fd(args)}, ${BYTES}, ${args.bytes}` },
  writev: {
    begins: (args) => {
      const buffers = numbers(args.buffers).map((bytes) => `{iov_base=${BYTES}, iov_len=${bytes}}`);
      return `${fd(args)}, [${buffers.join(', ')}], ${buffers.length}`;
    },
  },
  send: {
    name: 'sendto',
    begins: (args) => `${fd(args)}, ${BYTES}, ${args.bytes}, ${args.flags || 0}, NULL, 0`,
  },
  sendto: {
    begins: (args) => {
      const to = args.port === undefined ? 'NULL, 0' : sockaddr(String(args.address), Number(args.port));
      return `${fd(args)}, ${BYTES}, ${args.bytes}, ${args.flags || 0}, ${to}`;
    },
  },
  recv: {
    name: 'recvfrom',
    begins: (args) => `${fd(args)}, `,
    ends: (args, returned) => `${received(args, returned)}, ${args.flags || 0}, NULL, NULL`,
  },
  recvfrom: {
    begins: (args) => `${fd(args)}, `,
    ends: (args, returned) => `${received(args, returned)}, ${args.flags || 0}, NULL, NULL`,
  },
  setsockopt: { begins: setsockopt },
  getsockopt: {
    begins: (args) => `${fd(args)}, SOL_SOCKET, ${args.option}, `,
    ends: (_, { errno, out }) => (errno ? `${POINTER}, [4]` : `[${out.error ?? 0}], [4]`),
  },
  poll: {
    begins: (args) => {
      const entries = entriesOf(args).map((entry) => `{fd=${entry.fd}, events=${flags(entry.events)}}`);
      return `[${entries.join(', ')}], ${entries.length}, ${args.timeout_ms}`;
    },
    says: (args, returned) => {
      if (returned.value === 0) return 'Timeout';
      const found = reventsOf(args, returned).filter(({ revents }) => revents.length > 0);
      return `[${found.map((entry) => `{fd=${entry.fd}, revents=${flags(entry.revents)}}`).join(', ')}]`;
    },
  },
  select: {
    begins: (args) => {
      const sets = SETS.map(([name]) => numbers(args[name]));
      const count = 1 + Math.max(-1, ...sets.flat());
      const timeout = Number(args.timeout_ms) < 0 ? 'NULL' : timeval(Number(args.timeout_ms) * 1000);
      return `${count}, ${sets.map(fdSet).join(', ')}, ${timeout}`;
    },
    says: (args, { value, out, blocked_us }) => {
      if (value === 0) return 'Timeout';
      const left = Number(args.timeout_ms) * 1000 - blocked_us;
      const sets = SETS.filter(([name]) => numbers(out[name]).length > 0).map(
        ([name, title]) => `${title} ${fdSet(numbers(out[name]))}`,
      );
      return [...sets, ...(Number(args.timeout_ms) < 0 ? [] : [`left ${timeval(left)}`])].join(', ');
    },
  },
  epoll_create1: { begins: () => '0' },
  epoll_ctl: {
    begins: ({ epfd, op, fd: watched, events }) => {
      const event = op === 'EPOLL_CTL_DEL' ? 'NULL' : epollEvent(watched, events);
      return `${epfd}, ${op}, ${watched}, ${event}`;
    },
  },
  epoll_wait: {
    begins: ({ epfd }) => `${epfd}, `,
    ends: ({ maxevents, timeout_ms }, { errno, out }) => {
      const found = (out.events ?? []) as unknown as readonly { fd: number; events: readonly string[] }[];
      const events = found.map((event) => epollEvent(event.fd, event.events));
      return `${errno ? POINTER : `[${events.join(', ')}]`}, ${maxevents}, ${timeout_ms}`;
    },
  },
  nanosleep: {
    name: 'clock_nanosleep',
    begins: ({ ms }) => `CLOCK_REALTIME, 0, ${timespec(Number(ms))}, NULL`,
  },
  fcntl: {
    begins: ({ fd: of, cmd, arg }) => [of, cmd, ...(arg === undefined ? [] : [arg])].join(', '),
    value: ({ cmd }, { value }) =>
      String(cmd).startsWith('F_GET') && value ? `0x${value.toString(16)}` : String(value),
    says: ({ cmd }, { value }) => {
      if (cmd === 'F_GETFL') return `flags ${flagNames(value)}`;
      return cmd === 'F_GETFD' && value ? 'flags FD_CLOEXEC' : '';
    },
  },
  ioctl: {
    begins: ({ fd: of, request }) => `${of}, ${request}, `,
    ends: (_, { errno, out }) => (errno ? POINTER : `[${out.value}]`),
  },
  pipe2: {
    begins: () => '',
    ends: ({ flags: given }, { errno, out }) =>
      `${errno ? POINTER : `[${numbers(out.pipefd).join(', ')}]`}, ${given || 0}`,
  },
  futex: {
    begins: ({ uaddr, op, most }) =>
      `0x${Number(uaddr).toString(16)}, ${op}, ${String(op).includes('WAIT') ? '0, NULL' : most}`,
  },
  kill: { begins: ({ pid, signal }) => `${pid}, ${signal}` },
  pause: { begins: () => '' },
};

/** Of a call that the table does not know, all its arguments. */
const UNKNOWN: CallText = { begins: (args) => Object.values(args).map(String).join(', ') };

export const textOf = (call: string): CallText =>
  Object.hasOwn(CALLS, call) ? (CALLS[call] ?? UNKNOWN) : UNKNOWN;

/** The name of the system call. */
export const nameOf = (call: string): string => textOf(call).name ?? call;
