/**
 * The receiving half of a connection: what has arrived in order and out of order, the window that is offered,
 * and when it is acknowledged. `net/ipv4/tcp_input.c`, `__tcp_select_window` in `tcp_output.c`.
 *
 * Left out: a receive buffer that grows (`tcp_rcv_space_adjust`) or is pruned, SACK, PAWS, urgent data; and that a FIN
 * merged with unread data (`tcp_try_coalesce`) goes with the read that takes the last of it and has no room to spare.
 */
import { and, comparison, type Decision, or } from '../../trace/decision.ts';
import { type Arrival, type ArrivalRule, DelayedAck, type Receiving } from './delayed-ack.ts';
import { ReceiveBuffer, type Truesize, U16_MAX } from './receive-buffer.ts';

/** A stretch of the stream. */
interface Stretch {
  readonly seq: number;
  readonly end_seq: number;
}

/** Data of a segment; positions. */
export interface Incoming extends Stretch {
  /** `end_seq` counts the FIN. */
  readonly hasFin: boolean;
}

/** What became of a segment's data. */
export type Queued =
  /** It is the next. */
  | 'in order'
  /** Something before it is missing. */
  | 'out of order'
  /** It has all been here already. */
  | 'duplicate'
  /** It does not fit the window. */
  | 'outside the window';

/** Why something is acknowledged at once. */
export type AckReason = 'full' | 'route' | 'quick' | 'now' | 'hole';

export class Receiver {
  readonly ack: DelayedAck;
  readonly buffer: ReceiveBuffer;
  /** The next position that is wanted. */
  rcv_nxt = 0;
  /** `rcv_nxt` when an ACK last left. */
  rcv_wup = 0;
  /** The window that this ACK offered, in bytes. */
  rcv_wnd = 0;
  /** The next position that a program reads. */
  copied_seq = 0;
  /** Where the FIN is, once it has arrived in order. */
  fin_seq: number | null = null;
  #outOfOrder: Incoming[] = [];
  /** The window scale of what this end offers, or 0. */
  #wscale = 0;

  constructor(sk: Receiving, sk_rcvbuf_bytes: number, truesize: Truesize) {
    this.ack = new DelayedAck(sk);
    this.buffer = new ReceiveBuffer(sk_rcvbuf_bytes, truesize);
  }

  /** The peer's SYN takes position 0. @param window_bytes what this end has offered @param wscale of its windows, or null */
  established(window_bytes: number, mss_bytes: number, wscale: number | null): void {
    this.#wscale = wscale ?? 0;
    this.rcv_nxt = this.rcv_wup = this.copied_seq = 1;
    this.rcv_wnd = window_bytes;
    this.buffer.established(window_bytes, this.#wscale);
    this.ack.established(mss_bytes);
  }

  /** What has arrived and not been read. The FIN counts as one, until a read takes it: ss's Recv-Q. */
  get recv_q_bytes(): number {
    return this.rcv_nxt - this.copied_seq;
  }

  /** Bytes that a program can read. */
  get readable_bytes(): number {
    return Math.max(0, (this.fin_seq ?? this.rcv_nxt) - this.copied_seq);
  }

  /** Whether the stream has ended, once all is read. */
  get isAtEnd(): boolean {
    return this.fin_seq !== null && this.readable_bytes === 0;
  }

  /** Whether a read has taken the FIN. */
  get isFinTaken(): boolean {
    return this.fin_seq !== null && this.copied_seq > this.fin_seq;
  }

  /** Whether something before what has arrived is missing. */
  get hasHole(): boolean {
    return this.#outOfOrder.length > 0;
  }

  /** What is left of the offered window: `tcp_receive_window`. */
  get receiveWindow_bytes(): number {
    return Math.max(this.rcv_wup + this.rcv_wnd - this.rcv_nxt, 0);
  }

  /** RFC 9293 3.10.7.4, first check: `tcp_sequence`. */
  accepts({ seq, end_seq }: Stretch): boolean {
    return end_seq >= this.rcv_wup && seq <= this.rcv_nxt + this.receiveWindow_bytes;
  }

  /** Takes a segment's data: `tcp_data_queue`. @returns what it was, and whether the FIN came in order with it */
  queue(incoming: Incoming): { queued: Queued; hasFin: boolean } {
    const { seq, end_seq } = incoming;
    if (this.fin_seq !== null || end_seq <= this.rcv_nxt) return this.#refuse('duplicate');
    if (seq >= this.rcv_nxt + this.receiveWindow_bytes) return this.#refuse('outside the window');
    if (seq > this.rcv_nxt) {
      this.ack.isScheduled = true;
      this.#outOfOrder.push(incoming);
      this.#outOfOrder.sort((a, b) => a.seq - b.seq);
      return { queued: 'out of order', hasFin: false };
    }
    const hadHole = this.hasHole;
    this.#advance(incoming);
    for (let next = this.#outOfOrder[0]; next && next.seq <= this.rcv_nxt; next = this.#outOfOrder[0]) {
      this.#outOfOrder.shift();
      if (next.end_seq > this.rcv_nxt && this.fin_seq === null) this.#advance(next);
    }
    // RFC 5681 4.2: a segment that fills the gap is acknowledged at once.
    if (hadHole && !this.hasHole) this.ack.isNow = true;
    return { queued: 'in order', hasFin: this.fin_seq !== null };
  }

  /** What cannot be used is acknowledged at once: the peer may have missed an ACK. */
  #refuse(queued: Queued): { queued: Queued; hasFin: boolean } {
    this.ack.enterQuickackMode();
    this.ack.isScheduled = true;
    return { queued, hasFin: false };
  }

