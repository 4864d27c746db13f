/**
 * The SYN of one socket and its timer: sends, sends again, gives up, by the rules of `retransmission.ts`,
 * and says at each step which kernel line decided.
 */
import { duration, ordinal } from '../../engine/duration.ts';
import type { ActorState, KernelMark } from '../../engine/trace.ts';
import type { Segment } from '../../network/packet.ts';
import type { Failure } from './errors.ts';
import {
  backOff,
  isLastWait,
  NEW_SYN_TIMER,
  type SynLimits,
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
import type { TcpSock } from './sock.ts';
import type { TcpHost } from './tcp-host.ts';

export class SynRetransmission {
  readonly #sk: TcpSock;
  readonly #host: TcpHost;
  #timer = NEW_SYN_TIMER;
  #retrans_stamp_us = 0;
  /** When a SYN was last handed to the host. */
  #sent_us = 0;
  #syns = 0;

  constructor(sk: TcpSock, host: TcpHost) {
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
    this.#sk.record('rto-set', `The first wait for an answer is ${wait}.`, {
      data: { icsk_rto_ms: TCP_TIMEOUT_INIT_ms },
      mark: 'tcp_connect_init:rto',
    });
    const what = this.#transmit('tcp_connect:send');
    // tcp_connect sets its timer to the RTO itself; only retransmissions look at TCP_USER_TIMEOUT.
    return this.#setTimer(TCP_TIMEOUT_INIT_ms, 'tcp_connect:timer', what, `waits ${wait}`);
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
      doubled ? 'tcp_retransmit_timer:double' : 'tcp_retransmit_timer:linear',
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
    const says = giveUpSentence(this.#verdict(), this.elapsed_ms, errno);
    return { errno, mark: 'tcp_write_err:errno', says };
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
    this.#sk.record(
      'rto-reverted',
      `The error takes back one doubling: a wait of ${duration(rto_ms * 1000)} would be over, so *the timer counts as fired*.`,
      { data: { rto_ms, waited_ms }, mark: 'tcp_ld_RTO_revert:now', beat: true },
    );
    if (this.expired()) return 'expired';
    if (!this.#host.isQueued(this.#sk)) this.#transmit('tcp_retransmit_timer:resend');
    return 'goes on';
  }

  /** What the page shows of it. */
  fields(): ActorState {
    const { icsk_retransmits, icsk_rto_ms } = this.#timer;
    const { max_retransmits, limit_ms } = this.#verdict();
    const retrans_stamp_us = this.#retrans_stamp_us;
    return {
      icsk_retransmits,
      max_retransmits,
      limit_ms,
      retrans_stamp_us,
      icsk_rto_ms,
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
    this.#sk.record('timer-fired', `No answer for ${wait}: the retransmission timer fires.`, {
      mark: 'tcp_retransmit_timer:ask',
      state: { timer_due_us: null },
    });
  }

  /** The questions that the kernel asks when the timer fires, in its order; it stops at the first yes. */
  #recordVerdict(): void {
    const verdict = this.#verdict();
    const { expired, retry_until, max_retransmits, limit_ms } = verdict;
    const { icsk_retransmits } = this.#timer;
    this.#sk.record('count-checked', countSentence(icsk_retransmits, verdict), {
      data: { icsk_retransmits, max_retransmits },
      mark: 'tcp_write_timeout:count',
      beat: expired === 'count',
    });
    if (expired === 'count') return;
    if (icsk_retransmits === 0) {
      this.#sk.record('time-checked', 'Nothing has been sent again yet, so the time is not looked at.', {
        mark: 'retransmits_timed_out:first',
      });
      return;
    }
    if (limit_ms !== this.#sk.icsk_user_timeout_ms)
      this.#sk.record('time-limit', budgetSentence(verdict), {
        data: { retry_until, limit_ms },
        mark: retry_until <= 6 ? 'tcp_model_timeout:doubling' : 'tcp_model_timeout:capped',
      });
    this.#sk.record('time-checked', timeSentence(this.elapsed_ms, verdict), {
      data: { elapsed_ms: this.elapsed_ms, limit_ms },
      mark: 'retransmits_timed_out:compare',
      beat: expired !== null,
    });
  }

  /** @returns the beginning of the sentence that tells of it */
  #transmit(mark: KernelMark, waited_ms = 0): string {
    const lead = waited_ms ? `No answer for ${duration(waited_ms * 1000)}. ` : '';
    if (this.#host.isQueued(this.#sk)) {
      const says = `${lead}The first SYN is still in this host, waiting for an address`;
      this.#sk.record('segment-held', `${says}, so no second one is made.`, { mark });
      return says;
    }
    const which = ordinal(this.#syns + 1);
    this.#sent_us = this.#host.clock.now_us;
    this.#sk.transmit(['SYN'], `The ${which} SYN goes out.`, mark);
    if (this.#host.isQueued(this.#sk))
      return 'The first SYN is made, but this host does not know the peer’s hardware address';
    this.#syns++;
    return `${lead}The ${which} SYN goes out`;
  }

  /** @param what the beginning of the sentence @param how how Linux waits, when nothing shortens the wait */
  #setTimer(timer_ms: number, mark: KernelMark, what: string, how: string): number {
    const { now_us } = this.#host.clock;
    const wait: Wait = {
      timer_ms,
      how,
      isLast: isLastWait(this.#timer, this.#limits(), this.elapsed_ms, timer_ms),
      isClamped: timer_ms !== this.#timer.icsk_rto_ms,
      isPassed: this.#sk.icsk_user_timeout_ms <= this.elapsed_ms,
      isQueued: this.#host.isQueued(this.#sk),
    };
    const clamp = wait.isPassed
      ? 'tcp_clamp_rto_to_user_timeout:passed'
      : 'tcp_clamp_rto_to_user_timeout:remaining';
    this.#sk.record('timer-set', waitSentence(what, wait), {
      data: { timer_ms, icsk_rto_ms: this.#timer.icsk_rto_ms, last: wait.isLast },
      mark: wait.isClamped ? clamp : mark,
      beat: true,
      state: {
        ...this.#sk.fields(),
        retransmission: 'pending',
        timer_set_us: now_us,
        timer_due_us: now_us + timer_ms * 1000,
      },
    });
    return timer_ms;
  }
}
