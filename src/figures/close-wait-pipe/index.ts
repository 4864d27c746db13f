/** The figure of the close-wait-pipe chapter. */
import { tools } from '#simulations/incidents/close-wait-pipe/tools.ts';
import { wholeFigure } from '../whole.ts';
import { live } from './live.ts';

export const figure = wholeFigure(live, {
  states: { title: 'One thread', note: 'worker 1, or the only one' },
  tools,
  // No run points to it: what ss asks the kernel for.
  also: ['tcp_diag_get_info'],
});
