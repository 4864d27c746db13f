import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { catalogue } from '#simulations/catalogue.ts';
import type { Simulation } from '#simulations/simulation.ts';
import * as definitions from '#site/definitions.ts';
import type { Runs } from '#site/figures/trace-of.ts';

/** The hash of each preset's run. @param hasXState whether its statecharts are XState's */
async function hashes(name: string, hasXState: boolean): Promise<string[]> {
  vi.resetModules();
  if (hasXState) vi.doUnmock('xstate');
  else vi.doMock('xstate', () => definitions);
  const { catalogue } = await import('#simulations/catalogue.ts');
  const { connectionMachine } = await import('#simulations/kernel/tcp/connection.ts');
  expect('root' in connectionMachine).toBe(hasXState);
  const { presetRun } = await import('../preset.ts');
  const simulation = catalogue[name] as Simulation;
  return simulation.presets.map(({ id }) => presetRun(simulation as Runs, id).hash);
}

describe('without XState', () => {
  test.each(Object.keys(catalogue))('every preset of %s is the same run', async (name) => {
    const ours = await hashes(name, false);
    expect(ours.length).toBeGreaterThan(0);
    expect(ours).toEqual(await hashes(name, true));
  });

  test('all that simulations import of it is there', () => {
    const simulations = join(import.meta.dirname, '../../simulations');
    const imported = globSync('**/*.ts', { cwd: simulations }).flatMap((file) => {
      const [, names] =
        /import \{ ([^}]*) \} from 'xstate'/.exec(readFileSync(join(simulations, file), 'utf8')) ?? [];
      return names?.split(', ') ?? [];
    });
    expect(new Set(imported)).toEqual(new Set(Object.keys(definitions)));
  });
});
