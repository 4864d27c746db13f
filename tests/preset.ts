/** A simulation's presets, run. */
import { type Given, type Schema, settleParameters } from '#simulations/engine/parameters.ts';
import type { Preset, Simulation } from '#simulations/engine/simulation.ts';
import type { Trace } from '#simulations/engine/trace.ts';

/** The preset with this id. @throws Error when the simulation has none */
export function presetOf<S extends Schema, Outcome>(simulation: Simulation<S, Outcome>, id: string): Preset {
  const found = simulation.presets.find((preset) => preset.id === id);
  if (!found) throw new Error(`${simulation.name} has no preset "${id}"`);
  return found;
}

/** The run of these parameters, the others at their defaults. */
export const runOf = <S extends Schema, Outcome>(
  simulation: Simulation<S, Outcome>,
  given: Given,
): Trace<Outcome> => simulation.run(settleParameters(simulation.parameters, given).values);

/** The run of a preset. */
export const presetRun = <S extends Schema, Outcome>(
  simulation: Simulation<S, Outcome>,
  id: string,
): Trace<Outcome> => runOf(simulation, presetOf(simulation, id).given);

/** Index of the first event of a kind, so that tests need no numbers of events. @throws Error when there is none */
export function firstOf(trace: Trace, kind: string): number {
  const event = trace.events.find((event) => event.kind === kind);
  if (!event) throw new Error(`${trace.simulation} has no event ${kind}`);
  return event.index;
}
