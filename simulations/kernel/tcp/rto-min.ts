/**
 * The least RTO of a socket, and how long its ACKs may wait at most: `tcp_rto_min` in `include/net/tcp.h`,
 * `tcp_delack_max` in `net/ipv4/tcp_output.c`. Times are whole jiffies, rounded up, as in the kernel.
 */
import { HZ, type KernelProfile } from '../profile.ts';
import type { Route } from '../route.ts';

/** `TCP_RTO_MIN`: 200 ms. */
export const TCP_RTO_MIN = HZ / 5;
/** `TCP_DELACK_MAX`: 200 ms. */
export const TCP_DELACK_MAX = HZ / 5;
/** `TCP_TIMEOUT_MIN`: the least that the timer of retransmissions is set for. */
export const TCP_TIMEOUT_MIN = 2;

/** A jiffy, the shortest time that a kernel timer can be set to. */
export const JIFFY_us = 1e6 / HZ;
export const JIFFY_ms = 1000 / HZ;

/** Whole jiffies, at least as long. */
export const usecs_to_jiffies = (us: number): number => Math.ceil(us / JIFFY_us);

/** What the two rules read. */
export interface RtoMinSocket {
  readonly kernel: Pick<KernelProfile, 'capsDelayedAck'>;
  /** What the route says, as the socket has last seen it. */
  readonly dst: Route;
  /** From the sysctl when the socket was made, or from TCP_RTO_MIN_US. */
  readonly icsk_rto_min: number;
  /** 200 ms, or from TCP_DELACK_MAX_US. */
  readonly icsk_delack_max: number;
}

/** The least RTO: the route's, else the socket's. */
export const tcp_rto_min = ({ dst, icsk_rto_min }: RtoMinSocket): number =>
  dst.rto_min_ms === null ? icsk_rto_min : usecs_to_jiffies(dst.rto_min_ms * 1000);

/** No ACK waits longer: on kernels that cap it, a jiffy less than the least RTO, and at least one. */
export function tcp_delack_max(sk: RtoMinSocket): number {
  if (!sk.kernel.capsDelayedAck) return sk.icsk_delack_max;
  return Math.min(sk.icsk_delack_max, Math.max(tcp_rto_min(sk), 2) - 1);
}
