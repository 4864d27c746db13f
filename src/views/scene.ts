/** What a ladder shows beside the packets: who, what they wait for, and until when. */
import type { TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import type { Pending } from './pending.ts';
import type { Timeline } from './timeline.ts';

/** A note beside the client's line. */
export interface Note {
  readonly event: TraceEvent;
  text: string;
  /** `part` begins a part of the run and has a row of its own. */
  readonly tone: 'decide' | 'ok' | 'plain' | 'part';
}

export interface Scene<T extends Trace = Trace> extends Timeline<T> {
  /** The names over the two lines, and whether the server never sends anything. */
  ends(trace: T): { readonly client: string; readonly server: string; readonly isSilent: boolean };
  notes(trace: T): readonly Note[];
  waits(trace: T): readonly Pending[];
  /** A moment as a row's label. @param us microseconds */
  readonly label: (us: number) => string;
}

/** A trace never changes, so what is read from it is read once. */
export function once<T extends Trace, Read>(read: (trace: T) => Read): (trace: T) => Read {
  const known = new WeakMap<object, Read>();
  return (trace) => {
    const found = known.get(trace.events);
    if (found !== undefined) return found;
    const value = read(trace);
    known.set(trace.events, value);
    return value;
  };
}
