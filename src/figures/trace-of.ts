/** The trace of one simulation, with the types of its outcome, its programs and its parameters. */
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import type { World } from '#simulations/machine/state.ts';
import type { Simulation } from '#simulations/simulation.ts';
import type { Trace } from '#simulations/trace/trace.ts';

/** Any simulation, whatever its types. */
export type Runs = Pick<Simulation, 'name' | 'parameters' | 'presets'> & { run(values: never): Trace };

/** The trace that a simulation returns: `TraceOf<typeof connectTimeout>`. */
export type TraceOf<S extends Runs> = ReturnType<S['run']> & {
  readonly parameters: Parameters<S['run']>[0];
};

/** The world of a trace, with what its programs know. */
export type WorldOf<T extends Trace> = T extends Trace<unknown, infer Programs> ? World<Programs> : never;

/** Runs a simulation with these parameters, the others at their defaults. */
export const runOf = <S extends Runs>(simulation: S, given: Given): TraceOf<S> =>
  simulation.run(settleParameters(simulation.parameters, given).values as never) as TraceOf<S>;

/** The run of a preset. @throws Error when the simulation has none with this id */
export function presetRunOf<S extends Runs>(simulation: S, id: string): TraceOf<S> {
  const preset = simulation.presets.find((preset) => preset.id === id);
  if (!preset) throw new Error(`${simulation.name} has no preset "${id}"`);
  return runOf(simulation, preset.given);
}
