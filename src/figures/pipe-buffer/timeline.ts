/** Who sleeps, and what the pipe holds, over time. */
import type { WorldState } from '#simulations/engine/trace.ts';
import { bytes } from '#simulations/engine/wording.ts';
import { levels } from '../../views/levels.ts';
import { lastMoment } from '../../views/scene.ts';
import type { Timeline } from '../../views/timeline.ts';
import { unit } from '../clock.ts';
import { largest_bytes, strandedBytes } from './moment.ts';

const asleep = (world: WorldState): number =>
  Object.entries(world).filter(
    ([name, { status }]) => name.startsWith('writer ') && (status === 'asleep' || status === 'polling'),
  ).length;

export const timeline: Timeline = {
  rows: [
    {
      name: 'asleep',
      ...levels({
        series: [{ tone: 'timer', at: asleep }],
        most: ({ parameters }) => Number(parameters.writers),
        value: (writers) => (writers === 1 ? '1 writer' : `${writers} writers`),
        lines: 2,
      }),
    },
    {
      name: 'bytes',
      ...levels({
        series: [
          { name: 'held', tone: 'data', at: ({ pipe }) => Number(pipe?.held_bytes) },
          {
            name: 'stranded',
            tone: 'decide',
            at: ({ pipe = {} }, { parameters }) => strandedBytes(pipe, Number(parameters.write_bytes)),
          },
        ],
        most: largest_bytes,
        value: bytes,
      }),
    },
  ],
  timelineLabel: 'How many writers sleep, and what the pipe holds, time running right, to scale',
  end_us: lastMoment,
  unit,
};
