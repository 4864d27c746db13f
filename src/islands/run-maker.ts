/**
 * Makes the runs of a page, one at a time. A large one is made in slices, so that the page can be scrolled and something
 * else can be chosen meanwhile.
 */
import type { Values } from '#simulations/engine/parameters.ts';
import { capital } from '#simulations/engine/wording.ts';
import { type Simulation, tooLarge } from '#simulations/simulation.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { nextTask } from './task.ts';

/** How long the page may stand still, in ms: less than a frame. */
const SLICE_ms = 12;

/** What came of it: the run, a sentence that says why there is none, or null where another run was asked for meanwhile. */
export type Made = Trace | string | null;

export class RunMaker {
  /** Told how many events a run has so far, when it takes more than a moment; null when it is over. */
  readonly #tell: (events: number | null) => void;
  #turn = 0;

  constructor(tell: (events: number | null) => void) {
    this.#tell = tell;
  }

  /** Makes a run. What was being made is given up. @param values sound parameters */
  async make(simulation: Simulation, values: Values<Simulation['parameters']>): Promise<Made> {
    const turn = ++this.#turn;
    this.#tell(null);
    const problem = tooLarge(simulation.size(values));
    if (problem) return `${capital(problem)}.`;
    const slices = simulation.start(values);
    let since_ms = performance.now();
    for (let slice = slices.next(); ; slice = slices.next()) {
      if (slice.done) {
        this.#tell(null);
        return slice.value;
      }
      if (performance.now() - since_ms < SLICE_ms) continue;
      this.#tell(slice.value);
      await nextTask();
      if (turn !== this.#turn) return null;
      since_ms = performance.now();
    }
  }
}
