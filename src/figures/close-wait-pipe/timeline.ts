/** Connections by state, who sleeps, and what the pipe holds, over time. */
import { bytes, count } from '#simulations/engine/wording.ts';
import { levels } from '../../views/levels.ts';
import { lastMoment } from '../../views/pending.ts';
import type { Timeline } from '../../views/timeline.ts';
import { unit } from '../clock.ts';
import { asleepIn, connectionsIn, hasPool } from './moment.ts';
import { logPipe, type PileUp } from './pile-up.ts';

export const timeline: Timeline<PileUp> = {
  rows: [
    {
      name: 'connections',
      ...levels({
        series: [
          { name: 'ESTAB', tone: 'ok', at: (world) => connectionsIn(world, 'ESTABLISHED') },
          { name: 'CLOSE-WAIT', tone: 'decide', at: (world) => connectionsIn(world, 'CLOSE_WAIT') },
          { name: 'SYN-SENT', tone: 'syn', at: ({ programs }) => programs.clients.syn_sent },
        ],
        value: count,
        lines: 4,
      }),
    },
    {
      name: 'asleep',
      ...levels({
        series: [{ tone: 'timer', at: (world, trace) => asleepIn(trace, world) }],
        most: (trace) => (hasPool(trace) ? trace.parameters.workers : 1),
        value: (threads) => (threads === 1 ? '1 thread' : `${threads} threads`),
        lines: 2,
      }),
    },
    {
      name: 'pipe',
      ...levels({
        series: [{ tone: 'data', at: (world) => logPipe(world).held_bytes }],
        most: ({ worldAt }) => logPipe(worldAt(0)).size_bytes,
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
