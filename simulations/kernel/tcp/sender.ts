/**
 * The sending half of a connection: `net/ipv4/tcp_output.c`, and the half of `tcp_input.c` that reads ACKs.
 *
 * Left out: segmentation offload (TSO, GSO), tail loss probes, SACK, RACK, pacing, small queues, MTU probing, the
 * smaller MSS for a peer with a small window (`tcp_bound_to_half_wnd`), a timer shortened to TCP_USER_TIMEOUT.
 */
import { duration, ordinal } from '../../engine/duration.ts';
import type { KernelMark } from '../../engine/trace.ts';
import { CongestionWindow } from './congestion.ts';
import { type NagleVerdict, TCP_NAGLE_CORK, TCP_NAGLE_OFF, TCP_NAGLE_PUSH, tcp_nagle_test } from './nagle.ts';
import { retransmits_timed_out, TCP_RTO_MAX_ms, tcp_model_timeout } from './retransmission.ts';
import { RttEstimator, TCP_RTO_MIN_ms } from './rtt.ts';
import { bytesOf, SendQueue, type Sent } from './send-queue.ts';

/** Duplicate ACKs that count as a loss: `TCP_FASTRETRANS_THRESH`. */
const TCP_FASTRETRANS_THRESH = 3;

/** What keeps unsent data back. */
export type Hold = 'Nagle' | 'cork' | 'window';

/** What the sender asks of the socket around it. */
export interface SenderSocket {
  readonly now_us: number;
  readonly tcp_retries2: number;
  readonly icsk_user_timeout_ms: number;
  /** No program holds the socket any more: `SOCK_DEAD`. */
  readonly isOrphan: boolean;
  /** Puts a segment on the wire. */
  transmitData(sent: Sent, says: string, mark: KernelMark): void;
  /** A bare ACK with a sequence number that has been used: the window probe. */
  transmitProbe(says: string): void;
  /** Tells the statechart to set, or to clear, the timer. */
  setTimer(timer_ms: number, kind: 'retransmission' | 'probe'): void;
  clearTimer(): void;
  /** What keeps data back, after a try to send. @param hasSent whether anything left in that try */
  holds(hold: Hold | null, bytes: number, verdict: NagleVerdict | null, hasSent: boolean): void;
  /** Room in the send buffer, or the end of it. */
  changed(): void;
  record(
    kind: string,
    says: string,
    rest?: {
      data?: { readonly [key: string]: string | number | boolean | null };
      mark?: KernelMark;
      beat?: boolean;
    },
  ): void;
}

/** An ACK as the sender reads it; positions. */
export interface Acknowledgement {
  readonly ack: number;
  readonly seq: number;
  readonly window_bytes: number;
  /** Whether it came with data or a FIN. */
  readonly hasData: boolean;
}

/** What became of an ACK. */
export type AckResult = 'advanced' | 'old' | 'duplicate' | 'not sent yet';

export class Sender {
  readonly queue = new SendQueue();
  readonly rtt = new RttEstimator();
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
  /** Bytes that a program may have in the send buffer. */
  sk_sndbuf_bytes = 4 * 1024 * 1024;
  /** What keeps unsent data back, or null. */
  hold: Hold | null = null;
  #retrans_stamp_us: number | null = null;
  #lsndtime_us = 0;
  #snd_wl1 = 0;
  #dupacks = 0;
  /** While a loss is being repaired: where sending stood when it was noticed. */
  #high_seq: number | null = null;
  /** Which timer the statechart runs for this sender. */
  #pending: 'retransmission' | 'probe' | null = null;
  readonly #sk: SenderSocket;

  constructor(sk: SenderSocket) {
    this.#sk = sk;
  }

  /** `icsk_rto` with its backoff, in ms. */
  get icsk_rto_ms(): number {
    return Math.min(this.rtt.rto_ms * 2 ** this.icsk_backoff, TCP_RTO_MAX_ms);
  }

  get packets_out(): number {
    return this.queue.sent.length;
  }

  /** Whether the congestion window is full, and not the peer's. */
  get isCongested(): boolean {
    return this.packets_out >= this.congestion.snd_cwnd;
  }

