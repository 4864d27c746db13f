/** A run of the connect-timeout incident. */
import type { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import type { TraceOf } from '../trace-of.ts';

export type Attempt = TraceOf<typeof connectTimeout>;
