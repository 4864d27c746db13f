/** What waits at the ends of a run, as a ladder and a time line draw it, and when the run is over. */
import type { TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';

export type Side = 'client' | 'server';

/** Something that waits at one end, from one event to another. */
export interface Pending {
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

/** The moment of a trace's last event, in µs. */
export const lastMoment = ({ events }: Trace): number => events.at(-1)?.at_us ?? 0;