  /** Room for a program's bytes. */
  get room_bytes(): number {
    return Math.max(0, this.sk_sndbuf_bytes - (this.queue.write_seq - this.queue.snd_una));
  }

  /** A sleeping writer is woken when a third is free: `sk_stream_is_writeable`. */
  get isWriteable(): boolean {
    return this.room_bytes >= this.sk_sndbuf_bytes / 3;
  }

  /** The handshake is over. @param window_bytes the peer's @param seq of the segment that ended it */
  established(window_bytes: number, seq: number): void {
    this.queue.begin();
    this.snd_sml = 1;
    this.snd_wnd = window_bytes;
    this.#snd_wl1 = seq;
    this.#lsndtime_us = this.#sk.now_us;
  }

  /** A program's bytes: `tcp_sendmsg_locked`. @param more MSG_MORE */
  send(bytes: number, more: boolean): void {
    if (bytes > 0) {
      this.#restartAfterIdle();
      this.nonagle &= ~TCP_NAGLE_PUSH;
      this.queue.append(bytes);
      if (!more) this.queue.pushed_seq = this.queue.write_seq;
    }
    this.push(more ? TCP_NAGLE_CORK : this.nonagle);
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

  /** Sends what may leave: `__tcp_push_pending_frames`, `tcp_write_xmit`. @param nonagle the bits for this once */
  push(nonagle = this.nonagle): void {
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
    this.hold = hold;
    this.#sk.holds(hold, this.queue.unsent_bytes, verdict, hasSent);
    if (this.queue.hasUnsent && this.packets_out === 0 && this.#pending === null)
      this.#setTimer(Math.max(this.icsk_rto_ms, TCP_RTO_MIN_ms), 'probe');
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
    this.#sk.transmitData(sent, `${what}${why}.`, verdict?.mark ?? 'tcp_write_xmit:transmit');
    if (isFirst) this.#rearm();
  }

  /** `tcp_rearm_rto`. */
  #rearm(): void {
    if (this.queue.sent.length === 0) {
      this.#pending = null;
      this.#sk.clearTimer();
    } else this.#setTimer(this.icsk_rto_ms, 'retransmission');
  }

  #setTimer(timer_ms: number, kind: 'retransmission' | 'probe'): void {
    this.#pending = kind;
    this.#sk.setTimer(timer_ms, kind);
  }

  /** An ACK arrives: `tcp_ack`. */
  acknowledged({ ack, seq, window_bytes, hasData }: Acknowledgement): AckResult {
    const { snd_una, snd_nxt } = this.queue;
    if (ack > snd_nxt) return 'not sent yet';
    if (ack < snd_una) return 'old';
    this.icsk_probes_out = 0;
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
    this.#measure(done);
    this.#repaired(ack, done.length);
    this.#rearm();
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
    return isChange;
  }

