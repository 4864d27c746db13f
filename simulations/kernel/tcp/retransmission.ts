/**
 * When a SYN is sent again, and when Linux gives up: the rules of `net/ipv4/tcp_timer.c` (6.12),
 * for a socket in SYN_SENT. Names and the order of the decisions are the kernel's.
 *
 * Left out: Fast Open, BPF hooks, the rounding of `msecs_to_jiffies`, every state but SYN_SENT.
 */
import type { KernelProfile } from '../profile.ts';
import { JIFFY_ms } from './rto-min.ts';

/** RFC 6298 2.1, `TCP_TIMEOUT_INIT`: the first wait for an answer to a SYN. */
export const TCP_TIMEOUT_INIT_ms = 1000;

/** `TCP_RTO_MAX`: no wait is longer. */
export const TCP_RTO_MAX_ms = 120_000;

/** What bounds the retransmission of a SYN. */
export interface SynLimits {
  readonly kernel: KernelProfile;
  /** sysctl. */
  readonly tcp_syn_retries: number;
  /** sysctl; 0 on a kernel that has none. */
  readonly tcp_syn_linear_timeouts: number;
  /** `TCP_SYNCNT`, or 0 for the sysctl's. */
  readonly icsk_syn_retries: number;
  /** `TCP_USER_TIMEOUT` in ms, or 0 for none. */
  readonly icsk_user_timeout_ms: number;
}

/** The fields of `struct inet_connection_sock` and `struct tcp_sock` that the timer reads and writes. */
export interface SynTimer {
  readonly icsk_retransmits: number;
  readonly icsk_rto_ms: number;
  /** Times that the timer has fired. */
  readonly total_rto: number;
  /** Times that the wait has doubled. */
  readonly icsk_backoff: number;
}

/** The timer of a SYN that has not been sent yet. */
export const NEW_SYN_TIMER: SynTimer = {
  icsk_retransmits: 0,
  icsk_rto_ms: TCP_TIMEOUT_INIT_ms,
  total_rto: 0,
  icsk_backoff: 0,
};

/** How long `boundary` retransmissions take in the ideal, in ms: `tcp_model_timeout`. */
export function tcp_model_timeout(boundary: number, rto_base_ms: number): number {
  const linear_backoff_thresh = Math.floor(Math.log2(TCP_RTO_MAX_ms / rto_base_ms));
  return boundary <= linear_backoff_thresh
    ? (2 ** (boundary + 1) - 1) * rto_base_ms
    : (2 ** (linear_backoff_thresh + 1) - 1) * rto_base_ms +
        (boundary - linear_backoff_thresh) * TCP_RTO_MAX_ms;
}

/** Why `tcp_write_timeout` ended the attempt. */
export type GiveUp =
  /** `icsk_retransmits` reached the limit. */
  | 'count'
  /** The time that `retry_until` retransmissions stand for has passed. */
  | 'elapsed'
  /** `TCP_USER_TIMEOUT` has passed. */
  | 'user-timeout';

/** What `tcp_write_timeout` found. */
export interface WriteTimeout {
  readonly retry_until: number;
  readonly max_retransmits: number;
  /** The time limit that was compared, in ms. */
  readonly limit_ms: number;
  readonly expired: GiveUp | null;
}

/**
 * Whether the attempt is over when the timer fires: `tcp_write_timeout`.
 * Kernels before the count was compared (3.x) decide by time alone; in ideal time that is the same.
 * @param elapsed_ms since the first SYN (`retrans_stamp`)
 */
export function tcp_write_timeout(timer: SynTimer, limits: SynLimits, elapsed_ms: number): WriteTimeout {
  const retry_until = limits.icsk_syn_retries || limits.tcp_syn_retries;
  const max_retransmits = retry_until + limits.tcp_syn_linear_timeouts;
  const user_timeout_ms = limits.kernel.user_timeout === 'honoured' ? limits.icsk_user_timeout_ms : 0;
  const limit_ms = user_timeout_ms || tcp_model_timeout(retry_until, TCP_TIMEOUT_INIT_ms);
  const found = { retry_until, max_retransmits, limit_ms };
  if (timer.icsk_retransmits >= max_retransmits) return { ...found, expired: 'count' };
  if (!retransmits_timed_out(timer, elapsed_ms, limit_ms)) return { ...found, expired: null };
  return { ...found, expired: user_timeout_ms ? 'user-timeout' : 'elapsed' };
}

/** Whether the time limit has passed; never before the first retransmission. `retransmits_timed_out`. */
export function retransmits_timed_out(
  timer: Pick<SynTimer, 'icsk_retransmits'>,
  elapsed_ms: number,
  limit_ms: number,
): boolean {
  return timer.icsk_retransmits > 0 && elapsed_ms >= limit_ms;
}

/** The timer after a retransmission: `tcp_update_rto_stats` and the end of `tcp_retransmit_timer`. */
export function backOff(timer: SynTimer, limits: SynLimits): SynTimer & { readonly doubled: boolean } {
  const total_rto = timer.total_rto + 1;
  const doubled = total_rto > limits.tcp_syn_linear_timeouts;
  return {
    icsk_retransmits: timer.icsk_retransmits + 1,
    total_rto,
    icsk_backoff: timer.icsk_backoff + (doubled ? 1 : 0),
    icsk_rto_ms: doubled ? Math.min(timer.icsk_rto_ms * 2, TCP_RTO_MAX_ms) : timer.icsk_rto_ms,
    doubled,
  };
}

/**
 * How long the timer is set for, in ms: `tcp_clamp_rto_to_user_timeout`.
 * @param elapsed_ms since the first SYN
 */
export function tcp_clamp_rto_to_user_timeout(
  timer: SynTimer,
  limits: SynLimits,
  elapsed_ms: number,
): number {
  if (limits.kernel.user_timeout === 'ignored') return timer.icsk_rto_ms;
  return clampToUserTimeout(timer.icsk_rto_ms, limits.icsk_user_timeout_ms, elapsed_ms);
}

/** A wait that TCP_USER_TIMEOUT shortens to its own end, in ms. @param user_timeout_ms 0 for none */
export function clampToUserTimeout(rto_ms: number, user_timeout_ms: number, elapsed_ms: number): number {
  if (!user_timeout_ms) return rto_ms;
  const remaining_ms = user_timeout_ms - elapsed_ms;
  return remaining_ms <= 0 ? JIFFY_ms : Math.min(rto_ms, remaining_ms);
}

/**
 * The wait with one doubling taken back, in ms, when an ICMP net or host unreachable about the SYN
 * arrives (RFC 6069, `tcp_ld_RTO_revert`); null where there is none to take back.
 */
export const tcp_ld_RTO_revert = ({ icsk_retransmits, icsk_backoff }: SynTimer): number | null =>
  icsk_retransmits > 0 && icsk_backoff > 0
    ? Math.min(TCP_TIMEOUT_INIT_ms * 2 ** (icsk_backoff - 1), TCP_RTO_MAX_ms)
    : null;

/**
 * Whether the wait that now begins is the last one: the same questions as when the timer will fire.
 * @param elapsed_ms since the first SYN @param timer_ms the wait
 */
export function isLastWait(
  timer: SynTimer,
  limits: SynLimits,
  elapsed_ms: number,
  timer_ms: number,
): boolean {
  return tcp_write_timeout(timer, limits, elapsed_ms + timer_ms).expired !== null;
}
