import { ticks as d3Ticks } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundUp, stopScale, ticks } from '#site/views/scale.ts';

describe('the scale of stops', () => {
  it('is d3’s, clamped', () => {
    const stops = fc
      .uniqueArray(fc.integer({ min: 0, max: 1e9 }), { minLength: 2, maxLength: 60 })
      .map((values) => values.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(stops, fc.integer({ min: -10, max: 1e9 + 10 }), (domain, value) => {
        const range = domain.map((_, i) => i * 24);
        expect(stopScale(domain, range)(value)).toBeCloseTo(scaleLinear(domain, range).clamp(true)(value), 6);
      }),
    );
  });

  it('has one place when it has one stop', () => {
    for (const value of [-1, 5, 9]) expect(stopScale([5], [48])(value)).toBe(48);
  });
});

describe('the end of a scale', () => {
  it.each([
    [0, 1, 1],
    [1, 1, 1],
    [1.1, 1, 2],
    [3, 1, 5],
    [6, 1, 10],
    [101, 1, 200],
    [0, 50_000, 50_000],
    [50_001, 50_000, 100_000],
    [250_001, 50_000, 500_000],
  ])('of what reaches to %d, in units of %d, is %d', (value, unit, end) => {
    expect(roundUp(value, unit)).toBe(end);
  });
});

describe('ticks', () => {
  it('are those of d3 for an axis that begins at 0, in whole units', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1e12 }), fc.integer({ min: 2, max: 12 }), (end, count) => {
        const ours = ticks(end, count);
        const theirs = d3Ticks(0, end, count);
        expect(ours.length).toBe(theirs.length);
        for (const [i, tick] of ours.entries()) expect(tick).toBeCloseTo(theirs[i] ?? Number.NaN, 6);
      }),
      { seed: 20_264, numRuns: 2000 },
    );
  });
});
