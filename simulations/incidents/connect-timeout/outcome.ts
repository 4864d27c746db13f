/** What a run comes to: figures that other programs compare, and its verdict, in one sentence. */
import { duration } from '../../engine/duration.ts';
import { counted } from '../../engine/wording.ts';

export interface ConnectTimeoutOutcome {
  readonly syn_times_ms: readonly number[];
  readonly errno: string | null;
  readonly returned_at_ms: number | null;
  readonly killed_at_ms: number | null;
}

/** Errors that say no more than that the program did not wait any longer. */
const STILL_TRYING = new Set(['EINPROGRESS', 'EALREADY']);

const after = (ms: number): string => (ms === 0 ? 'At once' : `After ${duration(ms * 1000)}`);

/** What the run came to, in a sentence: how the attempt ended, when, and after how many SYNs. */
export function verdictOf(outcome: ConnectTimeoutOutcome): string {
  const { syn_times_ms, errno, returned_at_ms, killed_at_ms } = outcome;
  const { length } = syn_times_ms;
  const syns = `${length === 0 ? 'no SYN' : counted(length, 'SYN')} had been sent`;
  if (killed_at_ms !== null)
    return `${after(killed_at_ms)} the supervisor killed the worker: ${syns}, and there was no connection.`;
  if (returned_at_ms === null) return `The worker never came back from its call: ${syns}.`;
  if (errno === null) return `${after(returned_at_ms)} the connection was up: ${syns}.`;
  if (STILL_TRYING.has(errno))
    return `${after(returned_at_ms)} the program stopped waiting, with ${errno}: ${syns}, and there was no connection.`;
  return `${after(returned_at_ms)} the attempt failed with ${errno}: ${syns}.`;
}