  /** `tcp_ack_probe`: with nothing in flight an ACK answers a probe, or comes by itself. */
  #answeredProbe(): void {
    if (!this.queue.hasUnsent) return;
    if (this.queue.write_seq <= this.queue.snd_una + this.snd_wnd) {
      this.icsk_backoff = 0;
      if (this.#pending === 'probe') {
        this.#pending = null;
        this.#sk.clearTimer();
      }
    } else this.#setTimer(this.#probe_ms(), 'probe');
  }

  /** `tcp_probe0_when`. */
  #probe_ms(): number {
    const base_ms = Math.max(this.rtt.rto_ms, TCP_RTO_MIN_ms);
    return Math.min(base_ms * 2 ** this.icsk_backoff, TCP_RTO_MAX_ms);
  }

  /** Karn: no sample when anything acknowledged was sent twice. */
  #measure(done: readonly Sent[]): void {
    const first = done[0];
    if (!first || done.some(({ retransmitted }) => retransmitted)) return;
    this.rtt.sample(this.#sk.now_us - first.sent_us, this.queue.snd_una, this.queue.snd_nxt);
  }

  #duplicate(): void {
    this.#dupacks++;
    if (this.#dupacks !== TCP_FASTRETRANS_THRESH || this.#high_seq !== null) return;
    this.#high_seq = this.queue.snd_nxt;
    this.congestion.halve();
    this.#sk.record(
      'loss-noticed',
      `The ${ordinal(TCP_FASTRETRANS_THRESH)} ACK in a row asks for the same byte: *what it asks for counts as lost*.`,
      { data: { dupacks: this.#dupacks }, mark: 'tcp_fastretrans_alert:recover', beat: true },
    );
    this.#resendFirst('tcp_xmit_retransmit_queue:resend');
  }

  /** After an ACK that advanced: goes on with the repair of a loss, or grows the window. */
  #repaired(ack: number, segments: number): void {
    this.#dupacks = 0;
    this.icsk_retransmits = 0;
    this.icsk_backoff = 0;
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
    this.#sk.transmitData(sent, `${what} ${bytes ? 'go' : 'goes'} out again.`, mark);
  }

  /** Whether the timer has fired once too often: `tcp_write_timeout` for a connection that was up. */
  expired(): boolean {
    const retries = this.#sk.isOrphan ? this.#orphanRetries() : this.#sk.tcp_retries2;
    const limit_ms = this.#sk.icsk_user_timeout_ms || tcp_model_timeout(retries, TCP_RTO_MIN_ms);
    const { icsk_retransmits } = this;
    const elapsed_ms = (this.#sk.now_us - (this.#retrans_stamp_us ?? this.#sk.now_us)) / 1000;
    return retransmits_timed_out({ icsk_retransmits }, elapsed_ms, limit_ms);
  }

  /** sysctl `tcp_orphan_retries` at its default, 0, means eight: `tcp_orphan_retries`. */
  #orphanRetries(): number {
    return 8;
  }

  /** The timer has fired: `tcp_retransmit_timer`, `tcp_enter_loss`. */
  timerFired(): void {
    this.#pending = null;
    const isFirst = this.#high_seq === null || this.icsk_retransmits === 0;
    this.#sk.record(
      'timer-fired',
      `No ACK for ${duration(this.icsk_rto_ms * 1000)}: the retransmission timer fires.`,
      { mark: 'tcp_retransmit_timer:ask', beat: true },
    );
    this.congestion.collapse(isFirst);
    this.#high_seq = this.queue.snd_nxt;
    this.#dupacks = 0;
    for (const sent of this.queue.sent) {
      sent.lost = true;
      sent.retransmitted = false;
    }
    this.#resendFirst('tcp_retransmit_timer:resend');
    this.icsk_retransmits++;
    this.icsk_backoff++;
    this.#setTimer(this.icsk_rto_ms, 'retransmission');
  }

  /** Whether the peer's window has been probed once too often: `tcp_probe_timer`. */
  get probesSpent(): boolean {
    const most = this.#sk.isOrphan ? this.#orphanRetries() : this.#sk.tcp_retries2;
    return this.icsk_probes_out >= most;
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
      queue.pushed_seq = Math.max(queue.pushed_seq, queue.write_seq);
      const bytes = Math.min(queue.unsent_bytes, room_bytes, this.mss_bytes);
      const sent = queue.take(bytes, this.#sk.now_us, room_bytes);
      const why = wasHeld === 'cork' ? 'The cork has held them long enough: ' : '';
      this.#sk.transmitData(
        sent,
        `${why}*${bytes} bytes* go out, whatever kept them.`,
        'tcp_write_wakeup:transmit',
      );
      this.icsk_probes_out = 0;
      this.icsk_backoff = 0;
      this.#rearm();
      this.hold = queue.hasUnsent ? wasHeld : null;
      this.#sk.holds(this.hold, queue.unsent_bytes, null, true);
      return;
    }
    this.icsk_probes_out++;
    this.#sk.transmitProbe('The window is still shut: a probe asks for the peer’s window.');
    if (this.icsk_backoff < this.#sk.tcp_retries2) this.icsk_backoff++;
    this.#setTimer(this.#probe_ms(), 'probe');
  }

  /** `tcp_slow_start_after_idle_check`. */
  #restartAfterIdle(): void {
    if (this.packets_out > 0) return;
    const idle_ms = (this.#sk.now_us - this.#lsndtime_us) / 1000;
    if (idle_ms > this.icsk_rto_ms) this.congestion.restart(idle_ms, this.icsk_rto_ms);
  }
}
