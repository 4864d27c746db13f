/** Every script is proven on a kernel, and plays on the model, or is on the list of those that do not yet. */
import { describe, expect, it } from 'vitest';
import { ModelBench } from './model.ts';
import { outcomeOf, readScript, scriptNames } from './outcome.ts';
import { hashOf, readDifferences, readProofs } from './proofs.ts';

const names = scriptNames();
const differences = readDifferences();

it('each script says in its first lines what it shows', () => {
  expect(names.filter((name) => !/^\S.*\.$/.test(readScript(name).about))).toEqual([]);
});

it('each script, as it is now, has passed on a real kernel (npm run packetdrill -- --kernel --write)', () => {
  const now = Object.fromEntries(names.map((name) => [name, hashOf(name)]));
  expect(readProofs().scripts).toEqual(now);
});

describe('on the model', () => {
  it.each(names.filter((name) => !(name in differences)))('%s holds', async (name) => {
    const script = readScript(name);
    expect(await outcomeOf(script, () => new ModelBench(script.sysctls))).toEqual({ kind: 'passes' });
  });

  // One that holds must leave the list, or the list would hide it when it breaks again.
  it.each(Object.keys(differences))('%s does not hold yet', async (name) => {
    const script = readScript(name);
    expect((await outcomeOf(script, () => new ModelBench(script.sysctls))).kind).not.toBe('passes');
  });
});
