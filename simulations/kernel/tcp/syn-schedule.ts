/** When each SYN of a connect() that nobody answers goes out, and when Linux gives up, from the rules of `retransmission.ts`. */
import { backOff, NEW_SYN_TIMER, type SynLimits, tcp_write_timeout } from './retransmission.ts';

/** The SYNs of one attempt that nobody answers. Times in ms, ideal: a timer fires when it is due. */
export interface SynSchedule {
  /** From connect() on; the first is 0. */
  readonly sends_ms: readonly number[];
  readonly gives_up_ms: number;
}

/** @param limits the kernel, its sysctls and the socket’s options: what ends the attempt */
export function synSchedule(limits: SynLimits): SynSchedule {
  const sends_ms = [0];
  let timer = NEW_SYN_TIMER;
  for (let now_ms = timer.icsk_rto_ms; ; now_ms += timer.icsk_rto_ms) {
    if (tcp_write_timeout(timer, limits, now_ms).expired) return { sends_ms, gives_up_ms: now_ms };
    sends_ms.push(now_ms);
    timer = backOff(timer, limits);
  }
}
