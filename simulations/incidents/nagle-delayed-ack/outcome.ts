/** What a run comes to: figures that other programs compare, and its verdict, in one or two sentences. */
import { duration } from '../../engine/duration.ts';

export interface NagleDelayedAckOutcome {
  readonly latencies_ms: readonly number[];
  readonly stalls: readonly number[];
}

/**
 * What the run came to, in a sentence or two: which requests stalled, how long they took, and how long the others.
 * @param answered how many requests got their whole response; only the last can be without
 */
export function verdictOf({ latencies_ms, stalls }: NagleDelayedAckOutcome, answered: number): string {
  const { length } = latencies_ms;
  if (length === 0) return 'No request was made.';
  const unanswered =
    answered === length
      ? ''
      : length === 1
        ? ' It was never answered.'
        : ` Request ${length} was never answered.`;
  const done = latencies_ms.slice(0, answered);
  const isStalled = (_: number, i: number) => stalls.includes(i + 1);
  const slow = done.filter(isStalled);
  const quick = done.filter((each, i) => !isStalled(each, i));
  const who =
    length === 1
      ? `The request ${stalls.length === 0 ? 'did not stall' : 'stalled'}`
      : stalls.length === 0
        ? `None of ${length} requests stalled`
        : stalls.length === length
          ? `All ${length} requests stalled`
          : `${stalls.length} of ${length} requests stalled`;
  const took = [
    tookIn(slow, quick.length > 0 ? 'these' : length > 1 ? 'they' : 'it'),
    tookIn(quick, slow.length > 0 ? 'the others' : length > 1 ? 'they' : 'it'),
  ];
  const times = took.filter((each) => each !== null).join(', ');
  return `${who}${times && `: ${times}`}.${unanswered}`;
}

/** `they took 42 ms each`, `the others took 2 ms to 3 ms`. @param who took so long; several, but for `it` */
function tookIn(latencies_ms: readonly number[], who: string): string | null {
  if (latencies_ms.length === 0) return null;
  const least = duration(Math.min(...latencies_ms) * 1000);
  const most = duration(Math.max(...latencies_ms) * 1000);
  const one = { these: 'it', 'the others': 'the other' }[who] ?? who;
  if (latencies_ms.length === 1) return `${one} took ${most}`;
  return least === most ? `${who} took ${most} each` : `${who} took ${least} to ${most}`;
}
