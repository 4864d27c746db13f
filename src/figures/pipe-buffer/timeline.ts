/** Who sleeps, and what the pipe holds, over time. */

import { bytes } from '#simulations/engine/wording.ts';
import { levels } from '../../views/levels.ts';
import { lastMoment } from '../../views/pending.ts';
import type { Timeline } from '../../views/timeline.ts';
import { unit } from '../clock.ts';
import { largest_bytes, strandedBytes, thePipe, writersOf } from './moment.ts';
import type { PipeRun, PipeWorld } from './pipe-run.ts';

const asleep = (world: PipeWorld): number =>
  writersOf(world).filter(([, { status }]) => status === 'asleep' || status === 'polling').length;

export const timeline: Timeline<PipeRun> = {
  rows: [
    {
      name: 'asleep',
      ...levels({
        series: [{ tone: 'timer', at: asleep }],
        most: ({ parameters }) => parameters.writers,
        value: (writers) => (writers === 1 ? '1 writer' : `${writers} writers`),
        lines: 2,
      }),
    },
    {
      name: 'bytes',
      ...levels({
        series: [
          { name: 'held', tone: 'data', at: (world) => thePipe(world).held_bytes },
          {
            name: 'stranded',
            tone: 'decide',
            at: (world, { parameters }) => strandedBytes(thePipe(world), parameters.write_bytes),
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
