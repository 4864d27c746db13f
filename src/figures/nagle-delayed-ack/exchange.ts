/** A run of the nagle-delayed-ack incident. */
import type { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import type { TraceOf } from '../trace-of.ts';

export type Exchange = TraceOf<typeof nagleDelayedAck>;
