/** What a socket in SYN_SENT says of its timer: sentences made from the numbers that decided. */
import { duration } from '../../engine/duration.ts';
import { type SynTimer, TCP_RTO_MAX_ms, type WriteTimeout } from './retransmission.ts';

const inMs = (ms: number): string => duration(ms * 1000);

/** What comes after a wait that has just begun. */
export interface Wait {
  readonly timer_ms: number;
  /** How long Linux waits, in words: `doubles the wait to 4 s`. */
  readonly how: string;
  /** The attempt is over when this wait is. */
  readonly isLast: boolean;
  /** TCP_USER_TIMEOUT shortened it. */
  readonly isClamped: boolean;
  /** TCP_USER_TIMEOUT had passed before it began. */
  readonly isPassed: boolean;
  /** The SYN has not left this host. */
  readonly isQueued: boolean;
}

/** @param what what has just happened, without a full stop */
export function waitSentence(what: string, wait: Wait): string {
  const timer = inMs(wait.timer_ms);
  if (wait.isClamped)
    return wait.isPassed
      ? `${what}. TCP_USER_TIMEOUT has already passed, so Linux waits one jiffy, ${timer}: *then it gives up*.`
      : `${what}. TCP_USER_TIMEOUT ends in ${timer}, so Linux waits only that long: *then it gives up*.`;
  if (wait.isLast) return `${what}. Linux ${wait.how}; *if nothing answers by then, it gives up*.`;
  return `${what}. Linux ${wait.how}; *then it ${wait.isQueued ? 'looks' : 'tries'} again*.`;
}

/** How the timer goes on after a retransmission. @param linear sysctl tcp_syn_linear_timeouts */
export function backOffText(before: SynTimer, after: SynTimer, doubled: boolean, linear: number): string {
  const wait = inMs(after.icsk_rto_ms);
  if (!doubled) return `still waits ${wait}, linear retransmission ${after.total_rto} of ${linear}`;
  if (before.icsk_rto_ms === TCP_RTO_MAX_ms) return `waits ${wait}, the longest it ever does`;
  return after.icsk_rto_ms === TCP_RTO_MAX_ms
    ? `stretches the wait to ${wait}, the longest it ever does`
    : `doubles the wait to ${wait}`;
}

const verdictText = (isOver: boolean): string => (isOver ? '*it is over*' : 'go on');

/** Whether the count is reached. */
export function countSentence(used: number, { max_retransmits, expired }: WriteTimeout): string {
  const are = max_retransmits === 1 ? 'retransmission is' : 'retransmissions are';
  return `${used} of ${max_retransmits} ${are} used: ${verdictText(expired === 'count')}.`;
}

/** What the count stands for in time. */
export const budgetSentence = ({ retry_until, limit_ms }: WriteTimeout): string =>
  `${retry_until} ${retry_until === 1 ? 'retry' : 'retries'} with doubling waits would take ${inMs(limit_ms)}.`;

/** Whether the time has passed. */
export const timeSentence = (elapsed_ms: number, { limit_ms, expired }: WriteTimeout): string =>
  `${inMs(elapsed_ms)} have passed, and the limit is ${inMs(limit_ms)}: ${verdictText(expired !== null)}.`;

/** Why Linux gives up, and with what. */
/** @param icsk_retransmits more than the limit where the sysctl was lowered on the way */
export function giveUpSentence(
  icsk_retransmits: number,
  verdict: WriteTimeout,
  elapsed_ms: number,
  errno: string,
): string {
  const { expired, max_retransmits, retry_until, limit_ms } = verdict;
  const why = {
    count:
      icsk_retransmits > max_retransmits
        ? `${icsk_retransmits} retransmissions are out after ${inMs(elapsed_ms)}, and the limit is ${max_retransmits} now`
        : max_retransmits === 1
          ? `The one retransmission is spent after ${inMs(elapsed_ms)}`
          : `All ${max_retransmits} retransmissions are spent after ${inMs(elapsed_ms)}`,
    elapsed: `${inMs(elapsed_ms)} have passed, the time that ${retry_until} doubling ${retry_until === 1 ? 'retry stands' : 'retries stand'} for`,
    'user-timeout': `TCP_USER_TIMEOUT, ${inMs(limit_ms)}, has passed`,
  }[expired ?? 'elapsed'];
  return `${why}: *Linux gives up with ${errno}*.`;
}
