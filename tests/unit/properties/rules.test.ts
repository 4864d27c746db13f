import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { rulesFor } from './rules.ts';

const double = () => vi.fn((n: number) => 2 * n);
const settings = { seed: 1, numRuns: 50 };

describe('rules that are held to many runs', () => {
  it('look at the same runs, which are made once', () => {
    const run = double();
    const always = rulesFor(fc.nat(), run, settings);
    const [all, few]: [number[], number[]] = [[], []];
    always((doubled) => all.push(doubled));
    always((doubled) => few.push(doubled), 10);
    expect(run).toHaveBeenCalledTimes(50);
    expect(few).toEqual(all.slice(0, 10));
    expect(new Set(all).size).toBeGreaterThan(10);
  });

  it('look at the runs that fast-check would make for each rule alone', () => {
    const [shared, alone]: [number[], number[]] = [[], []];
    rulesFor(fc.nat(), double(), settings)((_, n) => shared.push(n), 20);
    fc.assert(
      fc.property(fc.nat(), (n) => {
        alone.push(n);
      }),
      { ...settings, numRuns: 20 },
    );
    expect(shared).toEqual(alone);
  });

  it('say with which parameters they are broken, the smallest there are', () => {
    const always = rulesFor(fc.nat(), double(), settings);
    const broken = () =>
      always((doubled) => {
        if (doubled >= 14) throw new Error('fourteen or more');
      });
    expect(broken).toThrow(/Counterexample: \[7\]/);
  });

  it('fail even when the rule holds the second time', () => {
    const always = rulesFor(fc.nat(), double(), settings);
    let times = 0;
    const once = () =>
      always(() => {
        if (times++ === 0) throw new Error('only at first');
      });
    expect(once).toThrow('only at first');
  });
});
