/**
 * `strace -f` of the server, begun anew at each moment: the calls that its threads are blocked in. It attaches to the
 * newest thread first. The simulation knows how long a line is, and not what it says: `-s 0`.
 */
import type { Trace, WorldState } from '../../engine/trace.ts';
import type { Tool } from '../line.ts';
import { again, isRunning, more, pidOf, threadsOf } from './server.ts';

/** Blocked threads that are printed one by one. */
const SHOWN = 8;

function print(world: WorldState, { parameters }: Trace): string {
  const pid = pidOf(world);
  if (!isRunning(world)) return `strace: attach: ptrace(PTRACE_SEIZE, ${pid}): No such process`;
  const threads = threadsOf(world);
  const isOne = threads.length === 1;
  const calls = [...threads].reverse().flatMap(({ tid, status }) => {
    if (status === 'asleep in write()') return [{ tid, call: `write(2, ""..., ${parameters.log_bytes}` }];
    return status === 'in accept()' ? [{ tid, call: 'accept4(3, ' }] : [];
  });
  const written = calls.map(({ tid, call }, i) => {
    const text = isOne ? call : `[pid ${String(tid).padStart(5)}] ${call}`;
    return i < calls.length - 1 ? `${text} <unfinished ...>` : text.trimEnd();
  });
  const left = written.length - SHOWN;
  const lines =
    left > 1 ? [...written.slice(0, SHOWN - 1), more(left, 'like it'), ...written.slice(-1)] : written;
  const attached = isOne
    ? `strace: Process ${pid} attached`
    : `strace: Process ${pid} attached with ${threads.length} threads`;
  return [attached, ...lines].join('\n');
}

export const serverStrace: Tool = {
  name: 'strace',
  kind: 'strace',
  command: 'timeout 1 strace -f -s 0 -e trace=write,accept4 -p 2001',
  repeats: true,
  lines: (trace) => again(trace, print),
};
