/** What a socket needs around it: the host that it lives in, and the queue of a listener. */
import type { VirtualClock } from '../../engine/clock.ts';
import type { Random } from '../../engine/random.ts';
import type { KernelMark, Recorder } from '../../engine/trace.ts';
import type { Segment } from '../../network/packet.ts';
import type { KernelProfile } from '../profile.ts';
import type { Sysctl } from '../sysctl.ts';
import type { TcpSock } from './sock.ts';
import type { Remains } from './time-wait.ts';

/** Bytes that timestamps take of each segment. */
export const TIMESTAMPS_bytes = 12;

/** What a socket needs of the host that it lives in. */
export interface TcpHost {
  readonly name: string;
  readonly kernel: KernelProfile;
  readonly sysctl: Sysctl;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly random: Random;
  /** The MSS that the device allows, in bytes (MTU less 40). */
  readonly mss_bytes: number;
  /** The clock of RFC 7323 timestamps, in ms. */
  timestamp(): number;
  /** Whether a segment of this socket still waits in the host for a hardware address. */
  isQueued(sock: TcpSock): boolean;
  /** Sends a segment, or queues it while the neighbour is unknown. */
  transmit(segment: Segment, sock: TcpSock | null, says: string, mark?: KernelMark, beat?: boolean): void;
  /** A connection is over but for its record. */
  keepRecord(sock: TcpSock, remains: Remains, timeout_ms: number): void;
  /** Nothing of the socket is left. */
  forget(sock: TcpSock): void;
}

/** What a listener keeps: `struct request_sock_queue`. */
export interface AcceptQueue {
  readonly backlog: number;
  /** Connections that are up and wait for accept(). */
  readonly ready: TcpSock[];
  /** Those whose handshake is not over. */
  readonly requests: Set<TcpSock>;
}
