/** The figure of the nagle-delayed-ack chapter. */
import { tools } from '#simulations/incidents/nagle-delayed-ack/tools.ts';
import { wholeFigure } from '../whole.ts';
import { live } from './live.ts';

export const figure = wholeFigure(live, {
  states: { title: 'Both sockets', note: 'drawn from the simulation’s state machine' },
  tools,
});
