/** Where a part of a picture stands relative to the cursor. */
import type { TraceEvent } from '#simulations/trace/event.ts';

/** Not yet there; belongs to this very moment; stays from before; was there and has gone. */
export type Phase = 'future' | 'now' | 'past' | 'gone';

/** @param from index of the event that brings it @param until index of the event that takes it away */
export function phaseAt(
  events: readonly TraceEvent[],
  cursor: number,
  from: number,
  until: number | undefined,
): Phase {
  if (from > cursor) return 'future';
  if (until !== undefined && until <= cursor) return 'gone';
  return events[from]?.at_us === events[cursor]?.at_us ? 'now' : 'past';
}

/** The same markup with each part's phase as its class: the picture at one moment, before any script runs. */
export const frozenAt = (markup: string, events: readonly TraceEvent[], cursor: number): string =>
  markup.replace(
    /data-from="(\d+)"(?: data-until="(\d+)")?/g,
    (attributes, from: string, until: string | undefined) =>
      `${attributes} class="${phaseAt(events, cursor, Number(from), until === undefined ? undefined : Number(until))}"`,
  );
