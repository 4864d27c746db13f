/**
 * The trace: what one run did. Views, tools, transcript, kernel marks and tests read this and nothing else.
 */
import type { Json } from '../engine/json.ts';
import type { World } from '../machine/state.ts';
import type { TraceEvent } from './event.ts';
import type { Section, Wait } from './wait.ts';

/**
 * What a simulation returns.
 * @typeParam Outcome the part that other programs compare
 * @typeParam Programs what the programs of the incident know of themselves
 */
export interface Trace<Outcome = unknown, Programs = unknown> {
  readonly simulation: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly events: readonly TraceEvent[];
  readonly outcome: Outcome;
  /** Everything after event `index` and all that it led to at that very moment. Found by search, when it is asked for. */
  worldAt(index: number): World<Programs>;
  /** Who waited for what, in the order in which the waits began. */
  readonly waits: readonly Wait[];
  /** The named parts of the run, in order; they do not overlap. */
  readonly sections: readonly Section[];
  /** What the run came to, with its numbers: one or two sentences. */
  readonly verdict: string;
  /** Indices of the events that tell the story. */
  readonly beats: readonly number[];
  /** Hash of parameters, events and outcome. */
  readonly hash: string;
}
