/** How the kernel answers a call: a value or an error, the line that decided it, and why. */
import type { Answer } from '../machine/program.ts';
import type { Decision, Why } from '../trace/decision.ts';
import type { KernelMark } from '../trace/event.ts';
import type { Errno } from './errno.ts';

/** An answer that says which kernel line decided it, on what, and why in words. */
export interface Reasoned extends Answer {
  readonly mark?: KernelMark | undefined;
  readonly decision?: Decision | undefined;
  readonly because?: string | undefined;
}

const markIn = (why: Why | undefined): KernelMark | undefined => (typeof why === 'string' ? why : why?.mark);
const decisionIn = (why: Why | undefined): Decision | undefined =>
  typeof why === 'string' ? undefined : why?.decision;

/**
 * A call that did what was asked.
 * @param value what it returns: bytes, a descriptor, or 0
 * @param why the kernel line that let it, with what it decided on where that is known
 */
export const success = (value = 0, why?: Why): Reasoned => ({
  value,
  errno: null,
  mark: markIn(why),
  decision: decisionIn(why),
});

/**
 * A call that returns −1.
 * @param why the kernel line that refused it, with what it decided on where that is known
 * @param because a sentence for the reader, where the line alone does not tell
 */
export const failure = (errno: Errno, why?: Why, because?: string): Reasoned => ({
  value: -1,
  errno,
  mark: markIn(why),
  decision: decisionIn(why),
  because,
});
