/** A simulation: a pure function from parameters to a trace, with what a person needs to use it. */
import type { Given, Schema, Values } from './engine/parameters.ts';
import { count } from './engine/wording.ts';
import type { Interventions, Slices } from './machine/run.ts';
import type { Trace } from './trace/trace.ts';

/** A named set of parameters worth a look. */
export interface Preset {
  readonly id: string;
  /** A few words for a button. */
  readonly label: string;
  /** One sentence: what it shows. */
  readonly help: string;
  readonly given: Given;
}

/** How large a run will be, within a factor of two. */
export interface RunSize {
  /** Events in the trace. */
  readonly events: number;
  /** Steps of the machine, most of them untold: what the run costs. */
  readonly steps: number;
  /** The parameter to lower where that is too much. */
  readonly lower: string;
}

/** The most events that a page shows. */
export const MOST_EVENTS = 20_000;

/** Why a run is too large, in one sentence without its full stop, or null. @param most events @param where they are too many */
export function tooLarge({ events, lower }: RunSize, most = MOST_EVENTS, where = 'a page'): string | null {
  if (events <= most) return null;
  const about = Number(events.toPrecision(2));
  return `this run would have about ${count(about)} events, and ${where} takes ${count(most)} at most: lower ${lower}`;
}

/** Told now and then, while a run goes on, how many events it has. */
export type Watch = (events: number) => void;

export interface Simulation<S extends Schema = Schema, Outcome = unknown, Programs = unknown> {
  readonly name: string;
  /** One line: what happens in it. */
  readonly title: string;
  readonly parameters: S;
  readonly presets: readonly Preset[];
  /** About how much a run with these parameters will do: asked before it is run. */
  size(values: Values<S>): RunSize;
  /** The parameters of the largest run that a page shows. */
  readonly largest: Given;
  /** Outcome field → what it is, with its unit. */
  readonly outcome: { readonly [F in keyof Outcome]: string };
  /**
   * A run in slices of a few milliseconds, for a page that must not stand still meanwhile.
   * @param actions what a person does on the way; they change nothing before they are done
   */
  start(values: Values<S>, actions?: Interventions): Slices<Trace<Outcome, Programs>>;
  /** A run in one go. @param watch is told now and then how far it is */
  run(values: Values<S>, actions?: Interventions, watch?: Watch): Trace<Outcome, Programs>;
}

/** A simulation from its parts. */
export const simulationOf = <S extends Schema, Outcome, Programs = unknown>(
  parts: Omit<Simulation<S, Outcome, Programs>, 'run'>,
): Simulation<S, Outcome, Programs> => ({
  ...parts,
  run(values, actions, watch) {
    const slices = parts.start(values, actions);
    for (let slice = slices.next(); ; slice = slices.next()) {
      if (slice.done) return slice.value;
      watch?.(slice.value);
    }
  },
});

/** A simulation whose types are forgotten, as those handle it that handle all alike. */
export const anySimulation = <S extends Schema, Outcome, Programs>(
  simulation: Simulation<S, Outcome, Programs>,
): Simulation => simulation as unknown as Simulation;
