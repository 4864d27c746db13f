/**
 * The short cases, measured now on the kernel that runs the tests. Skipped, with the reason, where the machine
 * does not allow network namespaces or lacks what the lab needs.
 */
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holders } from '#simulations/recording/catalogue.ts';
import type { Compared } from '#simulations/recording/compared.ts';
import { parseRecording } from '#simulations/recording/recording.ts';

/** The short cases of each lab. */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  'connect-timeout': [
    'drops, n=1, linear 4',
    'refuses',
    'listens, first 1 lost',
    'absent',
    'SO_SNDTIMEO 1000',
    'TCP_USER_TIMEOUT 1500, linear 4',
  ],
  'nagle-delayed-ack': [
    'two writes',
    'server_writes one',
    'cork-forever',
    'TCP_QUICKACK before every recv()',
    'write-write-read, server_writes one',
    'tcp_pingpong_thresh 3',
    'pause 50',
    'short connections',
  ],
  'pipe-buffer': [
    'capacity, writes of 120',
    'capacity, writes of 4097',
    'wake-up, writes of 120, reads of 4096',
    'the reader dies under a sleeping writer, writes of 120, SIGPIPE ignored',
    'F_SETPIPE_SZ 100000',
  ],
  'close-wait-pipe': [
    'the incident in small',
    'inline, backlog 5',
    'nofile 64',
    'recovery, clients still wait',
    'holder: none',
    'holder: in flight',
  ],
};

const labOf = (name: string): string => join('content', dirname(holders[name]?.file ?? name), 'lab.py');

function whyNot(name: string): string | null {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 5))
    return `Linux ${release()} has other rules than the recording’s`;
  const [first = ''] = SHORT[name] ?? [];
  const tried = spawnSync('python3', [labOf(name), '--json', '--case', first], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (tried.error) return `python3: ${tried.error.message}`;
  if (tried.status !== 0) return tried.stderr.trim().split('\n').at(-1) ?? 'the lab cannot run here';
  return null;
}

/** Runs cases now. @returns the figures that do not hold, by case */
function measure(simulation: string, names: readonly string[]): Map<string, Compared[]> {
  const args = ['--json', ...names.flatMap((name) => ['--case', name])];
  const { stdout, status, stderr } = spawnSync('python3', [labOf(simulation), ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const recording = parseRecording(stdout, 'the lab’s output');
  const wrong = new Map<string, Compared[]>();
  for (const recorded of recording.cases) {
    if (!recorded.observed || !names.includes(recorded.name)) continue;
    const compared = holders[simulation]?.compare(recorded, recording) ?? [];
    wrong.set(
      recorded.name,
      compared.filter(({ agrees }) => !agrees),
    );
  }
  return wrong;
}

/** Only late: what a machine that is busy with other tests does to a program that is ready to run. */
const isLate = ({ simulated, observed }: Compared): boolean =>
  typeof simulated === 'number' && typeof observed === 'number' && observed > simulated;

for (const [simulation, names] of Object.entries(SHORT)) {
  const reason = whyNot(simulation);
  describe(`${simulation} on this kernel${reason ? ` (not measured: ${reason})` : ''}`, () => {
    it.skipIf(reason !== null)(
      'holds for the short cases, measured now; a case that was late gets two more tries',
      () => {
        let open = names;
        for (let attempt = 1; attempt <= 3 && open.length > 0; attempt++) {
          const wrong = measure(simulation, open);
          expect([...wrong.keys()].sort()).toEqual([...open].sort());
          for (const [name, figures] of wrong)
            expect(
              figures.filter((figure) => !isLate(figure)),
              name,
            ).toEqual([]);
          open = [...wrong].filter(([, figures]) => figures.length > 0).map(([name]) => name);
        }
        expect(open).toEqual([]);
      },
      180_000,
    );
  });
}
