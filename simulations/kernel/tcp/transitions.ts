/** The connection region of the statechart as a table: for the site, the tests, and records that have no actor. */
import type { KernelMark } from '../../engine/trace.ts';
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

/** Every transition from one state to another, and TIME_WAIT's to itself, in the machine's order. */
export const transitions: readonly Transition[] = Object.values(
  connectionMachine.root.states.connection?.states ?? {},
).flatMap((state) =>
  [...state.transitions.values()].flat().flatMap(({ eventType, target, meta }): Transition[] => {
    const { sends, mark } = (meta ?? {}) as Partial<TransitionMeta>;
    const to = target?.[0]?.key;
    return to && mark ? [{ from: state.key, event: eventType, to, sends: sends ?? null, mark }] : [];
  }),
);

/** The eleven states, in the machine's order. */
export const states: readonly string[] = Object.keys(connectionMachine.root.states.connection?.states ?? {});

const byState = new Map(
  states.map((state) => [
    state,
    new Map(transitions.filter(({ from }) => from === state).map((one) => [one.event, one])),
  ]),
);

/** The transition that an event makes in a state, or undefined where it makes none. */
export const transitionOf = (state: string, event: string): Transition | undefined =>
  byState.get(state)?.get(event);
