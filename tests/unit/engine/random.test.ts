import { describe, expect, it } from 'vitest';
import { Random } from '#simulations/engine/random.ts';

const bits = (seed: number, count: number) => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.bits());
};

describe('a seeded source of numbers', () => {
  it('gives the same numbers for the same seed, pinned so that shared links keep their run', () => {
    expect(bits(1, 1000)).toEqual(bits(1, 1000));
    expect(bits(1, 3)).toEqual([2693262067, 11749833, 2265367787]);
  });

  it('gives other numbers for another seed, and does not repeat itself', () => {
    expect(bits(1, 5)).not.toEqual(bits(2, 5));
    expect(new Set(bits(0, 1000)).size).toBe(1000);
  });

  it('uses the low 32 bits of the seed, so all seeds that the parameter allows differ from their neighbours', () => {
    expect(bits(2 ** 32 + 5, 3)).toEqual(bits(5, 3));
    expect(bits(2 ** 32 - 1, 3)).not.toEqual(bits(0, 3));
  });

  it('stays within 32 bits and fills them', () => {
    const drawn = bits(7, 20_000);
    expect(drawn.every((n) => Number.isInteger(n) && n >= 0 && n <= 0xffff_ffff)).toBe(true);
    expect(Math.min(...drawn)).toBeLessThan(0xffff_ffff * 0.001);
    expect(Math.max(...drawn)).toBeGreaterThan(0xffff_ffff * 0.999);
  });

  it('draws whole numbers with both ends included and nothing beyond', () => {
    const random = new Random(3);
    const drawn = new Set(Array.from({ length: 500 }, () => random.integer(-2, 3)));
    expect([...drawn].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
    expect(random.integer(9, 9)).toBe(9);
  });
});
