/** A run of the close-wait-pipe incident. */
import type { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { machineOf, pipeOf } from '#simulations/machine/lookups.ts';
import type { MachineState, PipeState, World } from '#simulations/machine/state.ts';
import type { TraceOf, WorldOf } from '../trace-of.ts';

export type PileUp = TraceOf<typeof closeWaitPipe>;
export type PileUpWorld = WorldOf<PileUp>;

/** The machine that all stands still on. */
export const serverOf = (world: World): MachineState => machineOf(world, 'server');

/** The pipe behind the server's standard error. */
export const logPipe = (world: World): PipeState => pipeOf(serverOf(world));
