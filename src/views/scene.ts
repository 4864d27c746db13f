/** What a ladder shows beside the packets: who, what they wait for, and until when. */
import type { TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import type { Timeline } from './timeline.ts';

export type Side = 'client' | 'server';

/** A note beside the client's line. */
export interface Note {
  readonly event: TraceEvent;
  text: string;
  /** `part` begins a part of the run and has a row of its own. */
  readonly tone: 'decide' | 'ok' | 'plain' | 'part';
}

/** Something that waits at one end, from one event to another. */
export interface Wait {
  readonly side: Side;
  /**
   * A timer that runs; an acknowledgement that waits for data to ride on; bytes that stay in the socket; a time in
   * which each end waits for the other.
   */
  readonly kind: 'timer' | 'delayed-ack' | 'held' | 'stall';
  readonly from: TraceEvent;
  /** The event that ends it; none while the run is over before, or when only its moment is known. */
  readonly end: TraceEvent | undefined;
  readonly end_us: number;
  /** How much of it was left when it ended, 0 … 1. */
  readonly left: number;
  readonly label: string;
}

export interface Scene<T extends Trace = Trace> extends Timeline<T> {
  /** The names over the two lines, and whether the server never sends anything. */
  ends(trace: T): { readonly client: string; readonly server: string; readonly isSilent: boolean };
  notes(trace: T): readonly Note[];
  waits(trace: T): readonly Wait[];
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

/** The moment of a trace's last event, in µs. */
export const lastMoment = ({ events }: Trace): number => events.at(-1)?.at_us ?? 0;
