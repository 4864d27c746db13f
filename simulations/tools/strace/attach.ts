/**
 * `strace -p PID` at one moment: the calls that the threads of a process are blocked in, as they stand on the screen until
 * one of them returns. The newest thread comes first, as mostly with the real one. strace prints on standard error.
 */
import type { ThreadState } from '../../machine/state.ts';
import { alike, moreLike } from '../alike.ts';
import { type Command, failed } from '../command.ts';
import { UsageError } from '../options.ts';
import { type Args, nameOf } from './calls.ts';
import { straceOptions } from './options.ts';
import { callBegins, threadPrefix, UNFINISHED } from './strace.ts';

const TRY = "Try 'strace -h' for more information.";

export const strace: Command = (
  { processes },
  _at_us,
  argv,
  { most_alike = Number.POSITIVE_INFINITY } = {},
) => {
  try {
    const { pid, follow, traces, string_limit } = straceOptions(argv);
    const process = processes.get(pid);
    if (process?.status !== 'running')
      return failed(`strace: attach: ptrace(PTRACE_SEIZE, ${pid}): No such process`, 1);
    const living = [...process.threads.values()].filter(({ runs }) => runs !== 'dead');
    const threads = follow ? living : living.filter(({ tid }) => tid === pid);
    const isOne = threads.length === 1;
    const begun = ({ tid, call }: ThreadState): { tid: number; text: string }[] => {
      if (!call || (traces && !traces.has(nameOf(call.name)))) return [];
      return [{ tid, text: callBegins(call.name, call.args as Args, string_limit) }];
    };
    const groups = alike([...threads].reverse().flatMap(begun), ({ text }) => text, most_alike);
    // The last that is printed is still open.
    const last = groups.at(-1)?.shown.at(-1);
    const lines = groups.flatMap(({ shown, more }) => [
      ...shown.map((of) => (isOne ? '' : threadPrefix(of.tid)) + of.text + (of === last ? '' : UNFINISHED)),
      ...(more ? [moreLike(more)] : []),
    ]);
    const attached = `strace: Process ${pid} attached${isOne ? '' : ` with ${threads.length} threads`}`;
    return failed([attached, ...lines].join('\n'), 0);
  } catch (error) {
    if (error instanceof UsageError) return failed(`strace: ${error.message}\n${TRY}`, 1);
    throw error;
  }
};
