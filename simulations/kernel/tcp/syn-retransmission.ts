/**
 * The SYN of one socket and its timer: sends, sends again, gives up, by the rules of `retransmission.ts`,
 * and says at each step which kernel line decided.
 */
import { duration, ordinal } from '../../engine/duration.ts';
import type { SynState } from '../../machine/state.ts';
import { type Flag, familyOf, type Segment } from '../../network/packet.ts';
import {
  and,
  comparison,
  type Decision,
  formula,
  type Reason,
  reasonOf,
  type Why,
} from '../../trace/decision.ts';
import type { Details, EventKind, KernelMark } from '../../trace/event.ts';
import type { Errno } from '../errno.ts';
import { type Failure, whyCount, whyErrno } from './errors.ts';
import {
  backOff,
  isLastWait,
  NEW_SYN_TIMER,
  type SynLimits,
  type SynTimer,
  TCP_RTO_MAX_ms,
  TCP_TIMEOUT_INIT_ms,
  tcp_clamp_rto_to_user_timeout,
  tcp_ld_RTO_revert,
  tcp_write_timeout,
  type WriteTimeout,
} from './retransmission.ts';
import {
  backOffText,
  budgetSentence,
  countSentence,
  giveUpSentence,
  timeSentence,
  type Wait,
  waitSentence,
} from './sentences.ts';
import type { HostedSocket, TcpHost } from './tcp-host.ts';

/** The socket that sends the SYN. */
export interface SynSocket extends HostedSocket {
  readonly icsk_syn_retries: number;
  readonly icsk_user_timeout_ms: number;
  sk_err_soft: Errno | null;
  readonly outgoing: { transmit(flags: readonly Flag[], says: string, why?: Why): void };
  readonly chart: { timerEnded(): void };
  readonly diag: { record<K extends EventKind>(kind: K, says: string, rest: Details<K>): void };
}

type Host = Pick<
  TcpHost,
  'clock' | 'sysctl' | 'kernel' | 'timestamp' | 'isQueued' | 'routeError' | 'counters'
>;

export class SynRetransmission {
  readonly #sk: SynSocket;
  readonly #host: Host;
  #timer = NEW_SYN_TIMER;
  #retrans_stamp_us = 0;
  /** When a SYN was last handed to the host. */
  #sent_us = 0;
  #syns = 0;

  constructor(sk: SynSocket, host: Host) {
    this.#sk = sk;
    this.#host = host;
  }

