/** The figure of a pipe's buffer. */
import { tools } from '#simulations/reference/pipe-buffer/tools.ts';
import { wholeFigure } from '../whole.ts';
import { live } from './live.ts';

export const figure = wholeFigure(live, {
  states: { title: 'The pipe and writer 1', note: 'drawn from the simulation’s state machines' },
  tools,
  // No run points to it: what refuses to make a pipe smaller than what is in it.
  also: ['pipe_resize_ring'],
});
