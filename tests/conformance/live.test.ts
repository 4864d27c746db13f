/**
 * The short cases, measured now on the kernel that runs the tests, by `npm run lab`. Skipped, with the reason, where the
 * lab says that this machine cannot run it (one exit code, see lab-outcome.ts); a lab that fails, fails the test.
 */
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { held, type Registered } from '#simulations/catalogue.ts';
import type { Compared } from '#simulations/recording/compared.ts';
import { parseRecording } from '#simulations/recording/recording.ts';
import { labOutcome } from './lab-outcome.ts';

const lab = fileURLToPath(new URL('lab.ts', import.meta.url));

/** Why this kernel cannot be held to the recordings, whatever a lab measures on it. */
function otherRules(): string | null {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const isOlder = major < 6 || (major === 6 && minor < 5);
  return isOlder ? `${release()} has other rules than the recordings’ kernel` : null;
}

/**
 * Runs cases now.
 * @returns the figures that do not hold, by case, or why this machine cannot run them
 * @throws Error when the lab fails
 */
function measure(incident: Registered, names: readonly string[]): Map<string, Compared[]> | string {
  const args = [lab, incident.slug, '--json', ...names.flatMap((name) => ['--case', name])];
  const outcome = labOutcome(spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1e8 }));
  if (outcome.cannotRun !== undefined) return outcome.cannotRun;
  const recording = parseRecording(outcome.stdout, 'the lab’s output');
  const wrong = new Map<string, Compared[]>();
  for (const recorded of recording.cases) {
    if (!recorded.observed || !names.includes(recorded.name)) continue;
    const compared = incident.comparison?.compare(recorded, recording) ?? [];
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

for (const [simulation, incident] of Object.entries(held)) {
  const names = incident.comparison?.live ?? [];
  describe(`${simulation} on this kernel`, () => {
    it('holds for the short cases, measured now; a case that was late gets two more tries', ({ skip }) => {
      const notMeasured = (reason: string): never => {
        console.warn(`${simulation} is not measured: ${reason}`);
        return skip(reason);
      };
      const reason = otherRules();
      if (reason) return notMeasured(reason);
      let open = names;
      for (let attempt = 1; attempt <= 3 && open.length > 0; attempt++) {
        const wrong = measure(incident, open);
        if (typeof wrong === 'string') return notMeasured(wrong);
        expect([...wrong.keys()].sort()).toEqual([...open].sort());
        for (const [name, figures] of wrong)
          expect(
            figures.filter((figure) => !isLate(figure)),
            name,
          ).toEqual([]);
        open = [...wrong].filter(([, figures]) => figures.length > 0).map(([name]) => name);
      }
      expect(open).toEqual([]);
    }, 180_000);
  });
}
