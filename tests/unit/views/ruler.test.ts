import { describe, expect, it } from 'vitest';
import { ruler } from '#site/views/ruler.ts';

const narrow = (waits: readonly number[]) =>
  ruler(
    waits,
    waits.map(() => 0.05),
  );

describe('the ruler of waits', () => {
  it('is logarithmic: ten times as long is as far again', () => {
    const [a, b, c] = narrow([100, 1000, 10_000]).map(({ at }) => at);
    expect((b ?? 0) - (a ?? 0)).toBeCloseTo((c ?? 0) - (b ?? 0));
  });

  it('ends with what never ends, apart from the longest that does', () => {
    const ticks = narrow([40, 131_000, Number.POSITIVE_INFINITY]);
    expect(ticks.at(-1)?.at).toBe(1);
    expect(ticks.at(-2)?.at).toBeLessThan(0.95);
  });

  it('puts words over their tick where there is room', () => {
    for (const { at, words } of narrow([40, 3000, 63_000])) expect(words).toBeCloseTo(at);
  });

  it('moves words apart that would overlap, and keeps their order', () => {
    const ticks = narrow([63_000, 127_000, 131_000, Number.POSITIVE_INFINITY]);
    for (const [i, { words }] of ticks.entries())
      expect(words - (ticks[i - 1]?.words ?? -1)).toBeGreaterThanOrEqual(0.05 - 1e-9);
  });

  it('is empty where nobody waits', () => {
    expect(ruler([], [])).toEqual([]);
  });
});
