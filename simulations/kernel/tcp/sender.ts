/**
 * The sending half of a connection: `net/ipv4/tcp_output.c`, and the half of `tcp_input.c` that reads ACKs.
 *
 * Left out: segmentation offload (TSO, GSO), SACK, RACK, what a tail loss probe finds out, pacing, small queues, MTU probing, the
 * smaller MSS for a peer with a small window (`tcp_bound_to_half_wnd`).
 */
import { duration, ordinal } from '../../engine/duration.ts';
import type { Sysctls } from '../../machine/sysctl.ts';
import { and, comparison, type Decision, reasonOf, type Why } from '../../trace/decision.ts';
import type { Details, EventKind, KernelMark } from '../../trace/event.ts';
import type { Counted } from '../counters.ts';
import type { Errno } from '../errno.ts';
import { CongestionWindow, TCP_INIT_CWND } from './congestion.ts';
import { type NagleVerdict, TCP_NAGLE_CORK, TCP_NAGLE_OFF, TCP_NAGLE_PUSH, tcp_nagle_test } from './nagle.ts';
import {
  clampToUserTimeout,
  retransmits_timed_out,
  TCP_RTO_MAX_ms,
  tcp_model_timeout,
} from './retransmission.ts';
import { JIFFY_us, TCP_TIMEOUT_MIN, usecs_to_jiffies } from './rto-min.ts';
import { RttEstimator, TCP_RTO_MIN_ms } from './rtt.ts';
import { bytesOf, SendQueue, type Sent } from './send-queue.ts';

const RECOVERS = 'tcp_fastretrans_alert:recover';

/** Duplicate ACKs that count as a loss: `TCP_FASTRETRANS_THRESH`, and sysctl `tcp_reordering`, its default. */
const TCP_FASTRETRANS_THRESH = 3;

/** sysctl `tcp_wmem`: the send buffer at first, and the most that it grows to, in bytes. */
const TCP_WMEM_bytes = { default: 16_384, most: 4_194_304 };
/** `struct sk_buff` and `struct skb_shared_info`, aligned, and the room for headers, in bytes. */
const SK_BUFF_bytes = 256;
const SHARED_INFO_bytes = 320;
const MAX_TCP_HEADER_bytes = 320;
/** What a segment in the send buffer takes beside its data: `SKB_TRUESIZE` of a small head. */
const SKB_TRUESIZE_bytes = 384 + SK_BUFF_bytes + SHARED_INFO_bytes;

/** What keeps unsent data back. */
export type Hold = 'Nagle' | 'cork' | 'window';

/** What the sender asks of the socket around it. */
export interface SenderSocket {
  readonly now_us: number;
  readonly sysctl: Pick<
    Sysctls,
    'tcp_retries2' | 'tcp_orphan_retries' | 'tcp_slow_start_after_idle' | 'tcp_early_retrans'
  >;
  /** The least RTO, in µs: `tcp_rto_min_us`. */
  readonly rto_min_us: number;
  readonly counters: Pick<Counted, 'add'>;
  readonly rx_opt: { readonly sack: boolean };
  readonly icsk_user_timeout_ms: number;
  sk_err_soft: Errno | null;
  /** No program holds the socket any more: `SOCK_DEAD`. */
  readonly isOrphan: boolean;
  readonly counts: { bytes_acked: number; last_ack_recv_us: number };
  readonly outgoing: {
    /** Puts a segment on the wire. */
    transmitData(sent: Sent, says: string, why: Why): void;
    /** A bare ACK with a sequence number that has been used: the window probe. */
    transmitProbe(says: string, why: Why): void;
  };
  /** The statechart, which runs the timer. */
  readonly chart: {
    setTimer(timer_ms: number, kind: 'retransmission' | 'probe'): void;
    clearTimer(): void;
    /** The timer has fired, as the event recorded last says. */
    timerEnded(): void;
  };
  readonly holding: {
    /** What keeps data back, after a try to send. @param hasSent whether anything left in that try */
    holds(hold: Hold | null, bytes: number, verdict: NagleVerdict | null, hasSent: boolean): void;
  };
  readonly diag: { record<K extends EventKind>(kind: K, says: string, rest: Details<K>): void };
  /** Room in the send buffer, or the end of it. */
  changed(): void;
}

