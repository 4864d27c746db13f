/**
 * When received data is acknowledged: `icsk_ack` of `struct inet_connection_sock`, and the rules of
 * `net/ipv4/tcp_input.c`, `tcp_output.c` and `tcp_timer.c` (6.12) that read and write it. Times are whole
 * jiffies, as in the kernel; a jiffy is counted from the event that set the time, not from a tick.
 *
 * Left out: segments that arrive as one (GRO), compressed ACKs, DCTCP, SACK's jitter in the segment's size.
 */
import { HZ } from '../profile.ts';
import { JIFFY_us, TCP_DELACK_MAX } from './rto-min.ts';

/** The least time between segments that is remembered, and the delay at first: 40 ms. */
export const TCP_ATO_MIN = HZ / 25;
/** How many ACKs are quick at most. */
export const TCP_MAX_QUICKACKS = 16;
/** RFC 9293 3.7.1: the MSS of a peer that has said nothing. */
export const TCP_MSS_DEFAULT_bytes = 536;
const TCP_MIN_MSS_bytes = 88;
/** `struct tcphdr`. */
const TCP_HEADER_bytes = 20;
const U8_MAX = 255;

/** What the rules read of the socket around them. */
export interface Receiving {
  readonly now_us: number;
  /** The window that was last offered, in bytes. */
  readonly rcv_wnd: number;
  /** The MSS that this end offered less the timestamps, in bytes. */
  readonly advmss_bytes: number;
  readonly tcp_pingpong_thresh: number;
  /** No ACK waits longer, in jiffies: `tcp_delack_max`. */
  readonly delack_max: number;
  /** The route asks for quick ACKs. */
  readonly dst_quick_ack: boolean;
  /** `icsk_rto`, in ms. */
  readonly rto_ms: number;
  /** Eight times the round-trip time, in µs, or 0. */
  readonly srtt_us: number;
}

/** What has arrived. */
export interface Arrival {
  readonly payload_bytes: number;
  readonly hasPush: boolean;
  readonly hasFin: boolean;
  /** Bytes of TCP options in its header. */
  readonly options_bytes: number;
}

/** How an arrival changed the delayed ACK engine. */
export type ArrivalRule = 'first' | 'fast' | 'average' | 'gap' | 'as before';

export class DelayedAck {
  /** How many ACKs may still be sent at once. */
  quick = 0;
  /** Replies sent soon after a segment; from `tcp_pingpong_thresh` on the session counts as interactive. */
  pingpong = 0;
  /** The delay, in jiffies; 0 before any data. */
  ato = 0;
  /** What the peer's full segments seem to hold, in bytes. */
  rcv_mss = TCP_MSS_DEFAULT_bytes;
  /** ICSK_ACK_SCHED: something is to be acknowledged. */
  isScheduled = false;
  /** ICSK_ACK_NOW. */
  isNow = false;
  /** When the delayed ACK is due, in µs, or null (ICSK_ACK_TIMER). */
  timeout_us: number | null = null;
  #last_seg_size = 0;
  /** ICSK_ACK_PUSHED and ICSK_ACK_PUSHED2: small segments since the last ACK, up to two. */
  #pushed = 0;
  /** When data last came, or the connection was up, in µs. */
  lrcvtime_us = 0;
  readonly #sk: Receiving;

  constructor(sk: Receiving) {
    this.#sk = sk;
  }

  /** `inet_csk_in_pingpong_mode`. */
  get inPingpongMode(): boolean {
    return this.pingpong >= this.#sk.tcp_pingpong_thresh;
  }

  /** The route has `quickack 1`. */
  get isAskedByRoute(): boolean {
    return this.#sk.dst_quick_ack;
  }

  /** `tcp_in_quickack_mode`. */
  get inQuickackMode(): boolean {
    return this.isAskedByRoute || (this.quick > 0 && !this.inPingpongMode);
  }

