/** How the kernel answers a call: a value or an error, the line that decided it, and why. */
import type { Answer } from '../machine/program.ts';
import type { KernelMark } from '../trace/event.ts';
import type { Errno } from './errno.ts';

/** An answer that says which kernel line decided it, and why in words. */
export interface Reasoned extends Answer {
  readonly mark?: KernelMark | undefined;
  readonly because?: string | undefined;
}

export const success = (value = 0, mark?: KernelMark): Reasoned => ({ value, errno: null, mark });

export const failure = (errno: Errno, mark?: KernelMark, because?: string): Reasoned => ({
  value: -1,
  errno,
  mark,
  because,
});
