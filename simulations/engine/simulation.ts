/** A simulation: a pure function from parameters to a trace, with what a person needs to use it. */
import type { Given, Schema, Values } from './parameters.ts';
import type { Trace } from './trace.ts';

/** A named set of parameters worth a look. */
export interface Preset {
  readonly id: string;
  /** A few words for a button. */
  readonly label: string;
  /** One sentence: what it shows. */
  readonly help: string;
  readonly given: Given;
}

export interface Simulation<S extends Schema = Schema, Outcome = unknown> {
  readonly name: string;
  /** One line: what happens in it. */
  readonly title: string;
  readonly parameters: S;
  readonly presets: readonly Preset[];
  /** Outcome field → what it is, with its unit. */
  readonly outcome: { readonly [F in keyof Outcome]: string };
  run(values: Values<S>): Trace<Outcome>;
}
