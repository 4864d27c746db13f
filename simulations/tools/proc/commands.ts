/** `cat`, `ls` and `readlink`, as far as files of /proc need them. */
import { type Command, failed, type Output } from '../command.ts';
import { parseOptions, UsageError } from '../options.ts';
import { procEntry } from './proc.ts';

const NO_FILE = 'No such file or directory';

/** What was printed for one word after the other; the exit code is the worst. */
function together(outputs: readonly Output[]): Output {
  return {
    stdout: outputs.map(({ stdout }) => stdout).join(''),
    stderr: outputs.map(({ stderr }) => stderr).join(''),
    exit: Math.max(0, ...outputs.map(({ exit }) => exit)),
  };
}

const text = (stdout: string): Output => ({ stdout, stderr: '', exit: 0 });

/** A command without options. @param each what it prints of one path */
function command(tool: string, each: (path: string, ...rest: Parameters<Command>) => Output): Command {
  return (machine, at_us, argv) => {
    try {
      const { operands } = parseOptions(argv, { short: {}, long: {} });
      if (operands.length === 0) return failed(`${tool}: missing operand`, 1);
      return together(operands.map((path) => each(path, machine, at_us, argv)));
    } catch (error) {
      if (error instanceof UsageError) return failed(`${tool}: ${error.message}`, tool === 'ls' ? 2 : 1);
      throw error;
    }
  };
}

export const cat: Command = command('cat', (path, machine, at_us) => {
  const entry = procEntry(machine, at_us, path);
  if (entry?.kind === 'file') return text(entry.text);
  if (entry?.kind === 'directory') return failed(`cat: ${path}: Is a directory`, 1);
  // A link leads to what is no file of /proc.
  return failed(`cat: ${path}: ${entry ? 'No such device or address' : NO_FILE}`, 1);
});

export const ls: Command = command('ls', (path, machine, at_us) => {
  const entry = procEntry(machine, at_us, path);
  if (!entry) return failed(`ls: cannot access '${path}': ${NO_FILE}`, 2);
  return text(entry.kind === 'directory' ? entry.names.map((name) => `${name}\n`).join('') : `${path}\n`);
});

export const readlink: Command = command('readlink', (path, machine, at_us) => {
  const entry = procEntry(machine, at_us, path);
  return entry?.kind === 'link' ? text(`${entry.target}\n`) : { stdout: '', stderr: '', exit: 1 };
});
