/** The tools by the names that a shell calls them by. */
import type { MachineState } from '../machine/state.ts';
import { type Command, failed, type Output, type View } from './command.ts';
import { lsof } from './lsof/lsof.ts';
import { netstat } from './netstat/netstat.ts';
import { nstat } from './nstat.ts';
import { cat, ls, readlink } from './proc/commands.ts';
import { pySpy } from './py-spy.ts';
import { shellWords } from './shell-words.ts';
import { ss } from './ss/ss.ts';
import { strace } from './strace/attach.ts';

export const COMMANDS: Readonly<Record<string, Command>> = {
  cat,
  ls,
  lsof,
  netstat,
  nstat,
  'py-spy': pySpy,
  readlink,
  ss,
  strace,
};

/** What a shell says of a command that it does not know. */
const NOT_FOUND = 127;

/** Runs one command: `ss -tanp 'sport = :8080'`. */
export function runCommand(machine: MachineState, at_us: number, line: string, view: View = {}): Output {
  const [name = '', ...argv] = shellWords(line);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) return failed(`sh: 1: ${name}: not found`, NOT_FOUND);
  return command(machine, at_us, argv, view);
}
