import { describe, expect, it } from 'vitest';
import { RttEstimator } from '#simulations/kernel/tcp/rtt.ts';

describe('the round-trip time estimator (tcp_rtt_estimator)', () => {
  it('waits a second before it knows anything', () => {
    expect(new RttEstimator().rto_ms).toBe(1000);
  });

  /** Sample, snd_una, snd_nxt; then srtt (times 8), mdev (times 4), rttvar and RTO, worked out by hand from the C. */
  it.each([
    ['a first sample', [[100_000, 1, 1]], 800_000, 200_000, 200_000, 300],
    ['a first long one: three times the sample', [[700_000, 1, 1]], 5_600_000, 1_400_000, 1_400_000, 2100],
    [
      'a longer one',
      [
        [100_000, 1, 1],
        [120_000, 2, 10],
      ],
      820_000,
      170_000,
      200_000,
      304,
    ],
    [
      'a shorter one: the deviation shrinks',
      [
        [100_000, 1, 1],
        [120_000, 2, 10],
        [80_000, 3, 10],
      ],
      797_500,
      150_000,
      200_000,
      300,
    ],
    [
      'a much longer one: the deviation jumps',
      [
        [100_000, 1, 1],
        [120_000, 2, 10],
        [80_000, 3, 10],
        [700_000, 11, 20],
      ],
      1_397_813,
      712_813,
      712_813,
      888,
    ],
    [
      'a much shorter one than the estimate: an eighth of the gain',
      [
        [100_000, 1, 1],
        [120_000, 2, 10],
        [80_000, 3, 10],
        [700_000, 11, 20],
        [100_000, 12, 20],
      ],
      1_323_087,
      609_336,
      712_813,
      880,
    ],
    [
      'a round trip later: rttvar follows the largest deviation by a quarter',
      [
        [100_000, 1, 1],
        [120_000, 2, 10],
        [80_000, 3, 10],
        [700_000, 11, 20],
        [100_000, 12, 20],
        [100_000, 21, 30],
      ],
      1_257_702,
      522_387,
      686_944,
      848,
    ],
    [
      'and again',
      [
        [100_000, 1, 1],
        [120_000, 2, 10],
        [80_000, 3, 10],
        [700_000, 11, 20],
        [100_000, 12, 20],
        [100_000, 21, 30],
        [100_000, 31, 40],
      ],
      1_200_490,
      449_003,
      627_459,
      780,
    ],
  ] as const)('%s', (_words, samples, srtt_us, mdev_us, rttvar_us, rto_ms) => {
    const rtt = new RttEstimator();
    for (const [sample_us, snd_una, snd_nxt] of samples) rtt.sample(sample_us, snd_una, snd_nxt);
    expect(rtt).toMatchObject({ srtt_us, mdev_us, rttvar_us, rto_ms });
  });

  it('keeps the RTO at least 200 ms above the round-trip time, in whole jiffies of 4 ms', () => {
    const rtt = new RttEstimator();
    for (let i = 1; i < 200; i++) rtt.sample(10_001, i, i + 1);
    expect(rtt.rto_ms).toBe(212);
  });

  it('remembers the shortest sample', () => {
    const rtt = new RttEstimator();
    for (const sample_us of [50, 20, 70]) rtt.sample(sample_us, 1, 1);
    expect(rtt.min_rtt_us).toBe(20);
  });
});
