/** What the server's threads sleep in, in the kernel, and how many in each: `/proc/PID/task/TID/wchan`. */
import type { Trace, WorldState } from '../../engine/trace.ts';
import { PIPE_KERNELS, type PipeKernel } from '../../kernel/pipe/profile.ts';
import type { Tool } from '../line.ts';
import { again, isRunning, threadsOf } from './server.ts';

/** Where a lock of Python's waits: the function has another name since Linux 6.16. */
const FUTEX: Readonly<Record<PipeKernel, string>> = { '6.12': 'futex_wait_queue', '6.18': 'futex_do_wait' };

function wchanOf(status: string, kernel: PipeKernel): string {
  switch (status) {
    case 'asleep in write()':
      return PIPE_KERNELS[kernel].wchan;
    case 'waiting for work':
      return FUTEX[kernel];
    case 'in accept()':
      return 'inet_csk_accept';
    case 'resting':
      return 'hrtimer_nanosleep';
    default:
      // It runs.
      return '0';
  }
}

function print(world: WorldState, { parameters }: Trace): string {
  if (!isRunning(world)) return '';
  const counts = new Map<string, number>();
  for (const { status } of threadsOf(world)) {
    const wchan = wchanOf(status, parameters.kernel as PipeKernel);
    counts.set(wchan, (counts.get(wchan) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([wchan, threads]) => `${String(threads).padStart(7)} ${wchan}`)
    .join('\n');
}

export const wchan: Tool = {
  name: 'wchan',
  title: 'wchan',
  kind: 'wchan',
  command: 'for t in /proc/2001/task/*; do cat $t/wchan; echo; done | sort | uniq -c',
  repeats: true,
  lines: (trace) => again(trace, print),
};
