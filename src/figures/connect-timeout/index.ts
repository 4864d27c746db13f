/** The figure of the connect-timeout chapter. */
import { tools } from '#simulations/incidents/connect-timeout/tools.ts';
import { wholeFigure } from '../whole.ts';
import { live } from './live.ts';

export const figure = wholeFigure(live, {
  states: { title: 'Client socket', note: 'drawn from the simulation’s state machine' },
  tools,
});
