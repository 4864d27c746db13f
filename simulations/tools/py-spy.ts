/**
 * `py-spy dump` 0.4: where each thread of a Python program is, the innermost function first. The interpreter is that of
 * Debian 12.
 *
 * Left out: `--locals` shows numbers, strings and None; the snapshot knows no others. `active+gil`: the snapshot does not
 * know who has the lock.
 */
import type { Frame, ProcessState, ThreadState } from '../machine/state.ts';
import { alike, moreLike } from './alike.ts';
import { type Command, failed, printed } from './command.ts';
import { parseOptions, UsageError } from './options.ts';

const VERSION = 'Python v3.11.2 (/usr/bin/python3.11)';
/** Python's name of the thread that began; a simulation may call it so. */
const MAIN = 'MainThread';

/** As py-spy writes a value of Python. */
const value = (of: number | string | null): string =>
  of === null ? 'None' : typeof of === 'string' ? `"${of}"` : String(of);

function frameLines({ function: name, file, line, locals = {} }: Frame, withLocals: boolean): string[] {
  const own = `    ${name} (${file}:${line})`;
  const entries = Object.entries(locals);
  if (!withLocals || entries.length === 0) return [own];
  return [own, '        Locals:', ...entries.map(([local, of]) => `            ${local}: ${value(of)}`)];
}

function threadLines({ tid, name, runs, frames }: ThreadState, pid: number, withLocals: boolean): string[] {
  const title = tid === pid ? MAIN : name;
  return [
    `Thread ${tid} (${runs === 'running' ? 'active' : 'idle'}): "${title}"`,
    ...frames.flatMap((frame) => frameLines(frame, withLocals)),
  ];
}

function dump({ pid, argv, threads }: ProcessState, withLocals: boolean, most: number): string {
  const living = [...threads.values()].filter(({ runs }) => runs !== 'dead');
  // Alike is what does the same at the same place.
  const look = ({ runs, frames }: ThreadState) =>
    [runs, ...frames.flatMap((frame) => frameLines(frame, withLocals))].join('\n');
  const lines = alike(living, look, most).flatMap(({ shown, more }) => [
    ...shown.flatMap((thread) => threadLines(thread, pid, withLocals)),
    ...(more ? [moreLike(more, shown[0]?.name)] : []),
  ]);
  return `${[`Process ${pid}: ${argv.join(' ')}`, VERSION, '', ...lines].join('\n')}\n`;
}

/** The words are those after `py-spy dump`, with or without `dump`. Ends with 2 for words that it does not know. */
export const pySpy: Command = (
  { processes },
  _at_us,
  argv,
  { most_alike = Number.POSITIVE_INFINITY } = {},
) => {
  try {
    const [first, ...rest] = argv;
    const options = parseOptions(first === 'dump' ? rest : argv, {
      short: { p: 'pid', l: 'locals' },
      long: { pid: 'pid', locals: 'locals' },
      valued: ['pid'],
    });
    const pid = options.value('pid');
    if (pid === null)
      return failed('error: the following required arguments were not provided:\n  --pid <pid>', 2);
    const process = processes.get(Number(pid));
    if (process?.status === 'running') return printed(dump(process, options.has('locals'), most_alike));
    const cause = 'No such file or directory (os error 2)';
    return failed(
      `Error: Failed to get process executable name. Check that the process is running.\n\nCaused by:\n    0: ${cause}\n    1: ${cause}`,
      1,
    );
  } catch (error) {
    if (error instanceof UsageError) return failed(`error: ${error.message}`, 2);
    throw error;
  }
};
