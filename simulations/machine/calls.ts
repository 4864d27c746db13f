/** The system calls as a program makes them: `const fd = (yield* sys.socket()).value`. */
import type { Json } from '../engine/json.ts';
import type { Endpoint, Family } from '../network/packet.ts';
import type { Flags, PollEvent } from './file.ts';
import type { Answer, Program } from './program.ts';

function* call(name: string, args: { readonly [name: string]: Json } = {}): Program<Answer> {
  return yield { name, args };
}

/** Options that setsockopt() and getsockopt() know here. SO_LINGER takes seconds, −1 for off; times are in ms, 0 for none, but for those whose name ends with US. */
export type SocketOption =
  | 'SO_SNDTIMEO'
  | 'SO_RCVTIMEO'
  | 'SO_REUSEADDR'
  | 'SO_LINGER'
  | 'SO_SNDBUF'
  | 'SO_RCVBUF'
  | 'TCP_USER_TIMEOUT'
  | 'TCP_SYNCNT'
  | 'TCP_NODELAY'
  | 'TCP_CORK'
  | 'TCP_QUICKACK'
  | 'TCP_RTO_MIN_US'
  | 'TCP_DELACK_MAX_US';

/** Options that are only read. TCP_INFO gives the fields of `struct tcp_info` by name. */
export type ReadOption = 'SO_TYPE' | 'SO_DOMAIN' | 'SO_PROTOCOL' | 'SO_ACCEPTCONN' | 'TCP_INFO';

/** One entry of poll()'s array. */
export interface PollFd {
  readonly fd: number;
  readonly events: readonly PollEvent[];
}

/**
 * The system calls as programs yield them: `yield* sys.connect(fd, address)` gives the call's answer, with `errno` null
 * or its name, and `value` −1 where it failed. What each does is in `syscalls.ts`; which exist on a machine depends on
 * its kinds (`kinds/`), and one that does not exist is ENOSYS.
 */
export const sys = {
  /** @param options.family AF_INET when left out; datagrams know no other */
  socket: (options: { nonblocking?: boolean; type?: 'SOCK_STREAM' | 'SOCK_DGRAM'; family?: Family } = {}) =>
    call('socket', {
      nonblocking: options.nonblocking ?? false,
      ...(options.type && { type: options.type }),
      ...(options.family === 'inet6' && { family: options.family }),
    }),
  setsockopt: (fd: number, option: SocketOption, value: number) => call('setsockopt', { fd, option, value }),
  connect: (fd: number, to: Endpoint) => call('connect', { fd, address: to.address, port: to.port }),
  /** @param timeout_ms −1 waits for ever */
  poll: (fds: readonly PollFd[], timeout_ms: number) =>
    call('poll', { fds: fds.map(({ fd, events }) => ({ fd, events })), timeout_ms }),
  /** @param timeout_ms −1 waits for ever */
  select: (
    sets: { read?: readonly number[]; write?: readonly number[]; except?: readonly number[] },
    timeout_ms: number,
  ) => call('select', { ...sets, timeout_ms }),
  epollCreate: () => call('epoll_create1'),
  epollControl: (
    epfd: number,
    op: 'EPOLL_CTL_ADD' | 'EPOLL_CTL_MOD' | 'EPOLL_CTL_DEL',
    fd: number,
    events: readonly (PollEvent | 'EPOLLET' | 'EPOLLONESHOT')[] = [],
  ) => call('epoll_ctl', { epfd, op, fd, events }),
  epollWait: (epfd: number, maxevents: number, timeout_ms: number) =>
    call('epoll_wait', { epfd, maxevents, timeout_ms }),
  /** SO_ERROR: the pending error, read and cleared; `out.error` is its name or null. */
  getError: (fd: number) => call('getsockopt', { fd, option: 'SO_ERROR' }),
  /** `out.value`. */
  getsockopt: (fd: number, option: SocketOption | ReadOption) => call('getsockopt', { fd, option }),
  close: (fd: number) => call('close', { fd }),
  bind: (fd: number, port: number, address = '0.0.0.0') => call('bind', { fd, port, address }),
  listen: (fd: number, backlog: number) => call('listen', { fd, backlog }),
  /** The next connection; its value is a new descriptor. */
  accept: (fd: number) => call('accept', { fd }),
  accept4: (fd: number, flags: readonly ('SOCK_NONBLOCK' | 'SOCK_CLOEXEC')[]) =>
    call('accept4', { fd, flags: flags.join('|') }),
  write: (fd: number, bytes: number) => call('write', { fd, bytes }),
  /** Several buffers in one call. */
  writev: (fd: number, buffers: readonly number[]) => call('writev', { fd, buffers }),
  /** send() with MSG_MORE. */
  sendMore: (fd: number, bytes: number) => call('send', { fd, bytes, flags: 'MSG_MORE' }),
  /** A datagram. @param content what is in it, for the program that receives it */
  sendto: (fd: number, bytes: number, to: Endpoint, content?: Json) =>
    call('sendto', {
      fd,
      bytes,
      address: to.address,
      port: to.port,
      ...(content !== undefined && { content }),
    }),
  recvfrom: (fd: number, bytes: number) => call('recvfrom', { fd, bytes }),
  /** @param flags of one call */
  recv: (fd: number, bytes: number, flags: readonly (keyof Flags)[] = []) =>
    call('recv', { fd, bytes, flags: flags.join('|') }),
  fcntl: (fd: number, cmd: 'F_GETFL' | 'F_SETFL' | 'F_GETFD' | 'F_SETFD', arg = '') =>
    call('fcntl', { fd, cmd, arg }),
  /** `out.value`: bytes that can be read, that are not acknowledged, that have not been sent. */
  ioctl: (fd: number, request: 'SIOCINQ' | 'SIOCOUTQ' | 'SIOCOUTQNSD') => call('ioctl', { fd, request }),
  /** At most `bytes`; 0 is the end of the stream. */
  read: (fd: number, bytes: number) => call('read', { fd, bytes }),
  shutdown: (fd: number, how: 'SHUT_RD' | 'SHUT_WR' | 'SHUT_RDWR') => call('shutdown', { fd, how }),
  nanosleep: (ms: number) => call('nanosleep', { ms }),
  /** Sleeps until a signal comes. */
  pause: () => call('pause'),
  /** Waits at an address in memory until another thread wakes it. */
  futexWait: (uaddr: number) => call('futex', { uaddr, op: 'FUTEX_WAIT_PRIVATE' }),
  futexWake: (uaddr: number, most: number) => call('futex', { uaddr, op: 'FUTEX_WAKE_PRIVATE', most }),
};
