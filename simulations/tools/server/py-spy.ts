/**
 * `py-spy dump`: where each thread is, the innermost function first. Python 3.11; the lines of `server.py` are those of
 * a program as short as the one that is simulated.
 */
import type { WorldState } from '../../engine/trace.ts';
import type { Tool } from '../line.ts';
import { again, isRunning, more, pidOf, type ServerThread, threadsOf } from './server.ts';

/** Threads with the same stack that are printed one by one. */
const SHOWN = 4;

const BELOW_THREAD = [
  'run (threading.py:982)',
  '_bootstrap_inner (threading.py:1045)',
  '_bootstrap (threading.py:1002)',
];
const LOG = 'log (server.py:12)';
const HANDLE = 'handle (server.py:17)';

/** Frames above the thread's own function, and the line that this one is on. */
function stackOf({ name, status, fd }: ServerThread, isPool: boolean): readonly string[] {
  const isMain = name === 'main';
  const isHandling = isMain ? !isPool && fd !== null : true;
  const below = isMain ? ['<module> (server.py:44)'] : BELOW_THREAD;
  const own = (line: number) => (isMain ? `main (server.py:${line})` : `worker (server.py:${line})`);
  switch (status) {
    case 'asleep in write()':
      return isHandling ? [LOG, HANDLE, own(isMain ? 39 : 25), ...below] : [LOG, own(34), ...below];
    case 'waiting for work':
      return ['wait (threading.py:327)', 'get (queue.py:171)', own(24), ...below];
    case 'in accept()':
      return ['accept (socket.py:294)', own(32), ...below];
    case 'resting':
      return [own(35), ...below];
    default:
      return [own(isMain ? 40 : fd === null ? 24 : 25), ...below];
  }
}

function print(world: WorldState): string {
  if (!isRunning(world)) return 'Error: No such file or directory (os error 2)';
  const threads = threadsOf(world);
  const isPool = threads.length > 1;
  const stacks = new Map<string, ServerThread[]>();
  for (const thread of threads) {
    const stack = stackOf(thread, isPool).join('\n    ');
    stacks.set(stack, [...(stacks.get(stack) ?? []), thread]);
  }
  const blocks = [...stacks].flatMap(([stack, alike]) => {
    const shown = alike.slice(0, SHOWN).map(({ tid, name, status }) => {
      const title = name === 'main' ? 'MainThread' : name;
      return `Thread ${tid} (${status === 'working' ? 'active' : 'idle'}): "${title}"\n    ${stack}`;
    });
    const rest = alike.length - shown.length;
    return rest ? [...shown, more(rest, `like ${alike[0]?.name}`)] : shown;
  });
  return `Process ${pidOf(world)}: python3 server.py\nPython v3.11.7 (/usr/bin/python3.11)\n\n${blocks.join('\n')}`;
}

export const pySpy: Tool = {
  name: 'py-spy',
  kind: 'py-spy',
  command: 'py-spy dump --pid 2001   # server.py, line 12: os.write(2, line)',
  repeats: true,
  lines: (trace) => again(trace, print),
};