  /** Since the first SYN. */
  get elapsed_ms(): number {
    return (this.#host.clock.now_us - this.#retrans_stamp_us) / 1000;
  }

  /** Whether no SYN has been sent twice, so that the answer measures a round trip. */
  get isFirst(): boolean {
    return this.#syns === 1;
  }

  /** The first SYN: `tcp_connect`. @returns how long the timer is set for, in ms */
  start(): number {
    this.#retrans_stamp_us = this.#host.clock.now_us;
    this.#timer = NEW_SYN_TIMER;
    const wait = duration(TCP_TIMEOUT_INIT_ms * 1000);
    this.#sk.diag.record('rto-set', `The first wait for an answer is ${wait}.`, {
      data: { icsk_rto_ms: TCP_TIMEOUT_INIT_ms },
      ...reasonOf(
        formula(
          'tcp_connect_init:rto',
          wait,
          [['tcp_timeout_init(sk)', TCP_TIMEOUT_INIT_ms, 'ms']],
          'the timer of the SYN is set to it',
        ),
      ),
    });
    const what = this.#transmit('tcp_connect:send');
    // tcp_connect sets its timer to the RTO itself; only retransmissions look at TCP_USER_TIMEOUT.
    const decision = formula(
      'tcp_connect:timer',
      wait,
      [['inet_csk(sk)->icsk_rto', TCP_TIMEOUT_INIT_ms, 'ms']],
      'the timer is set to it',
    );
    return this.#setTimer(TCP_TIMEOUT_INIT_ms, decision, what, `waits ${wait}`);
  }

  /** Whether the attempt is over now that the timer has fired. */
  expired(): boolean {
    return this.#verdict().expired !== null;
  }

  /** Another SYN: `tcp_retransmit_timer`. @returns how long the timer is set for, in ms */
  again(waited_ms: number): number {
    this.#recordFiring(waited_ms);
    this.#recordVerdict();
    const what = this.#transmit('tcp_retransmit_timer:resend', waited_ms);
    const before = this.#timer;
    const { doubled, ...timer } = backOff(before, this.#limits());
    this.#timer = timer;
    return this.#setTimer(
      tcp_clamp_rto_to_user_timeout(timer, this.#limits(), this.elapsed_ms),
      doubled ? this.#whyDoubled(before) : this.#whyLinear(),
      what,
      backOffText(before, timer, doubled, this.#host.sysctl.tcp_syn_linear_timeouts),
    );
  }

  /** `tcp_write_err`. @param waited_ms how long the timer was set for that has fired */
  giveUp(waited_ms: number): Failure {
    const isFired = this.#host.clock.now_us - this.#sent_us >= waited_ms * 1000;
    if (isFired) this.#recordFiring(waited_ms);
    this.#recordVerdict();
    const errno = this.#sk.sk_err_soft ?? 'ETIMEDOUT';
    const says = giveUpSentence(this.#timer.icsk_retransmits, this.#verdict(), this.elapsed_ms, errno);
    return { errno, ...reasonOf(whyErrno(this.#sk.sk_err_soft)), says };
  }

  /**
   * An unreachable network is no congestion, so one doubling is taken back; the wait may then be over.
   * @param about the segment that was rejected
   * @returns whether that ends the attempt
   */
  revert(about: Segment): 'expired' | 'goes on' {
    const rto_ms = tcp_ld_RTO_revert(this.#timer);
    if (rto_ms === null) return 'goes on';
    const waited_ms = (this.#host.clock.now_us - this.#sent_us) / 1000;
    // At the very instant it depends on which SYN was rejected: a retransmitted one left late.
    const isLastSyn = this.#host.timestamp() - waited_ms === about.timestamps?.value;
    if (waited_ms < rto_ms || (waited_ms === rto_ms && !isLastSyn)) return 'goes on';
    this.#sk.diag.record(
      'rto-reverted',
      `The error takes back one doubling: a wait of ${duration(rto_ms * 1000)} would be over, so *the timer counts as fired*.`,
      {
        data: { rto_ms, waited_ms },
        ...reasonOf(
          comparison(
            'tcp_ld_RTO_revert:is-over',
            false,
            [['remaining', rto_ms - waited_ms, 'ms']],
            'the timer counts as fired',
          ),
          'tcp_ld_RTO_revert:now',
        ),
        beat: true,
      },
    );
    if (this.expired()) return 'expired';
    this.#host.counters.add('TcpExtTCPTimeouts');
    if (!this.#host.isQueued(this.#sk)) this.#transmit('tcp_retransmit_timer:resend');
    return 'goes on';
  }

  /** What the snapshot says of it. */
  state(): SynState {
    const { icsk_retransmits, icsk_rto_ms } = this.#timer;
    const { max_retransmits, limit_ms } = this.#verdict();
    return {
      retransmits: icsk_retransmits,
      max_retransmits,
      limit_ms,
      retrans_stamp_us: this.#retrans_stamp_us,
      rto_ms: icsk_rto_ms,
      syns_sent: this.#syns,
    };
  }

  #limits(): SynLimits {
    const { icsk_syn_retries, icsk_user_timeout_ms } = this.#sk;
    return { ...this.#host.sysctl, kernel: this.#host.kernel, icsk_syn_retries, icsk_user_timeout_ms };
  }

  #verdict(): WriteTimeout {
    return tcp_write_timeout(this.#timer, this.#limits(), this.elapsed_ms);
  }

  #recordFiring(waited_ms: number): void {
    const wait = duration(waited_ms * 1000);
    this.#sk.diag.record('timer-fired', `No answer for ${wait}: the retransmission timer fires.`, {
      mark: 'tcp_retransmit_timer:ask',
    });
    this.#sk.chart.timerEnded();
  }

  /** The questions that the kernel asks when the timer fires, in its order; it stops at the first yes. */
  #recordVerdict(): void {
    const verdict = this.#verdict();
    const { expired, retry_until, max_retransmits, limit_ms } = verdict;
    const { icsk_retransmits } = this.#timer;
    this.#sk.diag.record('count-checked', countSentence(icsk_retransmits, verdict), {
      data: { icsk_retransmits, max_retransmits },
      ...reasonOf(whyCount(icsk_retransmits, max_retransmits)),
      beat: expired === 'count',
    });
    if (expired === 'count') return;
    if (icsk_retransmits === 0) {
      this.#sk.diag.record('time-checked', 'Nothing has been sent again yet, so the time is not looked at.', {
        ...reasonOf(
          and(
            'retransmits_timed_out:first',
            [['!inet_csk(sk)->icsk_retransmits', true]],
            'the time is not looked at',
          ),
        ),
      });
      return;
    }
    if (limit_ms !== this.#sk.icsk_user_timeout_ms)
      this.#sk.diag.record('time-limit', budgetSentence(verdict), {
        data: { retry_until, limit_ms },
        ...reasonOf(whyBudget(retry_until, limit_ms)),
      });
    this.#sk.diag.record('time-checked', timeSentence(this.elapsed_ms, verdict), {
      data: { elapsed_ms: this.elapsed_ms, limit_ms },
      ...reasonOf(
        comparison(
          'retransmits_timed_out:compare',
          expired !== null,
          [
            ['tcp_time_stamp_ts(tp) - start_ts', this.elapsed_ms, 'ms'],
            ['timeout', limit_ms, 'ms'],
          ],
          expired ? 'the attempt is over' : 'the SYN goes out again',
        ),
      ),
      beat: expired !== null,
    });
  }

  /** @returns the beginning of the sentence that tells of it */
  #transmit(mark: KernelMark, waited_ms = 0): string {
    const lead = waited_ms ? `No answer for ${duration(waited_ms * 1000)}. ` : '';
    if (this.#host.isQueued(this.#sk)) {
      const says = `${lead}The first SYN is still in this host, waiting for an address`;
      this.#sk.diag.record('retransmission-skipped', `${says}, so no second one is made.`, { mark });
      return says;
    }
    const unreachable = this.#host.routeError(this.#sk.remote.address);
    if (unreachable) {
      this.#sk.sk_err_soft = unreachable;
      const says = `${lead}There is no way to the peer any more`;
      const isIpv6 = familyOf(this.#sk.remote.address) === 'inet6';
      this.#sk.diag.record(
        'retransmission-skipped',
        `${says}, so no SYN is sent; *Linux only notes ${unreachable}*, and the timer goes on.`,
        { mark: isIpv6 ? 'inet6_sk_rebuild_header:noted' : 'inet_sk_rebuild_header:noted' },
      );
      return says;
    }
    const which = ordinal(this.#syns + 1);
    this.#sent_us = this.#host.clock.now_us;
    this.#sk.outgoing.transmit(['SYN'], `The ${which} SYN goes out.`, mark);
    if (this.#host.isQueued(this.#sk))
      return 'The first SYN is made, but this host does not know the peer’s hardware address';
    this.#syns++;
    return `${lead}The ${which} SYN goes out`;
  }

  /** @param what the beginning of the sentence @param how how Linux waits, when nothing shortens the wait */
  #setTimer(timer_ms: number, decision: Decision, what: string, how: string): number {
    const wait: Wait = {
      timer_ms,
      how,
      isLast: isLastWait(this.#timer, this.#limits(), this.elapsed_ms, timer_ms),
      isClamped: timer_ms !== this.#timer.icsk_rto_ms,
      isPassed: this.#sk.icsk_user_timeout_ms <= this.elapsed_ms,
      isQueued: this.#host.isQueued(this.#sk),
    };
    this.#sk.diag.record('timer-set', waitSentence(what, wait), {
      data: { timer_ms, icsk_rto_ms: this.#timer.icsk_rto_ms, last: wait.isLast },
      ...(wait.isClamped ? this.#whyClamped(wait.isPassed) : reasonOf(decision)),
      beat: true,
    });
    return timer_ms;
  }

  #whyDoubled(before: SynTimer): Decision {
    return formula(
      'tcp_retransmit_timer:double',
      duration(this.#timer.icsk_rto_ms * 1000),
      [
        ['icsk->icsk_rto << 1', before.icsk_rto_ms * 2, 'ms'],
        ['TCP_RTO_MAX', TCP_RTO_MAX_ms, 'ms'],
      ],
      'the next wait is the smaller of the two',
    );
  }

  #whyLinear(): Decision {
    return comparison(
      'tcp_retransmit_timer:linear',
      false,
      [
        ['tp->total_rto', this.#timer.total_rto],
        ['READ_ONCE(net->ipv4.sysctl_tcp_syn_linear_timeouts)', this.#host.sysctl.tcp_syn_linear_timeouts],
      ],
      'the wait stays as it is',
    );
  }

  /** @param isPassed TCP_USER_TIMEOUT is over already */
  #whyClamped(isPassed: boolean): Reason {
    const remaining_ms = this.#sk.icsk_user_timeout_ms - this.elapsed_ms;
    if (isPassed)
      return reasonOf(
        comparison(
          'tcp_clamp_rto_to_user_timeout:is-passed',
          true,
          [['remaining', remaining_ms, 'ms']],
          'the timer fires with the next tick',
        ),
        'tcp_clamp_rto_to_user_timeout:passed',
      );
    return reasonOf(
      formula(
        'tcp_clamp_rto_to_user_timeout:remaining',
        duration(remaining_ms * 1000),
        [
          ['icsk->icsk_rto', this.#timer.icsk_rto_ms, 'ms'],
          ['msecs_to_jiffies(remaining)', remaining_ms, 'ms'],
        ],
        'the next wait is the smaller of the two',
      ),
    );
  }
}

/** What a number of retries stands for in time. */
function whyBudget(retry_until: number, limit_ms: number): Decision {
  const rto_base = ['rto_base', TCP_TIMEOUT_INIT_ms, 'ms'] as const;
  const boundary = ['boundary', retry_until] as const;
  const result = duration(limit_ms * 1000);
  const follows = 'the time since the first SYN is held against it';
  const linear_backoff_thresh = Math.floor(Math.log2(TCP_RTO_MAX_ms / TCP_TIMEOUT_INIT_ms));
  return retry_until <= linear_backoff_thresh
    ? formula('tcp_model_timeout:doubling', result, [boundary, rto_base], follows)
    : formula(
        'tcp_model_timeout:capped',
        result,
        [
          ['linear_backoff_thresh', linear_backoff_thresh],
          rto_base,
          boundary,
          ['TCP_RTO_MAX', TCP_RTO_MAX_ms, 'ms'],
        ],
        follows,
      );
}
