/** The whole figure from what moves in it: what the site needs beside that when it is built. */
import type { Tool } from '#simulations/tools/tool.ts';
import { usedExcerpts } from '../excerpts/used.ts';
import { inClock } from './clock.ts';
import type { Figure, LiveFigure } from './figure.ts';

/** @param rest also: ids of kernel excerpts that no run points to, and the page shows all the same */
export const wholeFigure = (
  live: LiveFigure,
  rest: Pick<Figure, 'states'> & { readonly tools: readonly Tool[]; readonly also?: readonly string[] },
): Figure => ({
  ...live,
  states: rest.states,
  tools: inClock(rest.tools, live.clock),
  get excerpts() {
    return new Set([...usedExcerpts(live.simulation), ...(rest.also ?? [])]);
  },
});
