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

/** One drawing, and where a page draws it. */
interface Drawing {
  readonly what: string;
  readonly markup: string;
  /** Its room; nothing where the page has the same drawing at another width. */
  readonly room: (panes: Panes) => number | null;
  readonly isCompared?: boolean;
}

function* drawingsOf(
  { picture, timeline, strip }: LiveFigure,
  trace: Trace,
  beside: Trace,
): Generator<Drawing> {
  const { layout } = picture;
  yield { what: 'time line', markup: drawTimeline(trace, timeline), room: (panes) => panes.timeline };
  if (strip)
    for (const other of [undefined, beside])
      yield { what: 'strip', markup: strip.draw(trace, other), room: (panes) => panes.strip };
  for (const isCompared of [false, true]) {
    const other = isCompared ? beside : undefined;
    const whole = picture.shows === 'run' ? picture.draw(trace, other) : '';
    for (const index of momentsOf(trace)) {
      const what = `event ${index}${isCompared ? ', compared' : ''}`;
      if (picture.shows === 'moment') {
        const markup = picture.draw(trace, index, trace.events[index]?.at_us ?? 0, other);
        const room = (panes: Panes) => ((isCompared && panes.compared) || panes)[layout];
        yield { what, markup, room, isCompared };
      } else {
        // It is drawn to scale, so that one width tells of all.
        const room = (panes: Panes) => (panes === PANES[0] ? picture.width : null);
        yield { what, markup: frozenAt(whole, trace.events, index), room, isCompared };
      }
    }
  }
}

/** What of markup cannot be read in a page's panes, at this width. @param layout of the figure */
export const wrongIn = (markup: string, layout: string, { figure }: Panes, width: number): string[] =>
  collisions(boxesOf(drawnIn(markup, layout), { width, figure }), width, MARGIN_px);

/**
 * The words of a run's pictures, time line and strip that cover another or end outside, each once, with where it is
 * first. @param beside the run that it is compared with
 */
export function wrongWords(figure: LiveFigure, trace: Trace, beside: Trace): string[] {
  const found = new Map<string, string>();
  for (const { what, markup, room, isCompared } of drawingsOf(figure, trace, beside)) {
    const drawn = drawnIn(markup, figure.picture.layout, isCompared);
    for (const panes of PANES) {
      const width = room(panes);
      if (width === null) continue;
      for (const wrong of collisions(boxesOf(drawn, { width, figure: panes.figure }), width, MARGIN_px))
        if (!found.has(wrong)) found.set(wrong, `${panes.window} px, ${what}`);
    }
  }
  return [...found].map(([wrong, where]) => `${where}: ${wrong}`);
}