/** An ACK as the sender reads it; positions. */
export interface Acknowledgement {
  readonly ack: number;
  readonly seq: number;
  readonly window_bytes: number;
  /** Whether it came with data or a FIN. */
  readonly hasData: boolean;
  /** The round trip that its echoed timestamp tells, in µs, or null. */
  readonly echo_us: number | null;
}

/** What became of an ACK. */
export type AckResult = 'advanced' | 'old' | 'duplicate' | 'not sent yet';

export class Sender {
  readonly queue = new SendQueue();
  readonly rtt: RttEstimator;
  readonly congestion = new CongestionWindow();
  /** Data in a full segment, in bytes: the MSS less the timestamps. */
  mss_bytes = 1448;
  /** The window that the peer offers, in bytes. */
  snd_wnd = 0;
  /** `TCP_NAGLE_*`. */
  nonagle = 0;
  /** Where the last segment smaller than the MSS ended. */
  snd_sml = 0;
  icsk_retransmits = 0;
  icsk_backoff = 0;
  /** Window probes since the last answer. */
  icsk_probes_out = 0;
  /** What unacknowledged and unsent segments may take together, with what they cost beside their data. */
  sk_sndbuf_bytes: number = TCP_WMEM_bytes.default;
  /** SO_SNDBUF has set it, so that it does not grow: SOCK_SNDBUF_LOCK. */
  #isBufferLocked = false;
  /** What keeps unsent data back, or null. */
  hold: Hold | null = null;
  #retrans_stamp_us: number | null = null;
  #lsndtime_us = 0;
  #snd_wl1 = 0;
  /** The largest window that the peer has offered. */
  #max_window = 0;
  #dupacks = 0;
  /** While a loss is being repaired: where sending stood when it was noticed. */
  #high_seq: number | null = null;
  /** The timer has noticed it, not the third duplicate ACK. */
  #isAfterTimeout = false;
  /** Which timer the statechart runs for this sender. */
  #pending: 'retransmission' | 'loss probe' | 'probe' | null = null;
  /** Where sending stood when a tail loss probe left that nothing has answered yet, or null. */
  #tlp_high_seq: number | null = null;
  readonly #sk: SenderSocket;

  constructor(sk: SenderSocket) {
    this.#sk = sk;
    this.rtt = new RttEstimator(() => sk.rto_min_us);
  }

  /** `icsk_rto` with its backoff, in ms. */
  get icsk_rto_ms(): number {
    return Math.min(this.rtt.rto_ms * 2 ** this.icsk_backoff, TCP_RTO_MAX_ms);
  }

  get packets_out(): number {
    return this.queue.sent.length;
  }

  /**
   * Whether the congestion window is full, and not the peer's. A duplicate ACK says that a segment has left the network,
   * so each of the first two lets a new one out: limited transmit (RFC 3042, `tcp_add_reno_sack`).
   */
  get isCongested(): boolean {
    const left = this.#high_seq === null ? Math.min(this.#dupacks, Math.max(0, this.packets_out - 1)) : 0;
    return this.packets_out - left >= this.congestion.snd_cwnd;
  }

  /** What the segments in the send buffer take: `sk_wmem_queued`. */
  get wmem_queued(): number {
    const { write_seq, snd_una, unsent_bytes } = this.queue;
    const segments = this.packets_out + Math.ceil(unsent_bytes / this.mss_bytes);
    return write_seq - snd_una + segments * SKB_TRUESIZE_bytes;
  }

  /** Room for a program's bytes: a last segment is filled, and new ones begin until the buffer is full. */
  get room_bytes(): number {
    const tail_bytes = this.queue.unsent_bytes % this.mss_bytes;
    const fill_bytes = tail_bytes === 0 ? 0 : this.mss_bytes - tail_bytes;
    const free = this.sk_sndbuf_bytes - this.wmem_queued - fill_bytes;
    return fill_bytes + Math.max(0, Math.ceil(free / (this.mss_bytes + SKB_TRUESIZE_bytes))) * this.mss_bytes;
  }

  /** A sleeping writer is woken when a third is free: `sk_stream_is_writeable`. */
  get isWriteable(): boolean {
    return this.sk_sndbuf_bytes - this.wmem_queued >= this.wmem_queued >> 1;
  }

