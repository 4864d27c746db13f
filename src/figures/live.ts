/**
 * The figures as the page's script loads them, by the name of their simulation: what moves when a page asks for it,
 * and what the tools print once the page shows another run than the one it was built with.
 */
import type { Tool } from '#simulations/tools/line.ts';
import type { LiveFigure } from './figure.ts';

interface Loads {
  figure(): Promise<LiveFigure>;
  tools(): Promise<readonly Tool[]>;
}

export const liveFigures: Readonly<Record<string, Loads>> = {
  'close-wait-pipe': {
    figure: async () => (await import('./close-wait-pipe/live.ts')).live,
    tools: async () => (await import('./close-wait-pipe/tools.ts')).tools,
  },
  'connect-timeout': {
    figure: async () => (await import('./connect-timeout/live.ts')).live,
    tools: async () => (await import('#simulations/tools/catalogue.ts')).tools,
  },
  'nagle-delayed-ack': {
    figure: async () => (await import('./nagle-delayed-ack/live.ts')).live,
    tools: async () => (await import('./nagle-delayed-ack/tools.ts')).tools,
  },
  'pipe-buffer': {
    figure: async () => (await import('./pipe-buffer/live.ts')).live,
    tools: async () => (await import('./pipe-buffer/tools.ts')).tools,
  },
};
