/** A tool as a shell calls it: words in, text out. */
import type { MachineState } from '../machine/state.ts';

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  /** 0 unless the words were wrong or what was asked for is not there. */
  readonly exit: number;
}

/** How the output is made for a page; a real tool has no such words. */
export interface View {
  /** Of what looks alike, at most so many are printed, and then a comment says how many more there are. */
  readonly most_alike?: number;
}

/**
 * A tool that reads the snapshot of one machine.
 *
 * @param at_us the time of the snapshot: what is left of a timer, and how long ago something was, is counted from it
 * @param argv the words after the tool's name
 */
export type Command = (machine: MachineState, at_us: number, argv: readonly string[], view?: View) => Output;

/** What a tool prints when all is well: exit code 0. */
export const printed = (stdout: string): Output => ({ stdout, stderr: '', exit: 0 });

/** What a tool says on standard error alone. @param stderr without the line feed at its end @param exit the real tool's code */
export const failed = (stderr: string, exit: number): Output => ({ stdout: '', stderr: `${stderr}\n`, exit });
