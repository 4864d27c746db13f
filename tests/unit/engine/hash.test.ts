import { describe, expect, it } from 'vitest';
import { contentHash } from '#simulations/engine/hash.ts';

describe('the hash of content', () => {
  it('is pinned: the same 16 digits on every machine', () => {
    expect(contentHash({ a: [1, 'ü', null, true] })).toBe('c536fb46914ae9be');
    expect(contentHash('')).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is equal for equal content', () => {
    expect(contentHash({ a: [1, 2], b: { c: null } })).toBe(contentHash({ a: [1, 2], b: { c: null } }));
  });

  it('differs as soon as anything differs', () => {
    const values = [
      {},
      [],
      '',
      null,
      0,
      '0',
      false,
      { a: 1 },
      { a: 2 },
      { b: 1 },
      { a: '1' },
      { a: 1, b: 1 },
      { b: 1, a: 1 },
      [1, 2],
      [2, 1],
      [12],
      [[1], 2],
      'ab',
      'ba',
      'Ab',
      'ä',
    ];
    expect(new Set(values.map(contentHash)).size).toBe(values.length);
  });

  it('notices one flipped character anywhere in a long text, in both halves', () => {
    const text = 'x'.repeat(2000);
    const hashes = Array.from({ length: 2000 }, (_, i) =>
      contentHash(`${text.slice(0, i)}y${text.slice(i + 1)}`),
    );
    expect(new Set(hashes.map((hash) => hash.slice(0, 8))).size).toBeGreaterThan(1990);
    expect(new Set(hashes.map((hash) => hash.slice(8))).size).toBeGreaterThan(1990);
  });
});