  #advance({ end_seq, hasFin }: Incoming): void {
    const data_end = hasFin ? end_seq - 1 : end_seq;
    if (data_end > this.rcv_nxt) this.buffer.charge(data_end, data_end - this.rcv_nxt);
    this.rcv_nxt = end_seq;
    if (!hasFin) return;
    this.fin_seq = data_end;
    this.#outOfOrder = [];
  }

  /** Data has arrived in order: `tcp_event_data_recv`. @param advmss_bytes what this end takes in a segment */
  dataReceived(arrival: Arrival, advmss_bytes: number): ArrivalRule {
    const rcv_mss = this.ack.rcv_mss;
    const rule = this.ack.dataReceived(arrival);
    const { payload_bytes } = arrival;
    if (payload_bytes > rcv_mss) this.buffer.measure(payload_bytes);
    if (this.buffer.grow(payload_bytes, advmss_bytes)) this.ack.quick |= 1;
    return rule;
  }

  /** Whether what has arrived is to be acknowledged at once: `__tcp_ack_snd_check`. */
  acksNow(): boolean {
    return this.#isFull() || this.ack.inQuickackMode || this.ack.isNow || this.hasHole;
  }

  /** The first of the kernel's reasons for an ACK at once, and the quick ACKs that are left before it. */
  get whyAckNow(): { reason: AckReason; quick: number; decision: Decision } {
    const { quick, isAskedByRoute, inQuickackMode, isNow } = this.ack;
    const reason = this.#isFull()
      ? 'full'
      : isAskedByRoute
        ? 'route'
        : inQuickackMode
          ? 'quick'
          : isNow
            ? 'now'
            : 'hole';
    return { reason, quick, decision: this.#decisionOf(reason, quick) };
  }

  #decisionOf(reason: AckReason, quick: number): Decision {
    const follows = 'the ACK goes out at once';
    switch (reason) {
      case 'full':
        return comparison(
          '__tcp_ack_snd_check:full',
          true,
          [
            ['tp->rcv_nxt - tp->rcv_wup', this.rcv_nxt - this.rcv_wup, 'bytes'],
            ['inet_csk(sk)->icsk_ack.rcv_mss', this.ack.rcv_mss, 'bytes'],
            ['__tcp_select_window(sk)', this.#selectWindow(), 'bytes'],
            ['tp->rcv_wnd', this.rcv_wnd, 'bytes'],
          ],
          follows,
        );
      case 'route':
        return or('tcp_in_quickack_mode:route', [['icsk->icsk_ack.dst_quick_ack', true]], follows);
      case 'quick':
        return and(
          'tcp_in_quickack_mode:quick',
          [
            ['icsk->icsk_ack.quick', quick],
            ['!inet_csk_in_pingpong_mode(sk)', !this.ack.inPingpongMode],
          ],
          follows,
        );
      case 'now':
        return and(
          '__tcp_ack_snd_check:now',
          [['inet_csk(sk)->icsk_ack.pending & ICSK_ACK_NOW', true]],
          follows,
        );
      case 'hole':
        return or(
          '__tcp_ack_snd_check:hole',
          [
            ['!ofo_possible', false],
            ['RB_EMPTY_ROOT(&tp->out_of_order_queue)', !this.hasHole],
          ],
          follows,
        );
    }
  }

  #isFull(): boolean {
    return this.rcv_nxt - this.rcv_wup > this.ack.rcv_mss && this.#selectWindow() >= this.rcv_wnd;
  }

  /** A program reads. One with room to spare takes the FIN as well (`found_fin_ok`). @returns how many bytes it gets */
  read(most_bytes: number): number {
    const bytes = Math.min(most_bytes, this.readable_bytes);
    this.copied_seq += bytes;
    if (bytes < most_bytes && this.copied_seq === this.fin_seq) this.copied_seq++;
    this.buffer.release(this.copied_seq);
    return bytes;
  }

  /** Whether an ACK goes out now that a program has read: `tcp_cleanup_rbuf`. @param isShut reading is over */
  acksAfterRead(copied_bytes: number, isShut: boolean): boolean {
    const isEmpty = this.readable_bytes === 0 && !this.hasHole;
    if (this.ack.acksAfterRead(this.rcv_nxt - this.rcv_wup, copied_bytes > 0 && isEmpty)) return true;
    if (copied_bytes === 0 || isShut) return false;
    const offered_bytes = this.receiveWindow_bytes;
    if (2 * offered_bytes > this.buffer.window_clamp) return false;
    const window_bytes = this.#selectWindow();
    return window_bytes > 0 && window_bytes >= 2 * offered_bytes;
  }

  /**
   * The window that an ACK offers now, and remembers: `tcp_select_window`. It is never taken back.
   * @returns the field, in the units of the window scale
   */
  offer(): number {
    const window_bytes = Math.max(this.#selectWindow(), this.#roundUp(this.receiveWindow_bytes));
    this.rcv_wnd = window_bytes;
    this.rcv_wup = this.rcv_nxt;
    return Math.min(window_bytes / 2 ** this.#wscale, U16_MAX);
  }

  /** `__tcp_select_window`. */
  #selectWindow(): number {
    const { buffer, ack } = this;
    const waiting_bytes = this.#outOfOrder.reduce((sum, { seq, end_seq }) => sum + end_seq - seq, 0);
    const full_space = Math.min(buffer.window_clamp, buffer.full_space);
    let free_space = Math.max(0, buffer.space - waiting_bytes);
    if (free_space < full_space >> 1) {
      ack.quick = 0;
      free_space -= free_space % 2 ** this.#wscale;
      if (free_space < buffer.full_space >> 4 || free_space < Math.min(ack.rcv_mss, full_space)) return 0;
    }
    free_space = Math.min(free_space, buffer.rcv_ssthresh);
    return this.#wscale > 0 ? this.#roundUp(free_space) : this.#wholeSegments(free_space, full_space);
  }

  /** Without a window scale the window stays as it is, or is a whole number of segments. */
  #wholeSegments(free_space: number, full_space: number): number {
    const mss = Math.min(this.ack.rcv_mss, full_space);
    const { rcv_wnd } = this;
    if (rcv_wnd <= free_space - mss || rcv_wnd > free_space) return free_space - (free_space % mss);
    return mss === full_space && free_space > rcv_wnd + (full_space >> 1) ? free_space : rcv_wnd;
  }

  /** To the units in which the wire says it. */
  #roundUp(bytes: number): number {
    const unit = 2 ** this.#wscale;
    return Math.ceil(bytes / unit) * unit;
  }
}
