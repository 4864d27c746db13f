import { describe, expect, it } from 'vitest';
import { clockTime, duration, ordinal } from '#simulations/engine/duration.ts';

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [1, '0.001 ms'],
    [1500, '1.5 ms'],
    [4000, '4 ms'],
    [200_000, '200 ms'],
    [999_999, '999.999 ms'],
    [1_000_000, '1 s'],
    [1_004_000, '1.004 s'],
    [4_500_000, '4.5 s'],
    [63_000_000, '63 s'],
    [3_600_000_000, '3600 s'],
  ])('of %i µs reads %s', (us, text) => {
    expect(duration(us)).toBe(text);
  });

  it('on a clock has three decimals always', () => {
    expect([0, 7_000_000, 1_004_000, 131_000_000].map(clockTime)).toEqual([
      '0.000 s',
      '7.000 s',
      '1.004 s',
      '131.000 s',
    ]);
  });
});

describe('an ordinal', () => {
  it('is a word up to ten and a numeral with the right ending after', () => {
    expect([1, 2, 3, 9, 10].map(ordinal)).toEqual(['first', 'second', 'third', 'ninth', 'tenth']);
    const numerals =
      '11th 12th 13th 14th 20th 21st 22nd 23rd 24th 30th 100th 101st 111th 112th 113th 122nd 255th';
    for (const numeral of numerals.split(' ')) expect(ordinal(Number.parseInt(numeral, 10))).toBe(numeral);
  });
});
