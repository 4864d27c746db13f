/** What a run comes to: figures that other programs compare, and its verdict, in two sentences. */
import { bytes, capital, count, span } from '../../engine/wording.ts';

export interface PipeBufferOutcome {
  readonly pipe_size_bytes: number;
  readonly accepted_bytes: number;
  readonly blocked_at_ms: number | null;
  readonly errno: string | null;
  readonly signal: string | null;
  readonly wakeups: readonly { readonly at_ms: number; readonly free_bytes: number }[];
  readonly pollout_at_free_bytes: number | null;
}

/** What the run came to, in a sentence or two: what went in, whether a writer had to wait, and the error that ended it. */
export function verdictOf(outcome: PipeBufferOutcome): string {
  const { accepted_bytes, pipe_size_bytes, blocked_at_ms, errno, signal } = outcome;
  const went = accepted_bytes === 0 ? 'nothing' : bytes(accepted_bytes);
  const first = `${capital(went)} went into a pipe of ${bytes(pipe_size_bytes)}.`;
  const waited = blocked_at_ms === null ? refused(outcome) : slept(outcome, blocked_at_ms);
  const last =
    signal !== null ? `${signal} killed a writer` : errno === 'EPIPE' ? 'write() failed with EPIPE' : null;
  if (!waited && !last) return `${first} No writer had to wait.`;
  if (!waited) return `${first} ${last}.`;
  return `${first} ${waited}${last ? `; in the end ${last}` : ''}.`;
}

function slept({ wakeups }: PipeBufferOutcome, blocked_at_ms: number): string {
  return `A writer fell asleep in write() ${moment(blocked_at_ms)}, and ${goingOn(wakeups.length)}`;
}

/** What a non-blocking writer found. */
function refused({ errno, wakeups, pollout_at_free_bytes }: PipeBufferOutcome): string | null {
  if (errno !== 'EAGAIN' && wakeups.length === 0) return null;
  const free =
    pollout_at_free_bytes === null ? '' : `, for the first time with ${bytes(pollout_at_free_bytes)} free`;
  return `A writer got EAGAIN from the full pipe, and ${goingOn(wakeups.length)}${wakeups.length ? free : ''}`;
}

/** How often sleeping writers were woken and went on. */
const goingOn = (times: number): string => {
  if (times === 0) return 'no sleeper ever went on';
  return `sleepers went on ${times === 1 ? 'once' : `${count(times)} times`}`;
};

const moment = (ms: number): string => (ms === 0 ? 'at once' : `after ${span(ms * 1000)}`);
