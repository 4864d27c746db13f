/** Runs of a simulation: its presets, and parameters that nobody has chosen, always the same ones. */
import { anyParameters } from '#simulations/engine/any-parameters.ts';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { Random } from '#simulations/engine/random.ts';
import { CALLS, PACKET_ACTIONS } from '#simulations/reference/tcp-states/parameters.ts';
import type { Simulation } from '#simulations/simulation.ts';
import type { Trace } from '#simulations/trace/trace.ts';

/** What a run is made of, and the run. */
export interface AnyRun {
  readonly given: Given;
  readonly trace: Trace;
}

const MOST_STEPS = 20_000;
const PACKETS = 14;

export const runOf = (simulation: Simulation, given: Given): Trace =>
  simulation.run(settleParameters(simulation.parameters, given).values) as Trace;

export const presetRuns = (simulation: Simulation): AnyRun[] =>
  simulation.presets.map(({ given }) => ({ given, trace: runOf(simulation, given) }));

/** Anything that a reader of the explorer may do, some of it without effect; half of it begins with a connection. */
function anyHistory(random: Random): Given {
  const one = <T>(of: readonly T[]): T => of[random.integer(0, of.length - 1)] as T;
  const opening = 'server.listen,client.connect,deliver.1,deliver.2,deliver.3,server.accept'.split(',');
  const steps = random.integer(0, 1) ? opening : [];
  for (let left = random.integer(0, 25); left > 0; left--) {
    const kind = random.integer(0, 9);
    if (kind < 5) steps.push(`deliver.${random.integer(1, PACKETS)}`);
    else if (kind < 8) steps.push(`${one(['client', 'server'])}.${one(Object.keys(CALLS))}`);
    else if (kind < 9) steps.push(`${one(Object.keys(PACKET_ACTIONS))}.${random.integer(1, PACKETS)}`);
    else steps.push('wait');
  }
  return { history: steps.join(',') };
}

/** @param most how many to try; those that are too large are left out */
export function anyRuns(simulation: Simulation, most: number): AnyRun[] {
  const random = new Random(11);
  return Array.from({ length: most }, () =>
    'history' in simulation.parameters ? anyHistory(random) : anyParameters(simulation.parameters, random),
  ).flatMap((given) => {
    const { values } = settleParameters(simulation.parameters, given);
    const { events, steps } = simulation.size(values);
    return Math.max(events, steps) > MOST_STEPS ? [] : [{ given, trace: runOf(simulation, given) }];
  });
}
