/**
 * What is left of a connection that has closed first: `struct inet_timewait_sock`, a small record with a timer
 * in place of a socket, so that thousands of them cost little. It has no actor; the statechart's definition
 * says where an event leads. `net/ipv4/tcp_minisocks.c`.
 *
 * Left out: PAWS, `tcp_rfc1337`, `tcp_max_tw_buckets`.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import type { Cookie, TcpState, TcpStateName } from '../../machine/state.ts';
import type { Endpoint, Segment } from '../../network/packet.ts';
import { and, type Decision, or, type Reason, reasonOf } from '../../trace/decision.ts';
import type { Source } from '../../trace/history.ts';
import { recordState } from './record-state.ts';
import type { Sequence } from './sequence.ts';
import { transitionOf } from './transitions.ts';

/** sysctl `tcp_invalid_ratelimit`, its default. */
export const TCP_INVALID_RATELIMIT_us = 500_000;

/** `TCP_TIMEWAIT_LEN`. */
export const TCP_TIMEWAIT_LEN_ms = 60_000;

/** What the connection leaves to its record. */
export interface Remains {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** FIN_WAIT2 for an orphan whose peer has not closed, or TIME_WAIT. */
  readonly cookie: Cookie;
  readonly substate: 'FIN_WAIT2' | 'TIME_WAIT';
  readonly snd: Sequence;
  readonly rcv: Sequence;
  readonly snd_nxt: number;
  readonly rcv_nxt: number;
  readonly rcv_wnd: number;
  /** The peer's last timestamp, or null where the connection had none. */
  readonly ts_recent: number | null;
}

/** What the host is to do about a segment: `enum tcp_tw_status`. */
export type TimeWaitVerdict = 'TCP_TW_SUCCESS' | 'TCP_TW_RST' | 'TCP_TW_ACK' | 'TCP_TW_SYN';

/** What `tcp_timewait_state_process` asks. `paws_reject` is never true here. */
const OUT_OF_WINDOW = or(
  'tcp_timewait_state_process:in-window',
  [
    ['paws_reject', false],
    ['!tcp_in_window(', true],
  ],
  'an ACK says what is wanted',
);
const KILLED = and(
  'tcp_timewait_state_process:rst',
  [['!READ_ONCE(twsk_net(tw)->ipv4.sysctl_tcp_rfc1337)', true]],
  'the record is gone',
);
const whyAgain = (hasAck: boolean): Decision =>
  or(
    'tcp_timewait_state_process:again',
    [
      ['paws_reject', false],
      ['th->ack', hasAck],
    ],
    hasAck ? 'the minute begins again, and an ACK goes out' : 'an ACK goes out',
  );
const whyFin = (isFin: boolean, isElsewhere: boolean): Decision =>
  or(
    'tcp_timewait_state_process:is-fin',
    [
      ['!th->fin', !isFin],
      ['TCP_SKB_CB(skb)->end_seq != rcv_nxt + 1', isElsewhere],
    ],
    isFin && !isElsewhere ? 'the record goes to TIME_WAIT' : 'a reset answers it',
  );

export class TimeWait implements Source<TcpState> {
  readonly cookie: Cookie;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** FIN_WAIT2, TIME_WAIT or CLOSE. */
  tw_substate: TcpStateName;
  readonly #remains: Remains;
  readonly #clock: VirtualClock;
  readonly #onState: (record: TimeWait, from: string, why: Reason) => void;
  #rcv_nxt: number;
  #timer: ReturnType<VirtualClock['after']> | undefined;
  /** Called when nothing of it is left, and when its time begins anew. */
  onEnd: () => void = () => {};
  onRestart: () => void = () => {};
  set_us = 0;
  due_us = 0;
  #last_oow_us = Number.NEGATIVE_INFINITY;

  /** @param timeout_ms how long it is kept @param onState is told of each change of `tw_substate` */
  constructor(
    remains: Remains,
    timeout_ms: number,
    clock: VirtualClock,
    onState: (record: TimeWait, from: string, why: Reason) => void,
  ) {
    this.cookie = remains.cookie;
    this.local = remains.local;
    this.remote = remains.remote;
    this.tw_substate = remains.substate;
    this.#remains = remains;
    this.#rcv_nxt = remains.rcv_nxt;
    this.#clock = clock;
    this.#onState = onState;
    this.#schedule(timeout_ms);
  }

