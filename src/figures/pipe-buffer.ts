/** The figure of a pipe's buffer. */
import { pipeMachine, writerMachine } from '#simulations/kernel/pipe/states.ts';
import type { Figure } from './figure.ts';
import { live } from './pipe-buffer/live.ts';
import { tools } from './pipe-buffer/tools.ts';

export const pipeBufferFigure: Figure = {
  ...live,
  states: { title: 'The pipe and writer 1', note: 'drawn from the simulation’s state machines' },
  charts: [
    {
      machine: pipeMachine,
      region: 'ring',
      actor: 'pipe',
      field: 'state',
      part: { states: ['empty', 'holding', 'full'], events: ['WRITE', 'READ'] },
    },
    {
      machine: writerMachine,
      region: 'writer',
      actor: 'writer 1',
      field: 'status',
      part: { states: ['running', 'asleep', 'polling'] },
    },
  ],
  tools,
  excerpts: [
    'alloc_pipe_info',
    'pipe_write',
    'pipe_writable',
    'pipe_read',
    'pipe_poll',
    'pipe_release',
    'pipe_set_size',
    'pipe_resize_ring',
  ],
};
