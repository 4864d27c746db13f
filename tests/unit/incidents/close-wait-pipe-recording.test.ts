/** The close-wait-pipe simulation, and the rules behind it, against what the lab recorded. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CloseWaitCase, compare } from '#simulations/incidents/close-wait-pipe/comparison.ts';

const file = 'content/incidents/close-wait-pipe/recording.json';
const { kernel, cases } = JSON.parse(readFileSync(file, 'utf8')) as {
  kernel: string;
  cases: readonly CloseWaitCase[];
};

const seen = (name: string) => new Set(cases.map(({ parameters }) => parameters[name]));

describe(`a server whose stderr is a full pipe on Linux ${kernel}`, () => {
  for (const recorded of cases)
    it.skipIf(!recorded.observed)(`holds for ${recorded.name}`, () => {
      const compared = compare(recorded, kernel);
      expect(compared.length).toBeGreaterThan(0);
      expect(compared.filter(({ agrees }) => !agrees)).toEqual([]);
    });

  it('was recorded for every reader, both ways to accept, and every holder of the read end', () => {
    expect([...seen('reader')].sort()).toEqual(['dies', 'draining', 'none', 'stalled-ssh', undefined]);
    expect([...seen('accepting')].sort()).toEqual(['inline', undefined]);
    expect([...seen('sigpipe')].sort()).toEqual(['default', undefined]);
    expect([...seen('holder')].filter(Boolean)).toHaveLength(5);
  });

  it('is compared count by count: one connection more or less does not agree', () => {
    const recorded = cases.find(({ name }) => name === 'nofile 64') as CloseWaitCase;
    const observed = { ...recorded.observed, close_wait: 67 };
    const wrong = compare({ ...recorded, observed } as CloseWaitCase, kernel).filter(({ agrees }) => !agrees);
    expect(wrong).toEqual([{ figure: 'CLOSE-WAIT', simulated: 66, observed: 67, late_ms: 0, agrees: false }]);
  });

  it('shows nobody at the read end in three cases, and only one of them is an error', () => {
    const lonely = cases
      .filter((recorded) => recorded.experiment === 'holders')
      .filter(({ observed }) => observed?.visible_readers.length === 0);
    expect(lonely.map(({ parameters, observed }) => [parameters.holder, observed?.errno])).toEqual([
      ['none', 'EPIPE'],
      ['in flight', null],
      ['other PID namespace', null],
    ]);
  });
});
