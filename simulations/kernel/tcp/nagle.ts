/**
 * Whether a segment may leave now or waits for company: Nagle's rule (RFC 896, RFC 1122 4.2.3.4) with
 * Minshall's variant, TCP_NODELAY and TCP_CORK, as `net/ipv4/tcp_output.c` has them.
 *
 * Left out: urgent data, `tcp_autocorking` (it holds a segment for as long as an earlier one waits in this
 * host's queue, which takes no time here).
 */
import { and, type Decision } from '../../trace/decision.ts';

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

/** The answer, and the condition that gave it. */
export interface NagleVerdict {
  readonly holds: 'Nagle' | 'cork' | null;
  readonly decision: Decision;
  /** Why, as the end of a sentence: `it is a full segment`. */
  readonly because: string;
}

const GOES = 'the segment goes out';
const STAYS = 'the segment stays in the socket';

/** Whether a small segment of ours is unacknowledged. */
export const tcp_minshall_check = ({ snd_sml, snd_una, snd_nxt }: NagleState): boolean =>
  snd_sml > snd_una && snd_sml <= snd_nxt;

const sends = (decision: Decision, because: string): NagleVerdict => ({ holds: null, decision, because });

/** Verdicts that depend on no number. */
const PUSHED = sends(
  and('tcp_nagle_test:push', [['nonagle & TCP_NAGLE_PUSH', true]], GOES),
  'what is there is pushed out',
);
const LAST = sends(
  and('tcp_nagle_test:fin', [['TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN', true]], GOES),
  'it carries the FIN',
);
const FULL = sends(and('tcp_nagle_check:partial', [['partial', false]], GOES), 'it is a full segment');
const CORKED: NagleVerdict = {
  holds: 'cork',
  decision: and('tcp_nagle_check:cork', [['nonagle & TCP_NAGLE_CORK', true]], STAYS),
  because: 'the socket is corked',
};

/** Whether a segment may be sent: `tcp_nagle_test`, and in it `tcp_nagle_check`. @param nonagle the bits */
export function tcp_nagle_test(candidate: Candidate, tp: NagleState, nonagle: number): NagleVerdict {
  if (nonagle & TCP_NAGLE_PUSH) return PUSHED;
  if (candidate.hasFin) return LAST;
  if (candidate.bytes >= candidate.mss_bytes) return FULL;
  if (nonagle & TCP_NAGLE_CORK) return CORKED;
  const isSmallOut = tcp_minshall_check(tp);
  if (!(nonagle & TCP_NAGLE_OFF) && tp.packets_out > 0 && !isSmallOut)
    return sends(minshall(tp), 'no small segment before it is unacknowledged');
  const holds = !(nonagle & TCP_NAGLE_OFF) && tp.packets_out > 0;
  const decision = and(
    'tcp_nagle_check:nagle',
    [
      ['!nonagle', !(nonagle & TCP_NAGLE_OFF)],
      ['tp->packets_out', tp.packets_out, 'segments'],
      ['tcp_minshall_check(tp)', isSmallOut],
    ],
    holds ? STAYS : GOES,
  );
  if (holds)
    return { holds: 'Nagle', decision, because: 'a small segment before it is not acknowledged yet' };
  return sends(
    decision,
    nonagle & TCP_NAGLE_OFF ? 'TCP_NODELAY is set' : 'nothing before it is unacknowledged',
  );
}

/** Why no small segment counts as unacknowledged. */
const minshall = ({ snd_sml, snd_una, snd_nxt }: NagleState): Decision =>
  and(
    'tcp_minshall_check:small',
    [
      ['after(tp->snd_sml, tp->snd_una)', snd_sml > snd_una],
      ['!after(tp->snd_sml, tp->snd_nxt)', snd_sml <= snd_nxt],
    ],
    GOES,
  );
