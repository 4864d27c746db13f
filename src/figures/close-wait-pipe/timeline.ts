/** Connections by state, who sleeps, and what the pipe holds, over time. */
import { bytes, count } from '#simulations/engine/wording.ts';
import { levels } from '../../views/levels.ts';
import { lastMoment } from '../../views/scene.ts';
import type { Timeline } from '../../views/timeline.ts';
import { unit } from '../clock.ts';
import { asleepIn, hasPool } from './moment.ts';

export const timeline: Timeline = {
  rows: [
    {
      name: 'connections',
      ...levels({
        series: [
          { name: 'ESTAB', tone: 'ok', at: ({ connections }) => Number(connections?.established) },
          { name: 'CLOSE-WAIT', tone: 'decide', at: ({ connections }) => Number(connections?.close_wait) },
          { name: 'SYN-SENT', tone: 'syn', at: ({ clients }) => Number(clients?.syn_sent) },
        ],
        value: count,
        lines: 4,
      }),
    },
    {
      name: 'asleep',
      ...levels({
        series: [{ tone: 'timer', at: (world, trace) => asleepIn(trace, world) }],
        most: (trace) => (hasPool(trace) ? Number(trace.parameters.workers) : 1),
        value: (threads) => (threads === 1 ? '1 thread' : `${threads} threads`),
        lines: 2,
      }),
    },
    {
      name: 'pipe',
      ...levels({
        series: [{ tone: 'data', at: ({ pipe }) => Number(pipe?.held_bytes) }],
        most: ({ stateAt }) => Number(stateAt(0).pipe?.size_bytes),
        value: bytes,
        lines: 2,
      }),
    },
  ],
  timelineLabel:
    'Connections by state, how many threads sleep in write(), and what the pipe holds, time running right, to scale',
  end_us: lastMoment,
  unit,
};
