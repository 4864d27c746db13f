/** The pipe's rules and the pipe-buffer simulation against what the lab recorded. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compare, type PipeCase, pipeKernelOf } from '#simulations/reference/pipe-buffer/comparison.ts';

const file = 'content/reference/pipe-buffer/recording.json';
const { kernel, cases } = JSON.parse(readFileSync(file, 'utf8')) as {
  kernel: string;
  cases: readonly PipeCase[];
};

describe(`a pipe on Linux ${kernel}`, () => {
  for (const recorded of cases)
    it.skipIf(!recorded.observed)(`holds for ${recorded.name}`, () => {
      const compared = compare(recorded, kernel);
      expect(compared.length).toBeGreaterThan(0);
      expect(compared.filter(({ agrees }) => !agrees)).toEqual([]);
    });

  it('was recorded for every reader, SIGPIPE both ways, with and without blocking, past the soft limit', () => {
    const seen = (name: string) => new Set(cases.map(({ parameters }) => parameters[name] ?? 'default'));
    expect([...seen('reader')].sort()).toEqual(['default', 'dies', 'draining', 'none']);
    expect([...seen('sigpipe')].sort()).toEqual(['default', 'ignored']);
    expect(seen('nonblocking').has(true) && seen('past_user_soft_limit').has(true)).toBe(true);
  });

  it('is compared figure by figure: a byte more or less does not agree', () => {
    const recorded = cases.find(({ name }) => name === 'capacity, writes of 120') as PipeCase;
    const changed = {
      ...recorded,
      observed: { ...recorded.observed, accepted_bytes: 65_281 },
    } as PipeCase;
    const wrong = compare(changed, kernel).filter(({ agrees }) => !agrees);
    expect(wrong).toEqual([
      { figure: 'accepted', simulated: 65_280, observed: 65_281, late_ms: 0, agrees: false },
    ]);
  });
});

describe('a recording’s kernel', () => {
  it('decides by its version who is woken', () => {
    expect(['5.10.1', '6.13.7', '6.14', '6.18.44', '7.0'].map(pipeKernelOf)).toEqual([
      '6.12',
      '6.12',
      '6.18',
      '6.18',
      '6.18',
    ]);
  });
});