  /** Since data last came, in jiffies. */
  get sinceReceived(): number {
    return Math.floor((this.#sk.now_us - this.lrcvtime_us) / JIFFY_us);
  }

  /** The connection is up: `tcp_initialize_rcv_mss`, and `lrcvtime` begins. @param mss_bytes of this end */
  established(mss_bytes: number): void {
    const { advmss_bytes, rcv_wnd, now_us } = this.#sk;
    const hint = Math.min(advmss_bytes, mss_bytes, Math.floor(rcv_wnd / 2), TCP_MSS_DEFAULT_bytes);
    this.rcv_mss = Math.max(hint, TCP_MIN_MSS_bytes);
    this.lrcvtime_us = now_us;
  }

  /** Data has arrived in order: `tcp_event_data_recv`. */
  dataReceived(arrival: Arrival): ArrivalRule {
    this.isScheduled = true;
    this.#measure(arrival);
    const m = this.sinceReceived;
    const rto = Math.round((this.#sk.rto_ms * HZ) / 1000);
    let rule: ArrivalRule = 'as before';
    if (this.ato === 0) {
      this.#addQuick();
      this.ato = TCP_ATO_MIN;
      rule = 'first';
    } else if (m <= TCP_ATO_MIN / 2) {
      this.ato = (this.ato >> 1) + TCP_ATO_MIN / 2;
      rule = 'fast';
    } else if (m < this.ato) {
      this.ato = Math.min((this.ato >> 1) + m, rto, TCP_DELACK_MAX);
      rule = 'average';
    } else if (m >= rto) {
      // The kernel asks for more than the RTO. A timer of exactly that length is a tick late there, and on time here.
      this.#addQuick();
      rule = 'gap';
    }
    this.lrcvtime_us = this.#sk.now_us;
    return rule;
  }

  /** Data leaves: `tcp_event_data_sent`. @returns whether it counts as a reply */
  dataSent(): boolean {
    const isReply = this.sinceReceived < this.ato;
    if (isReply) this.pingpong = Math.min(this.pingpong + 1, U8_MAX);
    return isReply;
  }

  /** An ACK leaves, alone or on data: `tcp_event_ack_sent`, `tcp_dec_quickack_mode`. */
  ackSent(): void {
    if (this.quick > 0 && this.isScheduled) {
      this.quick--;
      if (this.quick === 0) this.ato = TCP_ATO_MIN;
    }
    this.isScheduled = false;
    this.isNow = false;
    this.timeout_us = null;
    this.#pushed = 0;
  }

  /** `tcp_enter_quickack_mode`: after what looks like loss. */
  enterQuickackMode(): void {
    this.#addQuick();
    this.pingpong = 0;
    this.ato = TCP_ATO_MIN;
  }

  /** The peer has closed its side: `tcp_fin`, `inet_csk_enter_pingpong_mode`. */
  enterPingpongMode(): void {
    this.pingpong = this.#sk.tcp_pingpong_thresh;
  }

  /** TCP_QUICKACK, on or off: `__tcp_sock_set_quickack`; what waits is then looked at as if it had been read. */
  setQuickack(on: boolean): void {
    if (!on) this.enterPingpongMode();
    else {
      this.pingpong = 0;
      if (this.isScheduled) this.#pushed = Math.max(this.#pushed, 1);
    }
  }

  /** How long an ACK may wait from now on, in jiffies: `tcp_send_delayed_ack`. */
  get delay(): number {
    return Math.min(this.wanted, this.#sk.delack_max);
  }

  /** The same before the cap. */
  get wanted(): number {
    let { ato } = this;
    if (ato > TCP_ATO_MIN) {
      const { srtt_us } = this.#sk;
      let max_ato = this.inPingpongMode || this.#pushed > 0 ? TCP_DELACK_MAX : HZ / 2;
      if (srtt_us) max_ato = Math.min(max_ato, Math.max(Math.ceil((srtt_us >> 3) / JIFFY_us), TCP_ATO_MIN));
      ato = Math.min(ato, max_ato);
    }
    return ato;
  }

  /** The delay as `tcp_get_info` tells it: `tcpi_ato`, in jiffies. */
  get tcpi_ato(): number {
    return Math.min(this.ato, this.#sk.delack_max);
  }

  /**
   * Sets the timer, or leaves an earlier one: the other half of `tcp_send_delayed_ack`.
   * @returns false when the earlier one is so near that the ACK goes out now
   */
  setTimer(): boolean {
    const { now_us } = this.#sk;
    const timeout_us = now_us + this.delay * JIFFY_us;
    if (this.timeout_us !== null) {
      if (this.timeout_us <= now_us + (this.delay >> 2) * JIFFY_us) return false;
      if (timeout_us >= this.timeout_us) return true;
    }
    this.isScheduled = true;
    this.timeout_us = timeout_us;
    return true;
  }

  /** The timer has fired, and nobody has taken the ACK along: `tcp_delack_timer_handler`. */
  missed(): 'left pingpong mode' | 'waits longer' {
    if (this.inPingpongMode) {
      this.pingpong = 0;
      this.ato = TCP_ATO_MIN;
      return 'left pingpong mode';
    }
    this.ato = Math.min(this.ato << 1, Math.round((this.#sk.rto_ms * HZ) / 1000), TCP_DELACK_MAX);
    return 'waits longer';
  }

  /** Whether a program that has read all there was has the ACK sent: the questions of `tcp_cleanup_rbuf`. */
  acksAfterRead(unacknowledged_bytes: number, isEmpty: boolean): boolean {
    if (!this.isScheduled) return false;
    if (unacknowledged_bytes > this.rcv_mss) return true;
    return isEmpty && (this.#pushed > 1 || (this.#pushed > 0 && !this.inPingpongMode));
  }

  /** `tcp_measure_rcv_mss`. */
  #measure({ payload_bytes, hasPush, hasFin, options_bytes }: Arrival): void {
    const last_seg_size = this.#last_seg_size;
    this.#last_seg_size = 0;
    const len = payload_bytes;
    if (len >= this.rcv_mss) {
      this.rcv_mss = Math.min(len, this.#sk.advmss_bytes);
      if (hasPush) this.#pushed = Math.max(this.#pushed, 1);
      return;
    }
    const withHeader = len + TCP_HEADER_bytes + options_bytes;
    const mayBeFull = withHeader >= TCP_MIN_MSS_bytes + TCP_HEADER_bytes && !hasPush && !hasFin;
    if (withHeader >= TCP_MSS_DEFAULT_bytes + TCP_HEADER_bytes || mayBeFull) {
      this.#last_seg_size = len;
      if (len === last_seg_size) {
        this.rcv_mss = len;
        return;
      }
    }
    this.#pushed = Math.min(this.#pushed + 1, 2);
  }

  /** `tcp_incr_quickack`. */
  #addQuick(): void {
    const quickacks = Math.floor(this.#sk.rcv_wnd / (2 * this.rcv_mss)) || 2;
    this.quick = Math.max(this.quick, Math.min(quickacks, TCP_MAX_QUICKACKS));
  }
}