  /** SO_SNDBUF, in bytes as they are counted. */
  setBuffer(bytes: number): void {
    this.sk_sndbuf_bytes = bytes;
    this.#isBufferLocked = true;
    this.#sk.changed();
  }

  /** Takes over what a program has set at the listener. */
  inherit({ nonagle, sk_sndbuf_bytes, isBufferLocked }: Sender): void {
    this.nonagle = nonagle;
    this.sk_sndbuf_bytes = sk_sndbuf_bytes;
    this.#isBufferLocked = isBufferLocked;
  }

  get isBufferLocked(): boolean {
    return this.#isBufferLocked;
  }

  /** The buffer holds twice the congestion window: `tcp_sndbuf_expand`. */
  #expandBuffer(): void {
    if (this.#isBufferLocked) return;
    const rounded = 2 ** Math.ceil(Math.log2(this.mss_bytes + MAX_TCP_HEADER_bytes + SHARED_INFO_bytes));
    const segments = Math.max(TCP_INIT_CWND, this.congestion.snd_cwnd);
    const wanted = 2 * segments * (rounded + SK_BUFF_bytes);
    this.sk_sndbuf_bytes = Math.max(this.sk_sndbuf_bytes, Math.min(wanted, TCP_WMEM_bytes.most));
  }

  /** The handshake is over. @param window_bytes the peer's @param seq of the segment that ended it */
  established(window_bytes: number, seq: number): void {
    this.queue.begin();
    this.snd_sml = 1;
    this.snd_wnd = this.#max_window = window_bytes;
    this.#snd_wl1 = seq;
    this.#lsndtime_us = this.#sk.now_us;
    this.#expandBuffer();
  }

