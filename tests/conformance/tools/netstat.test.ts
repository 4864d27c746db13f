/** `netstat` against the output of net-tools of the same moment. */
import { describe, expect, it } from 'vitest';
import { netstat } from '#simulations/tools/netstat/netstat.ts';
import { AT_us, machineOf, recording, runsOf } from './recording.ts';

const TIMER = /(on|keepalive|timewait|probe) \((\d+\.\d\d)\/(\d+)\/(\d+)\)/g;
/** Timers as they stand in a text. */
const timers = (text: string) =>
  [...text.matchAll(TIMER)].map(([, name, seconds]) => ({ name, seconds: Number(seconds) }));
/** netstat asks the kernel later than the snapshot: what is left, and what expired meanwhile, is compared apart. */
const timeless = (text: string): string => text.replaceAll(TIMER, '$1');
/** UDP sockets stand in the order of a hash of their ports, which /proc and the snapshot's source do not share. */
const inOrder = (text: string): string => {
  const lines = text.split('\n');
  const isUdp = (line: string) => line.startsWith('udp');
  return [...lines.filter((line) => !isUdp(line)), ...lines.filter(isUdp).sort()].join('\n');
};
/** From the snapshot to the last run of netstat in a moment. */
const LATER_s = 10;

for (const [situation, moments] of Object.entries(recording.situations)) {
  if (situation === 'calls') continue;
  for (const moment of moments) {
    const runs = runsOf(moment, 'netstat').filter(({ argv }) => !argv.some((word) => /^-s/.test(word)));
    if (runs.length === 0) continue;
    describe(`netstat, ${situation}, ${moment.where}`, () => {
      it.each(runs.map((run) => [run.argv.join(' '), run] as const))('%s', (_, run) => {
        const { stdout, stderr, exit } = netstat(machineOf(moment), AT_us, run.argv.slice(1));
        expect({ stderr, exit }).toEqual({ stderr: run.stderr ?? '', exit: run.exit ?? 0 });
        expect(inOrder(timeless(stdout))).toBe(inOrder(timeless(run.stdout)));
        const later = timers(run.stdout);
        timers(stdout).forEach(({ name, seconds }, i) => {
          // A retransmission or a probe starts its timer anew.
          if (name !== 'timewait' && name !== 'keepalive') return;
          expect(seconds).toBeGreaterThanOrEqual(later[i]?.seconds ?? Number.NaN);
          expect(seconds).toBeLessThan((later[i]?.seconds ?? Number.NaN) + LATER_s);
        });
      });
    });
  }
}
