/** A command that is run again and again while a run goes on, and what it printed each time. */
import { socketCount } from '../machine/lookups.ts';
import type { World } from '../machine/state.ts';
import type { View } from './command.ts';
import { runCommand } from './commands.ts';
import { oneAtATime, type ToolLine, timeOfDay } from './line.ts';

/** What is read of a run. */
export interface Run {
  readonly events: readonly { readonly index: number; readonly at_us: number; readonly beat: boolean }[];
  worldAt(index: number): World;
}

/** Every so-manieth event between two beats. */
const EVERY = 6;
/** From so many sockets on a look costs so much that the beats must do. */
const MANY = 2000;

/** Without the blanks at the ends of lines, which real tools print and nobody sees. */
const trimmed = (text: string): string => text.replace(/[ \t]+$/gm, '').trimEnd();

/**
 * Runs a command at each beat, a few times between two where there are not many sockets, and at the end. What only the
 * passing of time changes, as what is left of a timer, is no reason for another line.
 *
 * @param machine the name of the machine that it is run on
 * @param command `ss -tanp`
 */
export function again(run: Run, machine: string, command: string, view: View = {}): readonly ToolLine[] {
  const lines: ToolLine[] = [];
  let before = '';
  let before_us = 0;
  const last = run.events.length - 1;
  const census = run.worldAt(last).machines[machine]?.census ?? [];
  const isLarge = socketCount(census) > MANY;
  for (const { index, at_us, beat } of run.events) {
    if (!beat && index !== last && (isLarge || index % EVERY !== 0)) continue;
    const state = run.worldAt(index).machines[machine];
    if (!state) continue;
    const print = (time_us: number): string => {
      const { stdout, stderr } = runCommand(state, time_us, command, view);
      return trimmed(stdout + stderr);
    };
    if (lines.length > 0 && print(before_us) === before) continue;
    before_us = at_us;
    before = print(at_us);
    lines.push({ event: index, text: `# ${timeOfDay(at_us)}\n${before}`.trimEnd() });
  }
  return oneAtATime(lines);
}
