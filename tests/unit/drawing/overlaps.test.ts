/**
 * The words of every picture of every figure, for every preset, at each width that a page draws it at: none covers
 * another, none ends outside. Pictures are pure functions, so no browser is needed for it; the measure of the words is
 * held to the browser in `tests/browser/drawing.spec.ts`.
 */
import { describe, expect, it } from 'vitest';
import type { LiveFigure } from '#site/figures/figure.ts';
import { runOf } from '#site/figures/trace-of.ts';
import { statechart } from '#site/views/statechart.ts';
import type { Box } from '../../drawing/boxes.ts';
import { collisions } from '../../drawing/collisions.ts';
import { PANES } from '../../drawing/panes.ts';
import { wrongIn, wrongWords } from '../../drawing/words.ts';

const modules = import.meta.glob<LiveFigure>('../../../src/figures/*/live.ts', {
  import: 'live',
  eager: true,
});
const figures = Object.values(modules);

it('every figure is looked at', () => expect(figures.length).toBeGreaterThan(3));

describe.each(figures.map((figure) => [figure.simulation.name, figure] as const))('%s', (_, figure) => {
  const { simulation, picture, charts } = figure;
  const [first] = simulation.presets;

  it.each(simulation.presets)('has no word that covers another: “$label”', ({ given }) => {
    const beside = runOf(simulation, first?.given ?? {});
    expect(wrongWords(figure, runOf(simulation, given), beside)).toEqual([]);
  });

  it('has statecharts whose labels are clear of each other', async () => {
    const [panes] = PANES;
    if (!panes) throw new Error('no width is drawn at');
    for (const { machine, region, part } of charts) {
      const markup = await statechart(machine, region, part);
      expect(wrongIn(markup, picture.layout, panes, 1000), region).toEqual([]);
    }
  });
});

describe('what covers what', () => {
  const box = (left: number, top: number): Box => ({
    text: `${left}, ${top}`,
    left,
    right: left + 30,
    top,
    bottom: top + 15,
  });

  it('is told of two texts in one place, and of one outside', () => {
    expect(collisions([box(0, 0), box(20, 5)], 100, 0)).toEqual(['0, 0 / 20, 5']);
    expect(collisions([box(80, 0)], 100, 0)).toEqual(['outside: 80, 0']);
  });

  it('is not told of lines one below the other, nor of neighbours', () => {
    expect(collisions([box(0, 0), box(0, 12), box(30, 0)], 100, 0)).toEqual([]);
  });
});
