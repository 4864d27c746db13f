/**
 * Which kernel excerpts the runs of a simulation point to: found by running it, so that no list has to be kept. Its
 * presets are run, and parameters that nobody has chosen, always the same ones.
 */
import { anyParameters } from '#simulations/engine/any-parameters.ts';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { Random } from '#simulations/engine/random.ts';
import type { Simulation } from '#simulations/simulation.ts';
import type { KernelMark } from '#simulations/trace/event.ts';

const RANDOM_RUNS = 400;
/** A larger run takes long, and points to what smaller ones do. */
const MOST_STEPS = 2000;

const known = new WeakMap<Simulation, ReadonlySet<KernelMark>>();

/** Every mark that a run of the simulation has been seen to point to, and those of its decisions. */
export function usedMarks(simulation: Simulation): ReadonlySet<KernelMark> {
  const found = known.get(simulation);
  if (found) return found;
  const marks = new Set<KernelMark>();
  const run = (given: Given, isChosen: boolean) => {
    const { values } = settleParameters(simulation.parameters, given);
    const { events, steps } = simulation.size(values);
    if (!isChosen && Math.max(events, steps) > MOST_STEPS) return;
    for (const { mark, decision } of simulation.run(values).events) {
      if (mark) marks.add(mark);
      if (decision) marks.add(decision.mark);
    }
  };
  for (const { given } of simulation.presets) run(given, true);
  const random = new Random(1);
  for (let i = 0; i < RANDOM_RUNS; i++) run(anyParameters(simulation.parameters, random), false);
  known.set(simulation, marks);
  return marks;
}

/** The excerpts' ids: what stands before a mark's colon. */
export const usedExcerpts = (simulation: Simulation): ReadonlySet<string> =>
  new Set([...usedMarks(simulation)].map((mark) => mark.split(':')[0] ?? ''));
