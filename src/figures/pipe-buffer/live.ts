/** What moves in the figure of a pipe's buffer. */
import { bytes, count, span } from '#simulations/engine/wording.ts';
import { PAGE_SIZE_bytes } from '#simulations/kernel/pipe/size.ts';
import { pipeMachine, writerMachine } from '#simulations/kernel/pipe/states.ts';
import { pipeBuffer } from '#simulations/reference/pipe-buffer/simulation.ts';
import type { Panel, Variable } from '../../views/gauges.ts';
import { pipeRing, ringHeight } from '../../views/pipe-ring.ts';
import { slotLegend } from '../../views/pipe-slots.ts';
import { clock } from '../clock.ts';
import { asLive, type MomentPicture } from '../figure.ts';
import { largest_bytes, momentOf, slept_us, thePipe, writersOf } from './moment.ts';
import type { PipeRun } from './pipe-run.ts';
import { timeline } from './timeline.ts';

export { clock };

const picture: MomentPicture<PipeRun> = {
  shows: 'moment',
  title: 'The pipe',
  note: 'each box is one page; what would be too thin to see is drawn wider',
  label: 'The pipe',
  layout: 'wide',
  hasPackets: false,
  draw(trace, index, at_us) {
    const height = ringHeight(largest_bytes(trace) / PAGE_SIZE_bytes, trace.parameters.writers);
    return pipeRing(momentOf(trace, index, at_us), height);
  },
  legend: slotLegend,
};

function gauges(trace: PipeRun, index: number, at_us: number): Panel {
  const world = trace.worldAt(index);
  const pipe = thePipe(world);
  const writers = writersOf(world);
  const end_us = trace.parameters.duration_ms * 1000;
  const longest_us = Math.max(...writers.map(([, task]) => slept_us(task, at_us)));
  const slots = pipe.slots.length;
  return {
    gauges: [
      {
        label: 'slots in use',
        value: `${pipe.used_slots} of ${slots}`,
        share: pipe.used_slots / slots,
        tone: 'count',
      },
      {
        label: 'bytes held',
        value: count(pipe.held_bytes),
        share: pipe.held_bytes / pipe.size_bytes,
        tone: 'data',
      },
      {
        label: 'asleep the longest, now',
        value: longest_us > 0 ? span(Math.round(longest_us / 1000) * 1000) : 'none',
        share: end_us > 0 ? longest_us / end_us : 0,
        tone: 'timer',
      },
    ],
    variables: [
      ['F_GETPIPE_SZ', `${pipe.size_bytes}`],
      ['FIONREAD', `${pipe.held_bytes}`],
      ['readers', pipe.readers ? 'open' : 'closed'],
      ['written', bytes(writers.reduce((sum, [, { returned_bytes }]) => sum + returned_bytes, 0))],
      ['read', bytes(world.programs.reader?.returned_bytes ?? 0)],
    ],
  };
}

function summary({ outcome }: PipeRun): Variable[] {
  const { accepted_bytes, blocked_at_ms, errno, signal, wakeups } = outcome;
  return [
    ['accepted', bytes(accepted_bytes)],
    ['first blocked', blocked_at_ms === null ? 'never' : `after ${span(blocked_at_ms * 1000)}`],
    ['wake-ups', count(wakeups.length)],
    ['error', signal ?? errno ?? 'none'],
  ];
}

export const live = asLive(pipeBuffer, {
  initial: 'post',
  picture,
  timeline,
  charts: [
    {
      machine: pipeMachine,
      region: 'ring',
      stateIn: (world) => thePipe(world).state,
      part: { states: ['empty', 'holding', 'full'], events: ['WRITE', 'READ'] },
    },
    {
      machine: writerMachine,
      region: 'writer',
      stateIn: ({ programs }) => programs['writer 1']?.status,
      part: { states: ['running', 'asleep', 'polling'] },
    },
  ],
  clock,
  gauges,
  summary,
});
