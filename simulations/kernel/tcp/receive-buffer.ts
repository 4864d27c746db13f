/**
 * The receive buffer and the window that it can carry: `tcp_win_from_space`, `tcp_grow_window`,
 * `tcp_select_initial_window`. A segment costs more memory than its data, so a part of the buffer is not offered.
 *
 * Left out: growth of the buffer itself (`tcp_rcv_space_adjust`), memory pressure, pruning, and `__tcp_grow_window`
 * for segments that cost a device more than twice their data.
 */

/** What a segment takes beside its data, in bytes, when its sender is a Linux of the same machine. */
const SKB_OVERHEAD_bytes = 832;
/** `TCP_RMEM_TO_WIN_SCALE`. */
const TCP_RMEM_TO_WIN_SCALE = 8;
/** Half of a buffer is offered until a full segment has shown what one costs: `TCP_DEFAULT_SCALING_RATIO`. */
const TCP_DEFAULT_SCALING_RATIO = 128;
/** Segments below this do not let the window grow. */
const GROWS_FROM_bytes = 128;

/** The first window: what half the buffer holds, in whole segments. @param init_segments a limit, or null */
export function tcp_select_initial_window(
  sk_rcvbuf_bytes: number,
  mss_bytes: number,
  init_segments: number | null,
): number {
  const space = Math.min(
    (sk_rcvbuf_bytes * TCP_DEFAULT_SCALING_RATIO) >> TCP_RMEM_TO_WIN_SCALE,
    65535,
    init_segments === null ? Number.POSITIVE_INFINITY : init_segments * mss_bytes,
  );
  return space > mss_bytes ? space - (space % mss_bytes) : space;
}

/** A segment that no program has read to its end. */
interface Charged {
  readonly end_seq: number;
  readonly truesize: number;
}

export class ReceiveBuffer {
  readonly sk_rcvbuf_bytes: number;
  /** The window that is not exceeded yet. */
  rcv_ssthresh = 0;
  /** The window that is never exceeded. */
  window_clamp: number;
  #scaling_ratio = TCP_DEFAULT_SCALING_RATIO;
  #charged: Charged[] = [];
  #rmem_alloc = 0;

  constructor(sk_rcvbuf_bytes: number) {
    this.sk_rcvbuf_bytes = sk_rcvbuf_bytes;
    this.window_clamp = this.full_space;
  }

  /** `tcp_full_space`. */
  get full_space(): number {
    return this.#windowFrom(this.sk_rcvbuf_bytes);
  }

  /** `tcp_space`: what of the window is free. */
  get space(): number {
    return this.#windowFrom(Math.max(0, this.sk_rcvbuf_bytes - this.#rmem_alloc));
  }

  /** A segment is kept until it is read. @param end_seq one past its data */
  charge(end_seq: number, payload_bytes: number): void {
    const truesize = payload_bytes + SKB_OVERHEAD_bytes;
    this.#charged.push({ end_seq, truesize });
    this.#rmem_alloc += truesize;
  }

  /** All before `copied_seq` has been read. */
  release(copied_seq: number): void {
    while (this.#charged[0] && this.#charged[0].end_seq <= copied_seq)
      this.#rmem_alloc -= this.#charged.shift()?.truesize ?? 0;
  }

  /** A segment shows what the peer's full ones cost: part of `tcp_measure_rcv_mss`. */
  measure(payload_bytes: number): void {
    const ratio =
      Math.floor((payload_bytes << TCP_RMEM_TO_WIN_SCALE) / (payload_bytes + SKB_OVERHEAD_bytes)) || 1;
    if (ratio === this.#scaling_ratio) return;
    this.#scaling_ratio = ratio;
    this.window_clamp = this.full_space;
  }

  /** Lets the window grow by two segments for each that has arrived: `tcp_grow_window`. @returns whether it did */
  grow(payload_bytes: number, advmss_bytes: number): boolean {
    if (payload_bytes < GROWS_FROM_bytes) return false;
    const room = Math.min(this.window_clamp, this.space) - this.rcv_ssthresh;
    if (room <= 0) return false;
    this.rcv_ssthresh += Math.min(room, 2 * Math.max(advmss_bytes, payload_bytes));
    return true;
  }

  #windowFrom(space: number): number {
    return Math.floor((space * this.#scaling_ratio) / 2 ** TCP_RMEM_TO_WIN_SCALE);
  }
}
