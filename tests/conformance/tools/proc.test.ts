/** Files of /proc against the kernel's in the same moment. */
import { describe, expect, it } from 'vitest';
import type { Command } from '#simulations/tools/command.ts';
import { cat, ls, readlink } from '#simulations/tools/proc/commands.ts';
import { procEntry } from '#simulations/tools/proc/proc.ts';
import { AT_us, type Moment, machineOf, recording, runsOf } from './recording.ts';

const [threads] = recording.situations.threads ?? [];
if (!threads) throw new Error('not recorded');

/** The mount of a file is the machine's. */
const mountless = (text: string): string => text.replace(/^mnt_id:.*\n/m, '');

describe('/proc/PID of a server with threads, and of a program with files of all kinds', () => {
  const machine = machineOf(threads);
  const files = Object.entries(threads.facts.files ?? {});
  it.each(files)('%s', (path, text) => {
    const entry = procEntry(machine, AT_us, path);
    if (path.includes('/fd/')) expect(entry).toEqual({ kind: 'link', target: text });
    else expect(entry).toEqual({ kind: 'file', text: mountless(text) });
  });

  const commands: Readonly<Record<string, Command>> = { cat, ls, readlink };
  const runs = Object.keys(commands).flatMap((name) => runsOf(threads, name));
  it.each(runs.map((run) => [run.argv.join(' '), run] as const))('%s', (_, run) => {
    const [name = '', ...argv] = run.argv;
    expect(commands[name]?.(machine, AT_us, argv)).toEqual({
      stdout: run.stdout,
      stderr: run.stderr ?? '',
      exit: run.exit ?? 0,
    });
  });
});

describe('/proc/net', () => {
  const moments = [...(recording.situations['every state'] ?? []), ...(recording.situations.udp ?? [])];
  const read = (moment: Moment, name: string): string => {
    const entry = procEntry(machineOf(moment), AT_us, `/proc/net/${name}`);
    return entry?.kind === 'file' ? entry.text : '';
  };
  const real = (moment: Moment, name: string): string => moment.facts.files?.[`/proc/net/${name}`] ?? '';

  /**
   * A line without its slot, what is left of a timer (the file was read later), references, pointer, and the quick ACKs,
   * which the snapshot of a recording has not; and, of an active open, without the threshold (see LEFT_OUT of ss).
   */
  const comparable = (line: string): string =>
    line
      .replace(/^ *\d+:/, '')
      .replace(/( 0[0-4]:)[0-9A-F]{8} [0-9A-F]{8}/, '$1')
      .replace(/(?<= \d+ \d+ )\d+ [0-9a-f]{16}( \d+ \d+)? ?\d*/, '$1')
      .trimEnd()
      .replace(/^( \S+ \S+ 02 .*) -?\d+$/, '$1');
  const widths = (text: string): number[] => [...new Set(text.split('\n').map(({ length }) => length))];

  it.each(moments.map((moment) => [moment.where, moment] as const))('tcp, %s', (_, moment) => {
    const [ours, theirs] = [read(moment, 'tcp'), real(moment, 'tcp')];
    expect(theirs.split('\n').length).toBeGreaterThan(2);
    // The order is that of a hash.
    expect(ours.split('\n').map(comparable).sort()).toEqual(theirs.split('\n').map(comparable).sort());
    expect(widths(ours)).toEqual(widths(theirs));
  });

  it('udp', () => {
    const [moment] = recording.situations.udp ?? [];
    if (!moment) throw new Error('not recorded');
    const [ours, theirs] = [read(moment, 'udp'), real(moment, 'udp')];
    expect(theirs.split('\n').length).toBe(5);
    expect(ours.split('\n').map(comparable).sort()).toEqual(theirs.split('\n').map(comparable).sort());
    expect(widths(ours)).toEqual(widths(theirs));
  });

  it.each(moments.map((moment) => [moment.where, moment] as const))('sockstat, %s', (_, moment) => {
    // `orphan` and `alloc` count the sockets of all namespaces together, `mem` pages of theirs;
    // `used` has the recorder's netlink sockets, which go a little later: `ss -s` holds it.
    const own = (text: string) => text.replace(/ (used|orphan|alloc|mem) \d+/g, '');
    expect(own(read(moment, 'sockstat'))).toBe(own(real(moment, 'sockstat')));
  });

  it('snmp and netstat: every counter', () => {
    const [moment] = recording.situations['every counter'] ?? [];
    if (!moment) throw new Error('not recorded');
    for (const name of ['snmp', 'netstat']) {
      const text = real(moment, name).replace(/^MPTcpExt.*\n/gm, '');
      const counters: Record<string, number> = {};
      const lines = text.split('\n');
      for (let i = 0; i + 1 < lines.length; i += 2) {
        const [table = '', ...names] = (lines[i] ?? '').split(' ');
        const numbers = (lines[i + 1] ?? '').split(' ').slice(1);
        names.forEach((own, j) => {
          counters[table.replace(':', '') + own] = Number(numbers[j]);
        });
      }
      const entry = procEntry({ ...machineOf(moment), counters }, AT_us, `/proc/net/${name}`);
      expect(entry).toEqual({ kind: 'file', text });
    }
  });
});
