/** `nstat` and `netstat -s` against the real ones, for the counters that the kernel had. */
import { describe, expect, it } from 'vitest';
import type { Counters } from '#simulations/machine/state.ts';
import { netstat } from '#simulations/tools/netstat/netstat.ts';
import { nstat } from '#simulations/tools/nstat.ts';
import { AT_us, type Moment, machineOf, recording, runsOf } from './recording.ts';

/** /proc/net/snmp and netstat: lines of names and lines of numbers. */
function countersOf(files: Readonly<Record<string, string>> = {}): Counters {
  const lines = `${files['/proc/net/snmp']}${files['/proc/net/netstat']}`.split('\n');
  const counters: Record<string, number> = {};
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [table = '', ...names] = (lines[i] ?? '').split(' ');
    const numbers = (lines[i + 1] ?? '').split(' ').slice(1);
    names.forEach((name, j) => {
      counters[table.replace(':', '') + name] = Number(numbers[j]);
    });
  }
  return counters;
}

/** IPv6 and MPTCP are not simulated. */
const simulated = (text: string): string => text.replace(/^(?:\w*6|MPTcpExt)[A-Z]\w* .*\n/gm, '');

const machine = (moment: Moment) => ({ ...machineOf(moment), counters: countersOf(moment.facts.files) });
const situations = ['every counter', 'nothing'].flatMap((name) => recording.situations[name] ?? []);

describe('nstat', () => {
  const [moment] = situations;
  if (!moment) throw new Error('not recorded');
  it.each(runsOf(moment, 'nstat').map((run) => [run.argv.join(' '), run] as const))('%s', (_, run) => {
    expect(nstat(machine(moment), AT_us, run.argv.slice(1))).toEqual({
      stdout: simulated(run.stdout),
      stderr: '',
      exit: 0,
    });
  });

  it('leaves out what has not counted, and prints it with -z', () => {
    const [, server] = recording.situations['every state'] ?? [];
    const runs = runsOf(server as Moment, 'nstat').filter(({ argv }) =>
      argv.some((word) => /^-a/.test(word)),
    );
    // The packets went on between the runs, so the zero ones are held by name.
    const names = (text: string) => simulated(text).replaceAll(/ .*/g, '');
    expect(runs.length).toBeGreaterThan(3);
    for (const { argv, stdout } of runs)
      expect(names(nstat(machine(server as Moment), AT_us, argv.slice(1)).stdout)).toBe(names(stdout));
  });

  it('refuses an option that is none, as the real one does', () => {
    const [, server] = recording.situations['every state'] ?? [];
    const [run] = runsOf(server as Moment, 'nstat').filter(({ exit }) => exit);
    const { stderr, exit } = nstat(machine(server as Moment), AT_us, ['-Y']);
    expect({ stderr, exit }).toEqual({ stderr: run?.stderr, exit: run?.exit });
  });
});

describe('netstat -s', () => {
  const runs = situations.flatMap((moment) =>
    runsOf(moment, 'netstat')
      .filter(({ argv }) => argv.some((word) => /^-s/.test(word)))
      .map((run) => [run.argv.join(' '), run, moment] as const),
  );
  it('is recorded with all counters and with none', () => {
    expect(runs.length).toBeGreaterThanOrEqual(4);
  });
  it.each(runs)('%s', (_, { argv, stdout }, moment) => {
    expect(netstat(machine(moment), AT_us, argv.slice(1)).stdout).toBe(stdout);
  });
});
