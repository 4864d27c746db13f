/**
 * Whether a segment may leave now or waits for company: Nagle's rule (RFC 896, RFC 1122 4.2.3.4) with
 * Minshall's variant, TCP_NODELAY and TCP_CORK, as `net/ipv4/tcp_output.c` has them.
 *
 * Left out: urgent data, `tcp_autocorking` (it holds a segment for as long as an earlier one waits in this
 * host's queue, which takes no time here).
 */
import type { KernelMark } from '../../engine/trace.ts';

/** Bits of `tp->nonagle`. TCP_NODELAY. */
export const TCP_NAGLE_OFF = 1;
/** TCP_CORK, or MSG_MORE for one call. */
export const TCP_NAGLE_CORK = 2;
/** Send what is there now, once: set by TCP_NODELAY and by letting go of TCP_CORK. */
export const TCP_NAGLE_PUSH = 4;

/** The fields of `struct tcp_sock` that the rule reads. */
export interface NagleState {
  /** Segments that are sent and not acknowledged. */
  readonly packets_out: number;
  /** Where the last segment that was smaller than the MSS ended. */
  readonly snd_sml: number;
  readonly snd_una: number;
  readonly snd_nxt: number;
}

/** The segment that asks. */
export interface Candidate {
  readonly bytes: number;
  readonly mss_bytes: number;
  readonly hasFin: boolean;
}

/** The answer, and the line that gave it. */
export interface NagleVerdict {
  readonly holds: 'Nagle' | 'cork' | null;
  readonly mark: KernelMark;
  /** Why, as the end of a sentence: `it is a full segment`. */
  readonly because: string;
}

/** Whether a small segment of ours is unacknowledged. */
export const tcp_minshall_check = ({ snd_sml, snd_una, snd_nxt }: NagleState): boolean =>
  snd_sml > snd_una && snd_sml <= snd_nxt;

/** Whether a segment may be sent: `tcp_nagle_test`, and in it `tcp_nagle_check`. @param nonagle the bits */
export function tcp_nagle_test(candidate: Candidate, tp: NagleState, nonagle: number): NagleVerdict {
  const sends = (mark: KernelMark, because: string): NagleVerdict => ({ holds: null, mark, because });
  if (nonagle & TCP_NAGLE_PUSH) return sends('tcp_nagle_test:push', 'what is there is pushed out');
  if (candidate.hasFin) return sends('tcp_nagle_test:fin', 'it carries the FIN');
  if (candidate.bytes >= candidate.mss_bytes) return sends('tcp_nagle_check:partial', 'it is a full segment');
  if (nonagle & TCP_NAGLE_CORK)
    return { holds: 'cork', mark: 'tcp_nagle_check:cork', because: 'the socket is corked' };
  if (nonagle & TCP_NAGLE_OFF) return sends('tcp_nagle_check:nagle', 'TCP_NODELAY is set');
  if (tp.packets_out === 0) return sends('tcp_nagle_check:nagle', 'nothing before it is unacknowledged');
  if (!tcp_minshall_check(tp))
    return sends('tcp_minshall_check:small', 'no small segment before it is unacknowledged');
  return {
    holds: 'Nagle',
    mark: 'tcp_nagle_check:nagle',
    because: 'a small segment before it is not acknowledged yet',
  };
}
