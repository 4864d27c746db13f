/** What the page needs to know about a simulation to draw its figure. */
import type { AnyStateMachine } from 'xstate';
import type { Schema } from '#simulations/engine/parameters.ts';
import type { Simulation } from '#simulations/engine/simulation.ts';
import type { Trace, TraceEvent } from '#simulations/engine/trace.ts';
import type { Tool } from '#simulations/tools/line.ts';
import type { ChartPart } from '../views/chart-part.ts';
import type { Panel, Variable } from '../views/gauges.ts';
import type { RegionPlace } from '../views/regions.ts';
import type { Scene } from '../views/scene.ts';

/** A statechart beside the ladder: which machine region, and where in the trace its state is found. */
export interface ChartPlace {
  readonly machine: AnyStateMachine;
  readonly region: string;
  /** Actor and field of the trace's state that hold the state's name. */
  readonly actor: string;
  readonly field: string;
  /** The states and transitions to draw; all when left out. */
  readonly part?: ChartPart;
}

/** Both ends' regions beside the ladder. */
export interface RegionTable {
  readonly machine: AnyStateMachine;
  readonly places: readonly RegionPlace[];
  /** What an event decided, or null. */
  decidedBy(event: TraceEvent): Decision | null;
}

/** The end and the region that an event's kernel line belongs to. */
export interface Decision {
  readonly actor: string;
  readonly region: string;
  /** The state that the region enters with this event, where the event is told before it does. */
  readonly enters?: string;
}

/** A picture of the whole run above the time line. */
export interface Strip {
  readonly title: string;
  readonly note: string;
  /** @param beside another run that shares the scale */
  draw(trace: Trace, beside?: Trace): string;
}

/** What moves in a figure: all that the page's script needs of it at once. */
export interface LiveFigure {
  readonly simulation: Simulation;
  /** Id of the preset that the page begins with. */
  readonly initial: string;
  /** What the ladder and the time line show. */
  readonly scene: Scene;
  readonly regions?: RegionTable;
  readonly strip?: Strip;
  /** How the moment is written, where thousandths of a second are not the right grain. @param us microseconds */
  clock?(us: number): string;
  /** Who an event's sentence is about, before it, where both ends have much to say. */
  speaker?(event: TraceEvent): string;
  /** The gauges at a moment. @param index of the last event @param at_us the moment, which may be later */
  gauges(trace: Trace, index: number, at_us: number): Panel;
  /** The outcome in a few words, for a comparison. */
  summary(trace: Trace): readonly Variable[];
}

/** The whole figure, as it is drawn when the site is built. */
export interface Figure extends LiveFigure {
  /** Heading of the states and gauges, and a few words beside it. */
  readonly states: { readonly title: string; readonly note: string };
  readonly charts: readonly ChartPlace[];
  /** Ids of the kernel excerpts that its events can point to. */
  readonly excerpts: readonly string[];
  /** What can be printed of the run, one tab for each. */
  readonly tools: readonly Tool[];
}

/** The figure of a simulation whose types are forgotten, as the page's script handles them all alike. */
export const asLive = <S extends Schema, O>(
  simulation: Simulation<S, O>,
  rest: Omit<LiveFigure, 'simulation'>,
): LiveFigure => ({ simulation: simulation as unknown as Simulation, ...rest });
