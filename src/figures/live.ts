/**
 * The figures as the page's script loads them, found by their folders: what moves when a page asks for it, and what the
 * tools print once the page shows another run than the one it was built with.
 */
import type { Tool } from '#simulations/tools/tool.ts';
import { inClock } from './clock.ts';
import type { LiveFigure } from './figure.ts';

const figures = import.meta.glob<LiveFigure>('./*/live.ts', { import: 'live' });
const tools = import.meta.glob<readonly Tool[]>('../../simulations/*/*/tools.ts', { import: 'tools' });

interface Loads {
  figure(): Promise<LiveFigure>;
  tools(): Promise<readonly Tool[]>;
}

/** How to load the figure of a simulation and its tools, or undefined where it has none. */
export function liveFigureOf(simulation: string): Loads | undefined {
  const figure = figures[`./${simulation}/live.ts`];
  const [, load] = Object.entries(tools).find(([path]) => path.endsWith(`/${simulation}/tools.ts`)) ?? [];
  if (!figure) return undefined;
  return {
    figure,
    tools: async () => inClock((await load?.()) ?? [], (await figure()).clock),
  };
}