  /** Sequence and acknowledgement number of an ACK that it sends, 32 bits, and the peer's last timestamp. */
  get answer(): { seq: number; ack: number; ts_recent: number | null } {
    const { snd, rcv, snd_nxt, ts_recent } = this.#remains;
    return { seq: snd.wire(snd_nxt), ack: rcv.wire(this.#rcv_nxt), ts_recent };
  }

  /** What decided the verdict on the last segment, or null where nothing was noted. */
  why: Decision | null = null;

  /** A segment for it: `tcp_timewait_state_process`. */
  receive(segment: Segment): TimeWaitVerdict {
    this.why = null;
    return this.tw_substate === 'FIN_WAIT2' ? this.#inFinWait2(segment) : this.#inTimeWait(segment);
  }

  #inFinWait2(segment: Segment): TimeWaitVerdict {
    const { seq, end_seq, isSyn, isRst, isFin, hasAck } = this.#read(segment);
    const rcv_nxt = this.#rcv_nxt;
    const window_end = rcv_nxt + this.#remains.rcv_wnd;
    const isInWindow =
      seq === rcv_nxt
        ? true
        : end_seq > rcv_nxt && seq < window_end
          ? true
          : seq === window_end && seq === end_seq;
    if (!isInWindow) return this.#acknowledge(OUT_OF_WINDOW);
    if (isRst) return this.#leave({ mark: 'tcp_timewait_state_process:rst' });
    if (isSyn && seq >= rcv_nxt) return 'TCP_TW_RST';
    if (!hasAck || end_seq <= rcv_nxt || end_seq === seq) return 'TCP_TW_SUCCESS';
    this.why = whyFin(isFin, end_seq !== rcv_nxt + 1);
    if (!isFin || end_seq !== rcv_nxt + 1) return 'TCP_TW_RST';
    this.#rcv_nxt = end_seq;
    this.#move('FIN', reasonOf(this.why, 'tcp_timewait_state_process:time-wait'));
    this.#schedule(TCP_TIMEWAIT_LEN_ms);
    return 'TCP_TW_ACK';
  }

  #inTimeWait(segment: Segment): TimeWaitVerdict {
    const { seq, end_seq, isSyn, isRst, hasAck } = this.#read(segment);
    if (seq === this.#rcv_nxt && (seq === end_seq || isRst)) {
      if (isRst) return this.#leave(reasonOf(KILLED));
      this.#schedule(TCP_TIMEWAIT_LEN_ms);
      return 'TCP_TW_SUCCESS';
    }
    const { ts_recent } = this.#remains;
    const isNewer =
      seq > this.#rcv_nxt ||
      (ts_recent !== null && segment.timestamps !== null && ((ts_recent - segment.timestamps.value) | 0) < 0);
    if (isSyn && !isRst && !hasAck && isNewer) return 'TCP_TW_SYN';
    if (isRst) return 'TCP_TW_SUCCESS';
    if (hasAck) this.#schedule(TCP_TIMEWAIT_LEN_ms);
    return this.#acknowledge(whyAgain(hasAck));
  }

  /** The record is dropped: a new connection takes its place. */
  drop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  /** `tcp_timewait_check_oow_rate_limit`: an ACK, but for one that follows another too soon. */
  #acknowledge(why: Decision): TimeWaitVerdict {
    if (this.#clock.now_us - this.#last_oow_us < TCP_INVALID_RATELIMIT_us) return 'TCP_TW_SUCCESS';
    this.#last_oow_us = this.#clock.now_us;
    this.why = why;
    return 'TCP_TW_ACK';
  }

  #leave(why: Reason): TimeWaitVerdict {
    this.drop();
    this.#move('RST', why);
    return 'TCP_TW_SUCCESS';
  }

  /** @param why where a record comes to it on another line than a socket, or knows more */
  #move(event: string, why?: Reason): void {
    const from = this.tw_substate;
    const transition = transitionOf(from, event);
    if (!transition) return;
    this.tw_substate = transition.to as TcpStateName;
    this.#onState(this, from, why ?? { mark: transition.mark });
  }

  #schedule(timeout_ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.set_us = this.#clock.now_us;
    this.due_us = this.#clock.now_us + timeout_ms * 1000;
    this.#timer = this.#clock.after(timeout_ms * 1000, () => this.#move('timeout'));
    this.onRestart();
  }

  state(): TcpState {
    return recordState(this, this.tw_substate, {
      name: 'timewait',
      set_us: this.set_us,
      due_us: this.due_us,
      retransmits: 0,
    });
  }

  #read({ seq, flags, payload_bytes }: Segment) {
    const start = this.#remains.rcv.position(seq, this.#rcv_nxt);
    const isSyn = flags.includes('SYN');
    const isFin = flags.includes('FIN');
    return {
      seq: start,
      end_seq: start + payload_bytes + (isSyn ? 1 : 0) + (isFin ? 1 : 0),
      isSyn,
      isFin,
      isRst: flags.includes('RST'),
      hasAck: flags.includes('ACK'),
    };
  }
}
