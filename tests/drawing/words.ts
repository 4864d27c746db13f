/** All the words that a figure draws of a run, at every width and at many moments, and what of them cannot be read. */
import type { Trace } from '#simulations/trace/trace.ts';
import type { LiveFigure } from '#site/figures/figure.ts';
import { frozenAt } from '#site/views/phase.ts';
import { drawTimeline } from '#site/views/timeline.ts';
import { boxesOf, drawnIn } from './boxes.ts';
import { collisions } from './collisions.ts';
import { PANES, type Panes } from './panes.ts';

/** What a pane has beside its picture, which words may use: the section's margin, less some px. */
const MARGIN_px = 14;
/** Moments of a run that are looked at, at most: its beats, and some events between them. */
const MOMENTS = 40;
const BETWEEN = [0.2, 0.47, 0.7, 0.95, 1];

function momentsOf({ events, beats }: Trace): number[] {
  const between = BETWEEN.map((share) => Math.floor(share * (events.length - 1)));
  const all = [...new Set([0, ...beats, ...between])].sort((a, b) => a - b);
  const every = Math.ceil(all.length / MOMENTS);
  return all.filter((_, i) => i % every === 0 || i >= all.length - 2);
}

/** One drawing, and where it is drawn. */
interface Drawing {
  readonly where: string;
  readonly markup: string;
  readonly panes: Panes;
  readonly width: number;
  readonly isCompared?: boolean;
}

function* drawingsOf(figure: LiveFigure, trace: Trace, beside: Trace): Generator<Drawing> {
  const { picture, timeline, strip } = figure;
  for (const panes of PANES) {
    const window = `${panes.window} px`;
    yield {
      where: `${window}, time line`,
      markup: drawTimeline(trace, timeline),
      panes,
      width: panes.timeline,
    };
    for (const other of strip ? [undefined, beside] : []) {
      const markup = strip?.draw(trace, other) ?? '';
      yield { where: `${window}, strip`, markup, panes, width: panes.strip };
    }
    if (picture.shows !== 'moment') continue;
    const { [picture.layout]: alone, compared = panes } = panes;
    for (const index of momentsOf(trace)) {
      const draw = (other?: Trace) => picture.draw(trace, index, trace.events[index]?.at_us ?? 0, other);
      const where = `${window}, event ${index}`;
      yield { where, markup: draw(), panes, width: alone };
      const width = compared[picture.layout];
      yield { where: `${where}, compared`, markup: draw(beside), panes, width, isCompared: true };
    }
  }
  // A picture of the run is drawn to scale, so that one width tells of all.
  const [panes] = PANES;
  if (picture.shows !== 'run' || !panes) return;
  for (const isCompared of [false, true]) {
    const whole = picture.draw(trace, isCompared ? beside : undefined);
    for (const index of momentsOf(trace)) {
      const markup = frozenAt(whole, trace.events, index);
      const where = `event ${index}${isCompared ? ', compared' : ''}`;
      yield { where, markup, panes, width: picture.width, isCompared };
    }
  }
}

/** What of one drawing cannot be read. @param layout of the figure */
export const wrongIn = ({ markup, panes, width, isCompared }: Drawing, layout: string): string[] =>
  collisions(boxesOf(drawnIn(markup, layout, isCompared), { width, figure: panes.figure }), width, MARGIN_px);

/**
 * The words of a run's pictures, time line and strip that cover another or end outside, each once, with where it is
 * first. @param beside the run that it is compared with
 */
export function wrongWords(figure: LiveFigure, trace: Trace, beside: Trace): string[] {
  const found = new Map<string, string>();
  for (const drawing of drawingsOf(figure, trace, beside))
    for (const wrong of wrongIn(drawing, figure.picture.layout))
      if (!found.has(wrong)) found.set(wrong, drawing.where);
  return [...found].map(([wrong, where]) => `${where}: ${wrong}`);
}
