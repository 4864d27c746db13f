/** A simulation's presets, run. */
import type { Preset } from '#simulations/simulation.ts';
import type { TraceEvent } from '#simulations/trace/event.ts';
import { type Runs, runOf, type TraceOf } from '#site/figures/trace-of.ts';

export { runOf };

/** The preset with this id. @throws Error when the simulation has none */
export function presetOf({ name, presets }: Pick<Runs, 'name' | 'presets'>, id: string): Preset {
  const found = presets.find((preset) => preset.id === id);
  if (!found) throw new Error(`${name} has no preset "${id}"`);
  return found;
}

/** The run of a preset. */
export const presetRun = <S extends Runs>(simulation: S, id: string): TraceOf<S> =>
  runOf(simulation, presetOf(simulation, id).given);

/** Index of the first event of a kind, so that tests need no numbers of events. @throws Error when there is none */
export function firstOf(
  { simulation, events }: { readonly simulation: string; readonly events: readonly TraceEvent[] },
  kind: TraceEvent['kind'],
): number {
  const event = events.find((event) => event.kind === kind);
  if (!event) throw new Error(`${simulation} has no event ${kind}`);
  return event.index;
}
