/**
 * The receive buffer and the window that it can carry: `tcp_win_from_space`, `tcp_grow_window`,
 * `tcp_select_initial_window`. A segment costs more memory than its data, so a part of the buffer is not offered.
 *
 * Left out: growth of the buffer itself (`tcp_rcv_space_adjust`), memory pressure, pruning, and `__tcp_grow_window`
 * for segments that cost a device more than twice their data.
 */

/** What a segment takes of a receive buffer, in bytes, by its data. It depends on the driver that brings it. */
export type Truesize = (payload_bytes: number) => number;

/** From a Linux of the same machine, over veth: the sender's `sk_buff`, as it was made for the data. */
export const VETH_TRUESIZE: Truesize = (payload_bytes) => payload_bytes + 832;

/** From a TUN device: one head for headers, data and `struct skb_shared_info`, of a size that kmalloc has. */
export const TUN_TRUESIZE: Truesize = (payload_bytes) =>
  2 ** Math.ceil(Math.log2(payload_bytes + HEADERS_bytes + SHARED_INFO_bytes)) + SK_BUFF_bytes;

/** IPv4's and TCP's header with options. */
const HEADERS_bytes = 64;
const SHARED_INFO_bytes = 320;
const SK_BUFF_bytes = 256;
/** `TCP_RMEM_TO_WIN_SCALE`. */
const TCP_RMEM_TO_WIN_SCALE = 8;
/** Half of a buffer is offered until a full segment has shown what one costs: `TCP_DEFAULT_SCALING_RATIO`. */
const TCP_DEFAULT_SCALING_RATIO = 128;
/** Segments below this do not let the window grow. */
const GROWS_FROM_bytes = 128;

/** The field of a window has 16 bits. */
export const U16_MAX = 65_535;
/** sysctl `tcp_rmem`: the most that a receive buffer grows to, in bytes. */
const TCP_RMEM_MOST_bytes = 6_291_456;
const TCP_MAX_WSCALE = 14;

/** The first window: what half the buffer holds, in whole segments, and what 16 bits can say of it. @param init_segments a limit, or null */
export function tcp_select_initial_window(
  sk_rcvbuf_bytes: number,
  mss_bytes: number,
  init_segments: number | null,
): number {
  const space = (sk_rcvbuf_bytes * TCP_DEFAULT_SCALING_RATIO) >> TCP_RMEM_TO_WIN_SCALE;
  const whole = space > mss_bytes ? space - (space % mss_bytes) : space;
  const most = init_segments === null ? Number.POSITIVE_INFINITY : init_segments * mss_bytes;
  return Math.min(whole, U16_MAX, most);
}

/** A segment that no program has read to its end. */
interface Charged {
  readonly end_seq: number;
  readonly truesize: number;
}

export class ReceiveBuffer {
  sk_rcvbuf_bytes: number;
  /** The window that is not exceeded yet. */
  rcv_ssthresh = 0;
  /** The window that is never exceeded. */
  window_clamp: number;
  #scaling_ratio = TCP_DEFAULT_SCALING_RATIO;
  #charged: Charged[] = [];
  #rmem_alloc = 0;
  /** SO_RCVBUF has set it: SOCK_RCVBUF_LOCK. */
  #isLocked = false;

  readonly #truesize: Truesize;

  constructor(sk_rcvbuf_bytes: number, truesize: Truesize) {
    this.#truesize = truesize;
    this.sk_rcvbuf_bytes = sk_rcvbuf_bytes;
    this.window_clamp = this.full_space;
  }

  /** SO_RCVBUF. Before the handshake it bounds the window as well. */
  setSize(sk_rcvbuf_bytes: number): void {
    this.sk_rcvbuf_bytes = sk_rcvbuf_bytes;
    this.#isLocked = true;
    if (this.rcv_ssthresh === 0) this.window_clamp = this.full_space;
  }

  /** A listener's connection has its buffer. */
  inherit({ sk_rcvbuf_bytes, isLocked }: ReceiveBuffer): void {
    this.setSize(sk_rcvbuf_bytes);
    this.#isLocked = isLocked;
  }

  get isLocked(): boolean {
    return this.#isLocked;
  }

  /** The window scale that lets a buffer of the largest size be offered: the end of `tcp_select_initial_window`. */
  wscale(rmem_max: number): number {
    const space = this.#isLocked ? this.full_space : Math.max(TCP_RMEM_MOST_bytes, rmem_max);
    return Math.min(Math.max(Math.floor(Math.log2(space)) - 15, 0), TCP_MAX_WSCALE);
  }

  /** The handshake is over. @param window_bytes offered in it @param wscale of this end's windows, 0 for none */
  established(window_bytes: number, wscale: number): void {
    this.rcv_ssthresh = window_bytes;
    this.window_clamp = Math.min(this.window_clamp, U16_MAX * 2 ** wscale);
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
    const truesize = this.#truesize(payload_bytes);
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
    const ratio = Math.floor((payload_bytes << TCP_RMEM_TO_WIN_SCALE) / this.#truesize(payload_bytes)) || 1;
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
