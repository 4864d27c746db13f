/**
 * A statechart as it is written down: what XState's machine keeps of it, and what a page needs of XState. The walker and
 * the table of TCP's transitions read this, so that a page loads the definitions without XState's own actor.
 */
import type { AnyStateMachine } from 'xstate';

/** A guard or an action by its name. */
export type Named = string | { readonly type: string; readonly params?: unknown };

type OneOrMore<T> = T | readonly T[];

export interface TransitionDefinition {
  /** A state beside this one; of a region's own transition, `.full`, a state in it. */
  readonly target?: string;
  readonly guard?: Named;
  readonly actions?: OneOrMore<Named>;
  readonly reenter?: boolean;
  readonly meta?: unknown;
}

type Transitions = Readonly<Record<string, OneOrMore<string | TransitionDefinition>>>;

export interface StateDefinition {
  readonly type?: 'final' | 'parallel';
  readonly initial?: string;
  readonly entry?: OneOrMore<Named>;
  readonly exit?: OneOrMore<Named>;
  readonly on?: Transitions;
  /** By the name of the delay. */
  readonly after?: Transitions;
  readonly states?: Readonly<Record<string, StateDefinition>>;
}

export interface Definition {
  readonly config: StateDefinition & { readonly id?: string };
  readonly implementations: Readonly<
    Record<'actions' | 'guards' | 'delays', Readonly<Record<string, unknown>>>
  >;
}

export const definitionOf = (machine: AnyStateMachine): Definition => machine as unknown as Definition;

/** What is written once or as a list, as a list. */
export const listOf = <T>(written: OneOrMore<T> | undefined): readonly T[] =>
  written === undefined ? [] : Array.isArray(written) ? written : [written as T];

/** The transitions of a state by their event, or after delays by the delay's name, the first that is open to be taken. */
export const transitionsIn = (
  written: Transitions = {},
): (readonly [string, readonly TransitionDefinition[]])[] =>
  Object.entries(written).map(([event, ways]) => [
    event,
    listOf(ways).map((way) => (typeof way === 'string' ? { target: way } : way)),
  ]);
