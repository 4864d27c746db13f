import { describe, expect, it } from 'vitest';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { draw as closeWait } from '#site/figures/close-wait-pipe/strip.ts';
import { draw as connect, strip } from '#site/figures/connect-timeout/strip.ts';
import { draw as nagle } from '#site/figures/nagle-delayed-ack/strip.ts';
import { presetRun } from '../../preset.ts';

/** The words of a strip, in order. */
const wordsOf = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, words]) => words as string);
const countOf = (svg: string, part: string): number => svg.split(part).length - 1;

describe('the strip of connect-timeout', () => {
  const run = presetRun(connectTimeout, 'post');
  const svg = connect(run);

  it('has a mark for every SYN, and says when it was killed and what would have been', () => {
    expect(countOf(svg, 'class="mark syn"')).toBe(run.outcome.syn_times_ms.length);
    expect(wordsOf(svg)).toEqual(
      expect.arrayContaining(['6 SYNs', 'killed, 60 s', '63 s would be ETIMEDOUT']),
    );
  });

  it('hatches the waits that a timer ended, and not the one that was still to come', () => {
    expect(countOf(svg, 'class="hatch timer"')).toBe(run.outcome.syn_times_ms.length - 1);
    expect(countOf(svg, 'class="arc future"')).toBe(1);
  });

  it('says the error and the time of a call that came back', () => {
    const today = connect(presetRun(connectTimeout, 'today'));
    expect(wordsOf(today)).toContain('ETIMEDOUT, 131 s');
    expect(wordsOf(today).join()).not.toContain('would be');
    expect(today).not.toContain('future');
  });

  it('is of the run that the chapter opens with', () => {
    expect(strip()).toBe(svg);
  });
});

describe('the strip of nagle-delayed-ack', () => {
  it('hatches one time for each request that waited for a timer', () => {
    const run = presetRun(nagleDelayedAck, 'post');
    const svg = nagle(run);
    expect(countOf(svg, 'class="hatch"')).toBe(run.outcome.stalls.length);
    expect(wordsOf(svg)).toEqual(
      expect.arrayContaining(['the first takes 2 ms', '40 ms', '42 ms', 'every later one waits']),
    );
  });

  it('hatches nothing where nobody waits', () => {
    const svg = nagle(presetRun(nagleDelayedAck, 'nodelay'));
    expect(svg).not.toContain('class="hatch"');
    expect(wordsOf(svg).join()).not.toContain('wait');
  });
});

describe('the strip of close-wait-pipe', () => {
  it('has a line for each worker, and the moment from which it sleeps', () => {
    const run = presetRun(closeWaitPipe, 'incident');
    const svg = closeWait(run);
    expect(countOf(svg, 'class="awake"')).toBe(10);
    expect(countOf(svg, 'class="asleep"')).toBe(run.outcome.blocked_workers);
    expect(wordsOf(svg)).toContain(`${run.outcome.close_wait} CLOSE-WAIT at 120 s`);
  });

  it('says that there is room where somebody reads', () => {
    const svg = closeWait(presetRun(closeWaitPipe, 'drained'));
    expect(svg).not.toContain('class="asleep"');
    expect(svg).toContain('the pipe has room');
  });
});

describe('every strip', () => {
  it.each([
    ...connectTimeout.presets.map(
      ({ id }) => ['connect-timeout', id, () => connect(presetRun(connectTimeout, id))] as const,
    ),
    ...nagleDelayedAck.presets.map(
      ({ id }) => ['nagle-delayed-ack', id, () => nagle(presetRun(nagleDelayedAck, id))] as const,
    ),
    ...closeWaitPipe.presets
      .filter(({ id }) => id !== 'post')
      .map(({ id }) => ['close-wait-pipe', id, () => closeWait(presetRun(closeWaitPipe, id))] as const),
  ])('of %s, %s, is drawn whole', (_, __, draw) => {
    expect(draw()).not.toMatch(/NaN|undefined|Infinity/);
  });
});
