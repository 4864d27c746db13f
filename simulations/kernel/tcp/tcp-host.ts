/** What a TCP socket needs around it: the host that it lives in. */
import type { VirtualClock } from '../../engine/clock.ts';
import type { Random } from '../../engine/random.ts';
import type { Cookie, Inode, SocketState } from '../../machine/state.ts';
import type { Sysctls } from '../../machine/sysctl.ts';
import type { Endpoint, Segment } from '../../network/packet.ts';
import type { Why } from '../../trace/decision.ts';
import type { Shelf } from '../../trace/history.ts';
import type { Recorder } from '../../trace/recorder.ts';
import type { Counted } from '../counters.ts';
import type { Errno } from '../errno.ts';
import type { KernelProfile } from '../profile.ts';
import type { Route } from '../route.ts';
import type { Truesize } from './receive-buffer.ts';
import type { Remains } from './time-wait.ts';

/** Bytes that timestamps take of each segment. */
export const TIMESTAMPS_bytes = 12;

/** The socket that asks. */
export interface HostedSocket {
  local: Endpoint;
  readonly remote: Endpoint;
  readonly cookie: Cookie;
}

/** @typeParam Sock the sockets that live in it */
export interface TcpHost<Sock extends HostedSocket = HostedSocket> {
  readonly name: string;
  /** Whether its sockets tell what they do; where there are thousands, the incident does. */
  readonly tells: boolean;
  readonly kernel: KernelProfile;
  readonly sysctl: Sysctls;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly random: Random;
  readonly counters: Counted;
  readonly sockets: Shelf<Cookie, SocketState>;
  /** The MSS that the device allows, in bytes (MTU less 40). */
  readonly mss_bytes: number;
  /** What the way to the peer says of TCP now. */
  readonly route: Route;
  /** What a segment takes of a receive buffer. */
  readonly truesize: Truesize;
  /** The next `sk_cookie`, and the next inode of a socket. */
  nextCookie(): Cookie;
  nextInode(): Inode;
  /** The clock of RFC 7323 timestamps, in ms. */
  timestamp(): number;
  /** bind(): a local end for the socket. @returns EADDRINUSE, EADDRNOTAVAIL or EINVAL where it cannot have it */
  bind(sock: Sock, local: Endpoint): Errno | null;
  /** Why there is no way to an address, or null. */
  routeError(address: string): Errno | null;
  /** Finds a local port towards a peer, unless bind() has set one, and lets segments find the socket. */
  hash(sock: Sock): Errno | null;
  /** Lets segments find a listener. */
  hashListener(sock: Sock): Errno | null;
  /** No segment finds the socket any more: `tcp_unhash`. */
  unhash(sock: Sock): void;
  /** Whether a segment of this socket still waits in the host for a hardware address. */
  isQueued(sock: Sock): boolean;
  /** Sends a segment, or queues it while the neighbour is unknown. */
  transmit(segment: Segment, sock: Sock | null, says: string, why?: Why, beat?: boolean): void;
  /** A connection is over but for its record. */
  keepRecord(sock: Sock, remains: Remains, timeout_ms: number): void;
}
