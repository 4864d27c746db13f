/** A run of the pipe-buffer simulation. */
import type { pipeBuffer } from '#simulations/reference/pipe-buffer/simulation.ts';
import type { TraceOf, WorldOf } from '../trace-of.ts';

export type PipeRun = TraceOf<typeof pipeBuffer>;
export type PipeWorld = WorldOf<PipeRun>;
