/** The connection region of the statechart as a table: for the site, the tests, and records that have no actor. */
import { definitionOf, transitionsIn } from '../../engine/definition.ts';
import type { KernelMark } from '../../trace/event.ts';
import { connectionMachine, type TransitionMeta } from './connection.ts';

/** One arrow of the state diagram. */
export interface Transition {
  readonly from: string;
  readonly event: string;
  readonly to: string;
  /** What goes onto the wire, or null. */
  readonly sends: string | null;
  readonly mark: KernelMark;
}

const written = definitionOf(connectionMachine).config.states?.connection?.states ?? {};

/** Every transition from one state to another, and TIME_WAIT's to itself, in the machine's order. */
export const transitions: readonly Transition[] = Object.entries(written).flatMap(([from, { on }]) =>
  transitionsIn(on).flatMap(([event, ways]) =>
    ways.flatMap(({ target, meta }): Transition[] => {
      const { sends, mark } = (meta ?? {}) as Partial<TransitionMeta>;
      return target && mark ? [{ from, event, to: target, sends: sends ?? null, mark }] : [];
    }),
  ),
);

/** The eleven states, in the machine's order. */
export const states: readonly string[] = Object.keys(written);

const byState = new Map(
  states.map((state) => [
    state,
    new Map(transitions.filter(({ from }) => from === state).map((one) => [one.event, one])),
  ]),
);

/** The transition that an event makes in a state, or undefined where it makes none. */
export const transitionOf = (state: string, event: string): Transition | undefined =>
  byState.get(state)?.get(event);
