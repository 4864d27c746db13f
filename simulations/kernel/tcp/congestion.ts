/**
 * The congestion window, in segments: slow start from ten (RFC 6928), then one segment a round trip, half
 * at a fast retransmit and one after a timeout (RFC 5681).
 *
 * Left out: CUBIC's growth after slow start and its HyStart, SACK, RACK, tail loss probes, undo.
 */

/** `TCP_INIT_CWND`. */
export const TCP_INIT_CWND = 10;

export class CongestionWindow {
  snd_cwnd = TCP_INIT_CWND;
  snd_ssthresh = Number.POSITIVE_INFINITY;
  #snd_cwnd_cnt = 0;
  #max_packets_out = 0;
  #cwnd_usage_seq = 0;
  #isLimited = false;

  /** After a transmission: `tcp_cwnd_validate`. */
  validate(packets_out: number, snd_una: number, snd_nxt: number): void {
    const isLimited = packets_out >= this.snd_cwnd;
    if (
      snd_una >= this.#cwnd_usage_seq ||
      isLimited ||
      (!this.#isLimited && packets_out > this.#max_packets_out)
    ) {
      this.#isLimited = isLimited;
      this.#max_packets_out = packets_out;
      this.#cwnd_usage_seq = snd_nxt;
    }
  }

  /** New data is acknowledged: `tcp_slow_start` and `tcp_cong_avoid_ai`. */
  acknowledged(segments: number): void {
    const isSlowStart = this.snd_cwnd < this.snd_ssthresh;
    const isUsed = isSlowStart ? this.snd_cwnd < 2 * this.#max_packets_out : this.#isLimited;
    if (!isUsed) return;
    if (isSlowStart) {
      this.snd_cwnd = Math.min(this.snd_cwnd + segments, this.snd_ssthresh);
      return;
    }
    this.#snd_cwnd_cnt += segments;
    if (this.#snd_cwnd_cnt >= this.snd_cwnd) {
      this.#snd_cwnd_cnt -= this.snd_cwnd;
      this.snd_cwnd++;
    }
  }

  /** Nothing was sent for longer than the RTO: `tcp_cwnd_restart`. */
  restart(idle_ms: number, rto_ms: number): void {
    const restart_cwnd = Math.min(TCP_INIT_CWND, this.snd_cwnd);
    for (let left_ms = idle_ms - rto_ms; left_ms > 0 && this.snd_cwnd > restart_cwnd; left_ms -= rto_ms)
      this.snd_cwnd >>= 1;
    this.snd_cwnd = Math.max(this.snd_cwnd, restart_cwnd);
  }

  /** Three duplicate ACKs. */
  halve(): void {
    this.snd_ssthresh = Math.max(this.snd_cwnd >> 1, 2);
    this.snd_cwnd = this.snd_ssthresh;
  }

  /** The timer fired: `tcp_enter_loss`. @param isFirst for this loss: only then does the threshold fall */
  collapse(isFirst: boolean): void {
    if (isFirst) this.snd_ssthresh = Math.max(this.snd_cwnd >> 1, 2);
    this.snd_cwnd = 1;
  }
}
