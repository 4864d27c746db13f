/**
 * What has been written and not yet acknowledged: `sk_write_queue` and `tcp_rtx_queue`. Bytes have no content
 * here, only places in the stream; positions are those of `sequence.ts`.
 *
 * Left out: the boundaries of unsent buffers (`size_goal`), urgent data, SACK's scoreboard.
 */

/** A segment that has been sent. */
export interface Sent {
  seq: number;
  /** One past its last byte, and past its FIN. */
  readonly end_seq: number;
  readonly hasFin: boolean;
  readonly hasPush: boolean;
  /** When it was last sent, in µs. */
  sent_us: number;
  retransmitted: boolean;
  /** Counts as lost since the timer fired. */
  lost: boolean;
}

/** Bytes of data in a segment. */
export const bytesOf = ({ seq, end_seq, hasFin }: Sent): number => end_seq - seq - (hasFin ? 1 : 0);

export class SendQueue {
  snd_una = 0;
  snd_nxt = 0;
  /** One past the last byte that was written, and past the FIN. */
  write_seq = 0;
  /** One past the last byte that a program wants pushed. */
  pushed_seq = 0;
  /** Where segments end that have PSH (`tcp_mark_push`), as far as they have not been sent. */
  #pushes: number[] = [];
  #isFinQueued = false;
  readonly #sent: Sent[] = [];

  /** The handshake is over: what comes next is the first byte. */
  begin(): void {
    this.snd_una = this.snd_nxt = this.write_seq = this.pushed_seq = 1;
  }

  get isFinQueued(): boolean {
    return this.#isFinQueued;
  }

  /** Bytes that have not been sent, without the FIN. */
  get unsent_bytes(): number {
    const isFinUnsent = this.#isFinQueued && this.snd_nxt < this.write_seq;
    return this.write_seq - this.snd_nxt - (isFinUnsent ? 1 : 0);
  }

  /** Whether the FIN waits, alone or behind data. */
  get isFinUnsent(): boolean {
    return this.#isFinQueued && this.snd_nxt < this.write_seq;
  }

  get hasUnsent(): boolean {
    return this.snd_nxt < this.write_seq;
  }

  /** What is sent and unacknowledged, oldest first. */
  get sent(): readonly Sent[] {
    return this.#sent;
  }

  append(bytes: number): void {
    this.write_seq += bytes;
  }

  /** What is unsent is to be pushed: its last segment has PSH. */
  markPush(): void {
    this.pushed_seq = this.write_seq;
    if (this.hasUnsent) this.#pushes.push(this.write_seq);
  }

  appendFin(): void {
    if (this.#isFinQueued) return;
    this.#isFinQueued = true;
    this.write_seq++;
  }

  /**
   * The next `bytes` are sent now, with the FIN if they reach it and the window has room for it.
   * @param isPushed with PSH in any case
   */
  take(bytes: number, now_us: number, room_bytes = Number.POSITIVE_INFINITY, isPushed = false): Sent {
    const end = this.snd_nxt + bytes;
    const hasFin = this.isFinUnsent && end === this.write_seq - 1 && bytes < room_bytes;
    const sent: Sent = {
      seq: this.snd_nxt,
      end_seq: hasFin ? end + 1 : end,
      hasFin,
      hasPush: bytes > 0 && (isPushed || this.#pushes.includes(end)),
      sent_us: now_us,
      retransmitted: false,
      lost: false,
    };
    if (this.#pushes.length > 0) this.#pushes = this.#pushes.filter((push) => push > end);
    this.#sent.push(sent);
    this.snd_nxt = sent.end_seq;
    return sent;
  }

  /** Everything before `ack` has arrived: `tcp_clean_rtx_queue`. @returns the segments that are done with */
  acknowledge(ack: number): Sent[] {
    this.snd_una = ack;
    const isOver = this.#sent.findIndex(({ end_seq }) => end_seq > ack);
    const done = this.#sent.splice(0, isOver < 0 ? this.#sent.length : isOver);
    const first = this.#sent[0];
    if (first && first.seq < ack) first.seq = ack;
    return done;
  }

  /** The connection is gone: `tcp_write_queue_purge`. */
  purge(): void {
    this.#sent.length = 0;
    this.snd_nxt = this.write_seq;
  }
}
