/** `for t in /proc/PID/task/*; do cat $t/wchan; echo; done | sort | uniq -c`: where threads sleep, and how many in each. */
import type { MachineState, Pid } from '../../machine/state.ts';

/** Nothing where the process is gone. */
export function wchanCounts({ processes }: MachineState, pid: Pid): string {
  const process = processes.get(pid);
  if (process?.status !== 'running') return '';
  const counts = new Map<string, number>();
  for (const { runs, call } of process.threads.values()) {
    if (runs === 'dead') continue;
    const wchan = call?.wchan ?? '0';
    counts.set(wchan, (counts.get(wchan) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([wchan, threads]) => `${String(threads).padStart(7)} ${wchan}\n`)
    .join('');
}
