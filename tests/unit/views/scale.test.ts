import { scaleLinear } from 'd3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stopScale } from '#site/views/scale.ts';

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
