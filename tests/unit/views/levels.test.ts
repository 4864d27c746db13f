import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { pipeBuffer } from '#simulations/reference/pipe-buffer/simulation.ts';
import { Recorder } from '#simulations/trace/recorder.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { timeline } from '#site/figures/pipe-buffer/timeline.ts';
import { type Levels, levels } from '#site/views/levels.ts';
import { drawTimeline, rowNames } from '#site/views/timeline.ts';
import { presetRun, runOf } from '../../preset.ts';

/** A trace of so many events, a millisecond apart, in which `up` rises by one and `down` falls from 100. */
function counting(events: number): Counting {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  let up = 0;
  const counted = recorder.program('counted', { state: () => ({ up, down: 100 - (up % 100) }) });
  for (let i = 0; i < events; i++) {
    clock.after(1000, () => {
      up = i;
      counted.touch();
      recorder.record({ actor: 'a', kind: 'timer-fired', says: '' });
    });
    clock.advance(1000);
  }
  return recorder.finish('test', {}, null);
}

type Counting = Trace<null, { readonly counted: { readonly up: number; readonly down: number } }>;

const upAndDown: Levels<Counting> = {
  series: [
    { name: 'up', tone: 'data', at: ({ programs }) => programs.counted.up },
    { name: 'down', tone: 'decide', at: ({ programs }) => programs.counted.down },
  ],
  value: (level) => `${level} things`,
};

/** The corners of each line, as shares from the left and from the bottom. */
const corners = (markup: string): { x: number; y: number }[][] =>
  [...markup.matchAll(/<path class="level-line [^>]* d="M([\d.]+) ([\d.]+)([^"]*)"/g)]
    .map(([, x, y, rest = '']) => [
      { x: Number(x), y: 1 - Number(y) },
      ...[...rest.matchAll(/H([\d.]+)V([\d.]+)/g)].map(([, x, y]) => ({ x: Number(x), y: 1 - Number(y) })),
    ])
    .reverse();

describe('levels over time', () => {
  it('are stacked, each step where its event is', () => {
    const trace = counting(50);
    const { below } = levels({ ...upAndDown, most: () => 200 }).draw(trace, 50_000, 0, 64);
    const [up = [], both = []] = corners(below);
    expect(up).toHaveLength(50);
    expect(both).toHaveLength(50);
    for (const [i, corner] of up.entries()) {
      expect(corner.x).toBeCloseTo((i + 1) / 50, 4);
      expect(corner.y).toBeCloseTo(i / 200, 4);
      expect(both[i]?.y).toBeCloseTo((i + 100 - (i % 100)) / 200, 4);
    }
  });

  it('have a round scale that they stay below, when none is set', () => {
    for (const [events, scale] of [
      [50, '100 things'],
      [150, '200 things'],
      [900, '1000 things'],
    ] as const) {
      const { above, below } = levels(upAndDown).draw(counting(events), events * 1000, 0, 64);
      expect(above).toContain(scale);
      for (const { y } of corners(below).flat()) expect(y).toBeLessThanOrEqual(1);
    }
  });

  it('are no more steps than can be told apart, and keep the highest of them and the last', () => {
    const trace = counting(10_000);
    const { below } = levels({ ...upAndDown, most: () => 10_000 }).draw(trace, 10_000_000, 0, 64);
    const [up = []] = corners(below);
    expect(up.length).toBeLessThanOrEqual(2002);
    expect(up.at(-1)).toEqual({ x: 1, y: expect.closeTo(0.9999, 4) });
    const spikes: Levels<Counting> = {
      series: [{ tone: 'data', at: ({ programs }) => (programs.counted.up === 5003 ? 7 : 0) }],
      most: () => 7,
      value: String,
    };
    const [line = []] = corners(levels(spikes).draw(trace, 10_000_000, 0, 64).below);
    expect(Math.max(...line.map(({ y }) => y))).toBe(1);
    expect(line.at(-1)?.y).toBe(0);
  });

  it('go left to right within their box', () => {
    for (const { given } of pipeBuffer.presets) {
      const trace = runOf(pipeBuffer, given);
      const end_us = Math.max(1000, timeline.end_us(trace));
      for (const row of timeline.rows) {
        if (row.shows !== 'levels') throw new Error('the pipe’s time line shows levels');
        for (const line of corners(row.draw(trace, end_us, 0, 64).below)) {
          expect(line.length).toBeGreaterThan(0);
          for (const [i, { x, y }] of line.entries()) {
            expect(x).toBeGreaterThanOrEqual(line[i - 1]?.x ?? 0);
            expect(x).toBeLessThanOrEqual(1);
            expect(y).toBeGreaterThanOrEqual(0);
            expect(y).toBeLessThanOrEqual(1);
          }
        }
      }
    }
  });

  it('have their names beside them, the uppermost first', () => {
    expect(levels(upAndDown).key.map(({ name }) => name)).toEqual(['down', 'up']);
    const rows = rowNames({ ...timeline, rows: [{ name: 'things', ...levels(upAndDown) }] });
    expect(rows.indexOf('down')).toBeLessThan(rows.indexOf('up'));
    expect(rows).not.toContain('things');
  });
});

describe('a time line with levels', () => {
  it('has a veil over each row, and names as high as the rows', () => {
    const trace = runOf(pipeBuffer, {});
    const markup = drawTimeline(trace, timeline);
    const veils = [...markup.matchAll(/data-veil [^>]*y="([\d.]+)" width="0" height="([\d.]+)"/g)].map(
      ([, y, height]) => [Number(y), Number(height)] as const,
    );
    expect(veils).toHaveLength(timeline.rows.length);
    for (const [i, [y]] of veils.entries())
      if (i > 0) expect(y).toBe((veils[i - 1]?.[0] ?? 0) + (veils[i - 1]?.[1] ?? 0));
    const lines = [...rowNames(timeline).matchAll(/<span(?: style="grid-row: span (\d+)")?>/g)].reduce(
      (sum, [, span]) => sum + Number(span ?? 1),
      0,
    );
    const [lastY = 0] = veils.at(-1) ?? [];
    expect(lines * 24).toBe(lastY + 72);
  });

  it('counts in hours where a run takes days', () => {
    const markup = drawTimeline(presetRun(pipeBuffer, 'post'), timeline);
    for (const tick of ['0 h', '5 h', '25 h']) expect(markup).toContain(`>${tick}<`);
  });
});
