/**
 * The round-trip time and the RTO: `tcp_rtt_estimator` and `__tcp_set_rto` in `net/ipv4/tcp_input.c`,
 * RFC 6298 as Linux has it. Times are scaled as there: `srtt_us` is eight times the estimate.
 */
import { HZ } from '../profile.ts';
import { TCP_RTO_MAX_ms, TCP_TIMEOUT_INIT_ms } from './retransmission.ts';
import { JIFFY_us, TCP_RTO_MIN } from './rto-min.ts';

/** `TCP_TIMEOUT_FALLBACK`: RFC 6298 5.7. */
const TCP_TIMEOUT_FALLBACK_ms = 3000;

/** `TCP_RTO_MIN`, in ms. */
export const TCP_RTO_MIN_ms = (TCP_RTO_MIN * 1000) / HZ;

export class RttEstimator {
  /** Eight times the smoothed round-trip time, in µs; 0 before the first sample. */
  srtt_us = 0;
  /** The smallest sample, in µs; Infinity before the first. */
  min_rtt_us = Number.POSITIVE_INFINITY;
  mdev_us = 0;
  mdev_max_us = 0;
  rttvar_us = 0;
  #rtt_seq = 0;
  #initial_ms = TCP_TIMEOUT_INIT_ms;
  readonly #rto_min_us: () => number;

  /** @param rto_min_us `tcp_rto_min_us` at the moment: no RTO is shorter than this above the round-trip time */
  constructor(rto_min_us: () => number = () => TCP_RTO_MIN * JIFFY_us) {
    this.#rto_min_us = rto_min_us;
  }

  /** Takes a sample. @param mrtt_us µs, at least 1 @param snd_una after the ACK @param snd_nxt positions */
  sample(mrtt_us: number, snd_una: number, snd_nxt: number): void {
    const measured = Math.max(1, Math.round(mrtt_us));
    this.min_rtt_us = Math.min(this.min_rtt_us, measured);
    if (this.srtt_us === 0) {
      this.srtt_us = measured << 3;
      this.mdev_us = measured << 1;
      this.rttvar_us = this.mdev_max_us = Math.max(this.mdev_us, this.#rto_min_us());
      this.#rtt_seq = snd_nxt;
      return;
    }
    let m = measured - (this.srtt_us >> 3);
    this.srtt_us = Math.max(1, this.srtt_us + m);
    if (m < 0) {
      m = -m - (this.mdev_us >> 2);
      if (m > 0) m >>= 3;
    } else m -= this.mdev_us >> 2;
    this.mdev_us += m;
    if (this.mdev_us > this.mdev_max_us) {
      this.mdev_max_us = this.mdev_us;
      this.rttvar_us = Math.max(this.rttvar_us, this.mdev_max_us);
    }
    if (snd_una > this.#rtt_seq) {
      if (this.mdev_max_us < this.rttvar_us) this.rttvar_us -= (this.rttvar_us - this.mdev_max_us) >> 2;
      this.#rtt_seq = snd_nxt;
      this.mdev_max_us = this.#rto_min_us();
    }
  }

  /** The handshake has given no sample, since its segments were sent again: `tcp_init_metrics`. */
  unmeasured(): void {
    this.#initial_ms = TCP_TIMEOUT_FALLBACK_ms;
  }

  /** What the RTO is rounded up from, in µs; 0 before the first sample. */
  get rto_us(): number {
    return (this.srtt_us >> 3) + this.rttvar_us;
  }

  /** The RTO without backoff, in ms: whole jiffies; before the first sample 1 s, or 3 s after a handshake that gave none. */
  get rto_ms(): number {
    if (this.srtt_us === 0) return this.#initial_ms;
    const jiffies = Math.ceil(this.rto_us / JIFFY_us);
    return Math.min((jiffies * 1000) / HZ, TCP_RTO_MAX_ms);
  }
}
