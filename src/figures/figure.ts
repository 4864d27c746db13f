/** What the page needs to know about a simulation to draw its figure. */
import type { Schema } from '#simulations/engine/parameters.ts';
import type { Simulation } from '#simulations/engine/simulation.ts';
import type { Trace } from '#simulations/engine/trace.ts';
import type { Gauge, Variable } from '../views/gauges.ts';

/** A statechart beside the ladder: which machine region, and where in the trace its state is found. */
export interface ChartPlace {
  readonly region: string;
  /** Actor and field of the trace's state that hold the state's name. */
  readonly actor: string;
  readonly field: string;
  /** The states to draw; all when left out. */
  readonly only?: readonly string[];
}

export interface Figure {
  readonly simulation: Simulation;
  /** Id of the preset that the page begins with. */
  readonly initial: string;
  readonly charts: readonly ChartPlace[];
  /** Ids of the kernel excerpts that its events can point to. */
  readonly excerpts: readonly string[];
  /** The gauges at a moment. @param index of the last event @param at_us the moment, which may be later */
  gauges(
    trace: Trace,
    index: number,
    at_us: number,
  ): { gauges: readonly Gauge[]; variables: readonly Variable[] };
  /** The outcome in a few words, for a comparison. */
  summary(trace: Trace): readonly Variable[];
}

/** The figure of a simulation whose types are forgotten, as the page's script handles them all alike. */
export const asFigure = <S extends Schema, O>(
  simulation: Simulation<S, O>,
  rest: Omit<Figure, 'simulation'>,
): Figure => ({ simulation: simulation as unknown as Simulation, ...rest });