  /**
   * A program's bytes: `tcp_sendmsg_locked`, which sends each segment when it is full.
   * @param more MSG_MORE @param isPart the same call has more, when there is room
   */
  send(bytes: number, more: boolean, isPart = false): void {
    let hasSent = false;
    if (bytes > 0) {
      this.#restartAfterIdle();
      this.nonagle &= ~TCP_NAGLE_PUSH;
      for (let left = bytes; left > 0; ) {
        const room_bytes = this.mss_bytes - (this.queue.unsent_bytes % this.mss_bytes);
        const taken = Math.min(room_bytes, left);
        this.queue.append(taken);
        left -= taken;
        if (taken < room_bytes || (left === 0 && !isPart)) continue;
        if (this.#isPushForced) this.queue.markPush();
        else if (this.queue.unsent_bytes > this.mss_bytes) continue;
        hasSent = this.#xmit(TCP_NAGLE_PUSH).hasSent || hasSent;
      }
      if (!more || this.#isPushForced) this.queue.markPush();
    }
    this.push(isPart ? TCP_NAGLE_PUSH : more ? TCP_NAGLE_CORK : this.nonagle, hasSent);
  }

  /** More than half the peer's largest window has been written since the last PSH: `forced_push`. */
  get #isPushForced(): boolean {
    return this.queue.write_seq > this.queue.pushed_seq + (this.#max_window >> 1);
  }

  /** TCP_NODELAY: `__tcp_sock_set_nodelay`. */
  setNodelay(on: boolean): void {
    if (on) {
      this.nonagle |= TCP_NAGLE_OFF | TCP_NAGLE_PUSH;
      this.push();
    } else this.nonagle &= ~TCP_NAGLE_OFF;
  }

  /** TCP_CORK: `__tcp_sock_set_cork`. */
  setCork(on: boolean): void {
    if (on) {
      this.nonagle |= TCP_NAGLE_CORK;
      return;
    }
    this.nonagle &= ~TCP_NAGLE_CORK;
    if (this.nonagle & TCP_NAGLE_OFF) this.nonagle |= TCP_NAGLE_PUSH;
    this.push();
  }

  /** `tcp_send_fin`: the FIN rides on unsent data, and takes it past Nagle's rule. */
  sendFin(): void {
    this.queue.appendFin();
    this.push(TCP_NAGLE_OFF);
  }

  /**
   * Sends what may leave, and says what stays: `__tcp_push_pending_frames`.
   * @param nonagle the bits for this once @param hadSent whether something has left in the same call
   */
  push(nonagle = this.nonagle, hadSent = false): void {
    const { hold, verdict, hasSent } = this.#xmit(nonagle);
    this.hold = hold;
    this.#sk.holding.holds(hold, this.queue.unsent_bytes, verdict, hasSent || hadSent);
    if (this.queue.hasUnsent && this.packets_out === 0 && this.#pending === null)
      this.#setTimer(Math.max(this.icsk_rto_ms, TCP_RTO_MIN_ms), 'probe');
  }

  /** `tcp_write_xmit`. */
  #xmit(nonagle: number): { hold: Hold | null; verdict: NagleVerdict | null; hasSent: boolean } {
    let hold: Hold | null = null;
    let verdict: NagleVerdict | null = null;
    let hasSent = false;
    while (this.queue.hasUnsent) {
      const { unsent_bytes, isFinUnsent, snd_nxt, snd_una } = this.queue;
      const bytes = Math.min(unsent_bytes, this.mss_bytes);
      const isLast = bytes === unsent_bytes;
      const needed_bytes = bytes + (isLast && isFinUnsent ? 1 : 0);
      const isFull = this.isCongested || snd_nxt + needed_bytes > snd_una + this.snd_wnd;
      if (isFull) {
        hold = 'window';
        break;
      }
      const candidate = { bytes, mss_bytes: this.mss_bytes, hasFin: isLast && isFinUnsent };
      verdict = tcp_nagle_test(candidate, this.#nagleState(), isLast ? nonagle : TCP_NAGLE_PUSH);
      hold = verdict.holds;
      if (hold) break;
      this.#transmit(this.queue.take(bytes, this.#sk.now_us), verdict);
      hasSent = true;
    }
    this.congestion.validate(this.packets_out, this.queue.snd_una, this.queue.snd_nxt);
    if (hasSent) this.#scheduleLossProbe(this.#sinceOldest_us);
    return { hold, verdict, hasSent };
  }

  #nagleState() {
    const { snd_una, snd_nxt } = this.queue;
    return { packets_out: this.packets_out, snd_sml: this.snd_sml, snd_una, snd_nxt };
  }

  #transmit(sent: Sent, verdict: NagleVerdict | null): void {
    const bytes = bytesOf(sent);
    const isFirst = this.queue.sent.length === 1;
    if (bytes % this.mss_bytes !== 0) this.snd_sml = sent.end_seq;
    this.#lsndtime_us = this.#sk.now_us;
    const what = bytes ? `${bytes} bytes${sent.hasFin ? ' and the FIN' : ''} go out` : 'The FIN goes out';
    const why = verdict && bytes ? `: ${verdict.because}` : '';
    this.#sk.outgoing.transmitData(
      sent,
      `${what}${why}.`,
      verdict ? reasonOf(verdict.decision) : 'tcp_write_xmit:transmit',
    );
    if (isFirst || this.#pending === 'loss probe') this.#rearm();
  }

  /** `tcp_rearm_rto`. */
  #rearm(): void {
    if (this.queue.sent.length === 0) {
      this.#pending = null;
      this.#sk.chart.clearTimer();
    } else this.#setTimer(this.icsk_rto_ms, 'retransmission');
  }

