/** The whole figures, by the name of their simulation, as the site is built from them. */
import type { Figure } from './figure.ts';

export const figures: Readonly<Record<string, () => Promise<Figure>>> = {
  'close-wait-pipe': async () => (await import('./close-wait-pipe.ts')).closeWaitPipeFigure,
  'connect-timeout': async () => (await import('./connect-timeout.ts')).connectTimeoutFigure,
  'nagle-delayed-ack': async () => (await import('./nagle-delayed-ack.ts')).nagleDelayedAckFigure,
  'pipe-buffer': async () => (await import('./pipe-buffer.ts')).pipeBufferFigure,
};
