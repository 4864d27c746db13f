/** Why an event went the way it did: the kernel's condition with the value of each operand. */
import type { KernelMark } from './mark.ts';

/** A part of a condition, spelled as in the kernel's line. */
export interface Operand {
  /** As it stands in the lit lines of the mark; a test looks for it there. */
  readonly source: string;
  readonly value: string | number | boolean | null;
  /** What a number counts, or null where it is a place in the stream, a count of events, or no number. */
  readonly unit: Unit | null;
  /** Whether the result depended on it: all operands of a true "and", the false ones of a false "and". */
  readonly made_it: boolean;
}

/** Times are given in ms where the kernel counts jiffies. */
export type Unit = 'ms' | 'bytes' | 'segments';

/** A condition of the kernel with the value of each operand, what it came to and what follows. */
export interface Decision {
  /** The line of the condition, which may be another than the line that acts on it: the event's own mark. */
  readonly mark: KernelMark;
  readonly operands: readonly Operand[];
  /**
   * How the operands make the result. With `and` and `or` each holds where its value is neither 0 nor false nor null, as
   * in C. A `comparison` is true or false of all of them together; a `formula` gives a value.
   */
  readonly joined: 'and' | 'or' | 'comparison' | 'formula';
  /** `true` or `false`, or what a formula came to: `40 ms`. */
  readonly result: string;
  /** What follows from it: `the segment stays in the socket`. */
  readonly follows: string;
}

/** The line that acts, and the decision behind it. */
export interface Reason {
  readonly mark: KernelMark;
  readonly decision?: Decision;
}

/** Why something is done: a kernel line, with the values that it decided on where they are known. */
export type Why = KernelMark | Reason;

/** A decision as the reason of an event. @param mark the line that acts on it, where it is another */
export const reasonOf = (decision: Decision, mark: KernelMark = decision.mark): Required<Reason> => ({
  mark,
  decision,
});

type Part = readonly [source: string, value: Operand['value'], unit?: Unit];

/** A condition joined by "and". */
export const and = (mark: KernelMark, parts: readonly Part[], follows: string): Decision =>
  joined('and', mark, parts, follows);

/** A condition joined by "or". */
export const or = (mark: KernelMark, parts: readonly Part[], follows: string): Decision =>
  joined('or', mark, parts, follows);

/** One operand decides an "and" that fails and an "or" that holds; else all of them do. */
function joined(how: 'and' | 'or', mark: KernelMark, parts: readonly Part[], follows: string): Decision {
  const isAnd = how === 'and';
  const holds = isAnd ? parts.every(([, value]) => value) : parts.some(([, value]) => value);
  return {
    mark,
    operands: parts.map(([source, value, unit = null]) => ({
      source,
      value,
      unit,
      made_it: holds === isAnd || Boolean(value) !== isAnd,
    })),
    joined: how,
    result: String(holds),
    follows,
  };
}

/** A comparison of its operands. */
export const comparison = (
  mark: KernelMark,
  holds: boolean,
  parts: readonly Part[],
  follows: string,
): Decision => ({ mark, operands: allOf(parts), joined: 'comparison', result: String(holds), follows });

/** A value that is worked out of its operands. */
export const formula = (
  mark: KernelMark,
  result: string,
  parts: readonly Part[],
  follows: string,
): Decision => ({ mark, operands: allOf(parts), joined: 'formula', result, follows });

const allOf = (parts: readonly Part[]): Operand[] =>
  parts.map(([source, value, unit = null]) => ({ source, value, unit, made_it: true }));