  #setTimer(timer_ms: number, kind: 'retransmission' | 'loss probe' | 'probe'): void {
    this.#pending = kind;
    this.#sk.chart.setTimer(timer_ms, kind === 'probe' ? 'probe' : 'retransmission');
  }

  /** Since the oldest segment that is not acknowledged was sent, in µs. */
  get #sinceOldest_us(): number {
    const { now_us } = this.#sk;
    return now_us - (this.queue.sent[0]?.sent_us ?? now_us);
  }

  /**
   * Sets the one timer for a probe of what may have got lost at the end: two round trips after it was sent, and behind a
   * single segment as long again as its ACK may be delayed. `tcp_schedule_loss_probe`.
   * Round trips are ideal here, and a real one is longer: the times are rounded up as if they were.
   * @param since_us what has passed of the time after which the retransmission timer is due
   */
  #scheduleLossProbe(since_us: number): void {
    const isOpen = this.#high_seq === null && this.#dupacks === 0;
    if (this.#sk.sysctl.tcp_early_retrans < 3 || !this.#sk.rx_opt.sack) return;
    if (this.packets_out === 0 || !isOpen || this.rtt.srtt_us === 0) return;
    const least_us = this.packets_out === 1 ? this.#sk.rto_min_us : TCP_TIMEOUT_MIN * JIFFY_us;
    const timeout = usecs_to_jiffies((this.rtt.srtt_us >> 2) + least_us + 1);
    const rto = usecs_to_jiffies(this.rtt.rto_us + 1) - Math.floor(since_us / JIFFY_us);
    this.#setTimer(((rto > 0 ? Math.min(timeout, rto) : timeout) * JIFFY_us) / 1000, 'loss probe');
  }

  /** Whether the timer that is set, or has just fired, is that of a tail loss probe. */
  get isLossProbe(): boolean {
    return this.#pending === 'loss probe';
  }

  /**
   * The timer of a tail loss probe has fired: what waits in the socket goes out, whatever Nagle's rule and the congestion
   * window say, or else the last segment goes out again. `tcp_send_loss_probe`.
   * @param waited_ms how long the timer was set for
   */
  lossProbe(waited_ms: number): void {
    this.#pending = null;
    const { queue } = this;
    const bytes = Math.min(queue.unsent_bytes, this.mss_bytes);
    const hasNew = queue.hasUnsent && queue.snd_nxt + bytes <= queue.snd_una + this.snd_wnd;
    const mark = hasNew ? 'tcp_send_loss_probe:new' : 'tcp_send_loss_probe:again';
    this.#sk.diag.record(
      'timer-fired',
      `No ACK for ${duration(waited_ms * 1000)}: *the timer of the tail loss probe fires*.`,
      { mark, beat: true },
    );
    this.#sk.chart.timerEnded();
    const last = queue.sent.at(-1);
    if (this.#tlp_high_seq === null && last) {
      if (hasNew) this.#sendProbe(bytes);
      else this.#resend(last, mark);
      this.#tlp_high_seq = queue.snd_nxt;
      this.#sk.counters.add('TcpExtTCPLossProbes');
    }
    this.#rearm();
  }

  #sendProbe(bytes: number): void {
    const { queue } = this;
    const wasHeld = this.hold;
    const sent = queue.take(bytes, this.#sk.now_us);
    this.#lsndtime_us = this.#sk.now_us;
    if (bytes % this.mss_bytes !== 0) this.snd_sml = sent.end_seq;
    this.#sk.outgoing.transmitData(
      sent,
      `*${bytes} bytes* go out as the probe, whatever kept them.`,
      'tcp_send_loss_probe:new',
    );
    this.hold = queue.hasUnsent ? wasHeld : null;
    this.#sk.holding.holds(this.hold, queue.unsent_bytes, null, true);
  }

  /** An ACK arrives: `tcp_ack`. */
  acknowledged({ ack, seq, window_bytes, hasData, echo_us }: Acknowledgement): AckResult {
    const { snd_una, snd_nxt } = this.queue;
    if (ack > snd_nxt) return 'not sent yet';
    if (ack < snd_una) return 'old';
    this.#sk.sk_err_soft = null;
    this.icsk_probes_out = 0;
    this.#sk.counts.last_ack_recv_us = this.#sk.now_us;
    this.#sk.counts.bytes_acked += ack - snd_una;
    const isUpdate = this.#updateWindow(ack, seq, window_bytes);
    if (this.packets_out === 0) {
      this.#answeredProbe();
      return ack > snd_una ? 'advanced' : 'old';
    }
    if (ack === snd_una) {
      if (!hasData && !isUpdate) this.#duplicate();
      return 'duplicate';
    }
    const done = this.queue.acknowledge(ack);
    this.#measure(done, echo_us);
    if (this.#tlp_high_seq !== null && ack >= this.#tlp_high_seq) this.#tlp_high_seq = null;
    this.#repaired(ack, done.length);
    this.#rearm();
    this.#scheduleLossProbe(0);
    if (!this.isCongested) this.#expandBuffer();
    this.#sk.changed();
    return 'advanced';
  }

  /** `tcp_may_update_window`. */
  #updateWindow(ack: number, seq: number, window_bytes: number): boolean {
    const isNewer =
      ack > this.queue.snd_una ||
      seq > this.#snd_wl1 ||
      (seq === this.#snd_wl1 && (window_bytes > this.snd_wnd || window_bytes === 0));
    if (!isNewer) return false;
    const isChange = window_bytes !== this.snd_wnd;
    this.#snd_wl1 = seq;
    this.snd_wnd = window_bytes;
    this.#max_window = Math.max(this.#max_window, window_bytes);
    return isChange;
  }

  /** `tcp_ack_probe`: with nothing in flight an ACK answers a probe, or comes by itself. */
  #answeredProbe(): void {
    if (!this.queue.hasUnsent) return;
    if (this.queue.write_seq <= this.queue.snd_una + this.snd_wnd) {
      this.icsk_backoff = 0;
      if (this.#pending === 'probe') {
        this.#pending = null;
        this.#sk.chart.clearTimer();
      }
    } else this.#setTimer(this.#probe_ms(), 'probe');
  }

  /** `tcp_probe0_when`. */
  #probe_ms(): number {
    const base_ms = Math.max(this.rtt.rto_ms, TCP_RTO_MIN_ms);
    return Math.min(base_ms * 2 ** this.icsk_backoff, TCP_RTO_MAX_ms);
  }

  /** Karn: what was sent twice gives no sample, unless a timestamp tells which one is meant: `tcp_ack_update_rtt`. */
  #measure(done: readonly Sent[], echo_us: number | null): void {
    const first = done[0];
    if (!first) return;
    const isAmbiguous = done.some(({ retransmitted }) => retransmitted);
    const rtt_us = isAmbiguous ? echo_us : this.#sk.now_us - first.sent_us;
    if (rtt_us === null) return;
    this.rtt.sample(rtt_us, this.queue.snd_una, this.queue.snd_nxt);
    // RFC 6298: only a sample ends the backoff.
    this.icsk_backoff = 0;
  }

  #duplicate(): void {
    this.#dupacks++;
    if (this.#dupacks !== TCP_FASTRETRANS_THRESH || this.#high_seq !== null) return;
    this.#high_seq = this.queue.snd_nxt;
    this.#isAfterTimeout = false;
    this.congestion.halve();
    this.#sk.diag.record(
      'loss-noticed',
      `The ${ordinal(TCP_FASTRETRANS_THRESH)} ACK in a row asks for the same byte: *what it asks for counts as lost*.`,
      { data: { dupacks: this.#dupacks }, ...reasonOf(this.#whyLost(), RECOVERS), beat: true },
    );
    this.#resendFirst('tcp_xmit_retransmit_queue:resend');
  }

  /**
   * Three ACKs of the same byte, each for a segment that has left the network. With SACK they say which segments those
   * were, and RACK leaves no more time for them to be only late; without it the oldest counts as lost.
   */
  #whyLost(): Decision {
    const isLost = this.#dupacks >= TCP_FASTRETRANS_THRESH;
    return comparison(
      this.#sk.rx_opt.sack ? 'tcp_rack_reo_wnd:dupacks' : 'tcp_newreno_mark_lost:dupacks',
      isLost,
      [
        ['tp->sacked_out', this.#dupacks, 'segments'],
        ['tp->reordering', TCP_FASTRETRANS_THRESH, 'segments'],
      ],
      'the oldest segment counts as lost, and goes out again at once',
    );
  }

  /** After an ACK that advanced: goes on with the repair of a loss, or grows the window. */
  #repaired(ack: number, segments: number): void {
    this.#dupacks = 0;
    this.icsk_retransmits = 0;
    if (ack === this.#high_seq && !this.#sk.rx_opt.sack) {
      // tcp_try_undo_recovery: without SACK the end is what comes behind it, so that no old duplicate begins another.
      this.#retrans_stamp_us = null;
      if (this.#isAfterTimeout) this.congestion.acknowledged(segments);
      return;
    }
    if (this.#high_seq === null || ack >= this.#high_seq) {
      this.#high_seq = null;
      this.#retrans_stamp_us = null;
      this.congestion.acknowledged(segments);
      return;
    }
    // A partial ACK: the next hole begins where it ends (RFC 6582). After a timeout the window grows again.
    if (this.queue.sent[0]?.lost) this.congestion.acknowledged(segments);
    this.#resendFirst('tcp_xmit_retransmit_queue:resend');
    for (const sent of this.queue.sent.slice(1)) {
      if (!sent.lost || sent.retransmitted) break;
      if (this.#inFlight() >= this.congestion.snd_cwnd) break;
      this.#resend(sent, 'tcp_xmit_retransmit_queue:resend');
    }
  }

  /** `icsk_ca_state` by its number: Open, Disorder, Recovery, Loss. */
  get ca_state(): number {
    if (this.#high_seq === null) return this.#dupacks > 0 ? 1 : 0;
    return this.#isAfterTimeout ? 4 : 3;
  }

  /** Segments that count as lost, and that have been sent again. */
  get lost_out(): number {
    return this.queue.sent.filter(({ lost }) => lost).length;
  }

  get retrans_out(): number {
    return this.queue.sent.filter(({ retransmitted }) => retransmitted).length;
  }

  /** Segments that are neither lost nor acknowledged. */
  #inFlight(): number {
    return this.queue.sent.filter(({ lost, retransmitted }) => !lost || retransmitted).length;
  }

  #resendFirst(mark: KernelMark): void {
    const first = this.queue.sent[0];
    if (first) this.#resend(first, mark);
  }

  #resend(sent: Sent, mark: KernelMark): void {
    const bytes = bytesOf(sent);
    sent.sent_us = this.#sk.now_us;
    sent.retransmitted = true;
    this.#retrans_stamp_us ??= this.#sk.now_us;
    const what = bytes ? `${bytes} bytes${sent.hasFin ? ' and the FIN' : ''}` : 'The FIN';
    this.#sk.outgoing.transmitData(sent, `${what} ${bytes ? 'go' : 'goes'} out again.`, mark);
  }

  /** Whether the timer has fired once too often: `tcp_write_timeout` for a connection that was up. */
  expired(): boolean {
    if (this.isLossProbe) return false;
    const { icsk_retransmits } = this;
    return retransmits_timed_out({ icsk_retransmits }, this.#sinceRetransmission_ms, this.#limit_ms);
  }

  get #limit_ms(): number {
    const retries = this.#sk.isOrphan ? this.#orphanRetries() : this.#sk.sysctl.tcp_retries2;
    return this.#sk.icsk_user_timeout_ms || tcp_model_timeout(retries, TCP_RTO_MIN_ms);
  }

  /** Why the connection is given up, or goes on: the last probe, or the time since the first retransmission. */
  get whyGivesUp(): Decision {
    if (this.isProbing) return this.#whyProbesSpent;
    const { icsk_retransmits } = this;
    if (icsk_retransmits === 0)
      return and(
        'retransmits_timed_out:first',
        [['!inet_csk(sk)->icsk_retransmits', true]],
        'the time is not looked at, and the segment goes out again',
      );
    const elapsed_ms = this.#sinceRetransmission_ms;
    const limit_ms = this.#limit_ms;
    const isOver = retransmits_timed_out({ icsk_retransmits }, elapsed_ms, limit_ms);
    return comparison(
      'retransmits_timed_out:compare',
      isOver,
      [
        ['tcp_time_stamp_ts(tp) - start_ts', elapsed_ms, 'ms'],
        ['timeout', limit_ms, 'ms'],
      ],
      isOver ? 'the connection is given up' : 'the segment goes out again',
    );
  }

  /** Whether the peer's window is asked for, and nothing else is on its way. */
  get isProbing(): boolean {
    return this.icsk_probes_out > 0 && this.packets_out === 0;
  }

  get #whyProbesSpent(): Decision {
    return comparison(
      'tcp_probe_timer:count',
      this.probesSpent,
      [
        ['icsk->icsk_probes_out', this.icsk_probes_out],
        ['max_probes', this.#maxProbes],
      ],
      this.probesSpent ? 'the connection is given up' : 'another probe goes out',
    );
  }

  /** Since the first retransmission of what is being repaired (`retrans_stamp`). */
  get #sinceRetransmission_ms(): number {
    const { now_us } = this.#sk;
    return (now_us - (this.#retrans_stamp_us ?? now_us)) / 1000;
  }

  /** `tcp_orphan_retries`. */
  #orphanRetries(): number {
    return this.#sk.sysctl.tcp_orphan_retries || 8;
  }

  /** The timer has fired: `tcp_retransmit_timer`, `tcp_enter_loss`. */
  timerFired(): void {
    this.#pending = null;
    const isFirst = this.#high_seq === null || this.icsk_retransmits === 0;
    this.#sk.diag.record(
      'timer-fired',
      `No ACK for ${duration(this.icsk_rto_ms * 1000)}: the retransmission timer fires.`,
      { mark: 'tcp_retransmit_timer:ask', decision: this.whyGivesUp, beat: true },
    );
    this.#sk.chart.timerEnded();
    this.congestion.collapse(isFirst);
    this.#high_seq = this.queue.snd_nxt;
    this.#isAfterTimeout = true;
    this.#dupacks = 0;
    for (const sent of this.queue.sent) {
      sent.lost = true;
      sent.retransmitted = false;
    }
    this.#resendFirst('tcp_retransmit_timer:resend');
    this.icsk_retransmits++;
    this.icsk_backoff++;
    const { icsk_user_timeout_ms } = this.#sk;
    const timer_ms = clampToUserTimeout(this.icsk_rto_ms, icsk_user_timeout_ms, this.#sinceRetransmission_ms);
    this.#setTimer(timer_ms, 'retransmission');
  }

  /** Whether the peer's window has been probed once too often: `tcp_probe_timer`. */
  get probesSpent(): boolean {
    return this.icsk_probes_out >= this.#maxProbes;
  }

  get #maxProbes(): number {
    return this.#sk.isOrphan ? this.#orphanRetries() : this.#sk.sysctl.tcp_retries2;
  }

  /** The probe timer has fired: `tcp_send_probe0`, `tcp_write_wakeup`. What the window allows goes out. */
  probe(): void {
    this.#pending = null;
    const { queue } = this;
    if (this.packets_out > 0 || !queue.hasUnsent) {
      this.icsk_probes_out = 0;
      return;
    }
    const room_bytes = queue.snd_una + this.snd_wnd - queue.snd_nxt;
    if (room_bytes > 0) {
      const wasHeld = this.hold;
      queue.markPush();
      const bytes = Math.min(queue.unsent_bytes, room_bytes, this.mss_bytes);
      const sent = queue.take(bytes, this.#sk.now_us, room_bytes, true);
      const why = wasHeld === 'cork' ? 'The cork has held them long enough: ' : '';
      this.#sk.outgoing.transmitData(
        sent,
        `${why}*${bytes} bytes* go out, whatever kept them.`,
        reasonOf(whyProbes(true), 'tcp_write_wakeup:transmit'),
      );
      this.icsk_probes_out = 0;
      this.icsk_backoff = 0;
      this.#rearm();
      this.hold = queue.hasUnsent ? wasHeld : null;
      this.#sk.holding.holds(this.hold, queue.unsent_bytes, null, true);
      return;
    }
    this.icsk_probes_out++;
    this.#sk.outgoing.transmitProbe(
      'The window is still shut: a probe asks for the peer’s window.',
      reasonOf(whyProbes(false), 'tcp_xmit_probe_skb:probe'),
    );
    if (this.icsk_backoff < this.#sk.sysctl.tcp_retries2) this.icsk_backoff++;
    this.#setTimer(this.#probe_ms(), 'probe');
  }

  /** `tcp_slow_start_after_idle_check`. */
  #restartAfterIdle(): void {
    if (this.packets_out > 0 || !this.#sk.sysctl.tcp_slow_start_after_idle) return;
    const idle_ms = (this.#sk.now_us - this.#lsndtime_us) / 1000;
    if (idle_ms > this.icsk_rto_ms) this.congestion.restart(idle_ms, this.icsk_rto_ms);
  }
}

/** What the timer of a probe sends: data where the window has room for some. */
const whyProbes = (hasRoom: boolean): Decision =>
  and(
    'tcp_write_wakeup:has-room',
    [
      ['skb', true],
      ['before(TCP_SKB_CB(skb)->seq, tcp_wnd_end(tp))', hasRoom],
    ],
    hasRoom ? 'what the window allows goes out' : 'a probe without data goes out',
  );
