/** What the page needs to know about a simulation to draw its figure. */
import type { AnyStateMachine } from 'xstate';
import type { World } from '#simulations/machine/state.ts';
import type { Simulation } from '#simulations/simulation.ts';
import type { Tool } from '#simulations/tools/tool.ts';
import type { TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import type { ChartPart } from '../views/chart-part.ts';
import type { Panel, Variable } from '../views/gauges.ts';
import type { RegionPlace } from '../views/regions.ts';
import type { Timeline } from '../views/timeline.ts';
import type { Runs, TraceOf, WorldOf } from './trace-of.ts';

/** What every main picture says of itself. */
interface PictureFrame<T extends Trace> {
  /** Heading, and a few words beside it. */
  readonly title: string;
  readonly note: string;
  /** What it shows, in a word or two, for those who cannot see it: `Packets`. */
  readonly label: string;
  /** `column`: a narrow column beside states and kernel code. `wide`: two columns, states and gauges below it. */
  readonly layout: 'column' | 'wide';
  /** Whether the run has packets that can be saved for Wireshark. */
  readonly hasPackets: boolean;
  /** The marks that the run's picture uses, as markup. */
  legend(trace: T): string;
}

/** A picture of the whole run, drawn once for each run: its parts appear with their events (`appearing`). */
export interface RunPicture<T extends Trace = Trace> extends PictureFrame<T> {
  readonly shows: 'run';
  /** Its width, in its own units; it fills its pane's width, and scrolls in it with the cursor. */
  readonly width: number;
  /** @param beside another run that shares the scale @returns a whole SVG document */
  draw(trace: T, beside?: T): string;
}

/** A picture of one moment, drawn again at each move of the cursor. */
export interface MomentPicture<T extends Trace = Trace> extends PictureFrame<T> {
  readonly shows: 'moment';
  /**
   * A pure function, fast enough to be drawn sixty times a second. The picture must do with 300 to 900 px of width:
   * give it `width="100%"`, a height in px and no viewBox, and place things at shares of the width, so that it
   * stretches and its type does not. It should be as high at every moment of a run, and keep some px from its edges,
   * for it is also saved as a file.
   * @param index of the last event @param at_us the moment, which may be later @param beside another run that shares
   * the scale @returns a whole SVG document
   */
  draw(trace: T, index: number, at_us: number, beside?: T): string;
}

export type Picture<T extends Trace = Trace> = RunPicture<T> | MomentPicture<T>;

/** A statechart beside the picture: which machine region, and where it stands at a moment. */
export interface ChartPlace<T extends Trace = Trace> {
  readonly machine: AnyStateMachine;
  /** A parallel region of it; its own name when it has none. */
  readonly region: string;
  /** The name of the state that it is in, or undefined where the world has no such thing. */
  stateIn(world: WorldOf<T>): string | undefined;
  /** The states and transitions to draw; all when left out. */
  readonly part?: ChartPart;
}

/** Both ends' regions beside the picture. */
export interface RegionTable {
  readonly machine: AnyStateMachine;
  readonly places: readonly RegionPlace[];
  /** The state of an end's region, or undefined. @param side `client` or `server` */
  stateIn(world: World, side: string, region: string): string | undefined;
  /** What an event decided, or null. */
  decidedBy(event: TraceEvent): DecidedRegion | null;
}

/** The end and the region that an event's kernel line belongs to. */
export interface DecidedRegion {
  readonly actor: string;
  readonly region: string;
}

/** A picture of the whole run above the time line. */
export interface Strip<T extends Trace = Trace> {
  readonly title: string;
  readonly note: string;
  /** @param beside another run that shares the scale */
  draw(trace: T, beside?: T): string;
}

/** What moves in a figure: all that the page's script needs of it at once. @typeParam T the trace of its simulation */
export interface LiveFigure<T extends Trace = Trace> {
  readonly simulation: Simulation;
  /** Id of the preset that the page begins with. */
  readonly initial: string;
  /** What takes most room: the ladder, or a picture of the moment. */
  readonly picture: Picture<T>;
  /** The rows under the views, on which the cursor moves. */
  readonly timeline: Timeline<T>;
  /** The statecharts beside the picture, each with a region of another name. */
  readonly charts: readonly ChartPlace<T>[];
  readonly regions?: RegionTable;
  readonly strip?: Strip<T>;
  /** How the moment is written, where thousandths of a second are not the right grain. @param us microseconds */
  clock?(us: number): string;
  /** Who an event's sentence is about, before it, where both ends have much to say. */
  speaker?(event: TraceEvent): string;
  /** The gauges at a moment. @param index of the last event @param at_us the moment, which may be later */
  gauges(trace: T, index: number, at_us: number): Panel;
  /** The outcome in a few words, for a comparison. */
  summary(trace: T): readonly Variable[];
}

/** The whole figure, as it is drawn when the site is built. */
export interface Figure extends LiveFigure {
  /** Heading of the states and gauges, and a few words beside it. */
  readonly states: { readonly title: string; readonly note: string };
  /** Ids of the kernel excerpts that its events can point to. */
  readonly excerpts: ReadonlySet<string>;
  /** What can be printed of the run, one tab for each. */
  readonly tools: readonly Tool[];
}

/** The figure of a simulation whose types are forgotten, as the page's script handles them all alike. */
export const asLive = <S extends Runs>(
  simulation: S,
  rest: Omit<LiveFigure<TraceOf<S>>, 'simulation'>,
): LiveFigure => ({ simulation, ...rest }) as unknown as LiveFigure;
