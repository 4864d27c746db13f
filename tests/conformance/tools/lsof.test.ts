/** `lsof` and `py-spy dump` against the real ones in the same moment. */
import { describe, expect, it } from 'vitest';
import { lsof } from '#simulations/tools/lsof/lsof.ts';
import { pySpy } from '#simulations/tools/py-spy.ts';
import { AT_us, machineOf, recording, runsOf } from './recording.ts';

/** Only what is wrong: what follows is about lsof itself. */
const firstLine = (stderr = ''): string => stderr.replace(/\nlsof 4[\s\S]*/, '\n');

for (const [situation, moments] of Object.entries(recording.situations)) {
  if (situation === 'calls') continue;
  for (const moment of moments) {
    const runs = runsOf(moment, 'lsof');
    if (runs.length === 0) continue;
    describe(`lsof, ${situation}, ${moment.where}`, () => {
      it.each(runs.map((run) => [run.argv.join(' '), run] as const))('%s', (_, run) => {
        const { stdout, stderr, exit } = lsof(machineOf(moment), AT_us, run.argv.slice(1));
        expect(stdout).toBe(run.stdout);
        expect(stderr).toBe(firstLine(run.stderr));
        expect(exit).toBe(run.exit ?? 0);
      });
    });
  }
}

describe('py-spy', () => {
  const moment = recording.situations.threads?.[0];
  if (!moment) throw new Error('not recorded');
  // The values that --locals shows are objects by address.
  const runs = runsOf(moment, 'py-spy').filter(({ argv }) => !argv.includes('--locals'));
  it.each(runs.map((run) => [run.argv.join(' ').trim(), run] as const))('%s', (_, run) => {
    const { stdout, stderr, exit } = pySpy(machineOf(moment), AT_us, run.argv.slice(1));
    expect(stdout).toBe(run.stdout);
    expect(stderr.trimEnd()).toBe((run.stderr ?? '').replace(/Usage:[\s\S]*/, '').trimEnd());
    expect(exit).toBe(run.exit ?? 0);
  });
});
