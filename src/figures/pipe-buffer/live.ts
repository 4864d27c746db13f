/** What moves in the figure of a pipe's buffer. */
import type { Trace } from '#simulations/engine/trace.ts';
import { bytes, count, span } from '#simulations/engine/wording.ts';
import { PAGE_SIZE_bytes } from '#simulations/kernel/pipe/size.ts';
import { type PipeBufferOutcome, pipeBuffer } from '#simulations/reference/pipe-buffer.ts';
import type { Panel, Variable } from '../../views/gauges.ts';
import { pipeRing, ringHeight } from '../../views/pipe-ring.ts';
import { slotLegend } from '../../views/pipe-slots.ts';
import { clock } from '../clock.ts';
import { asLive, type MomentPicture } from '../figure.ts';
import { largest_bytes, momentOf, slept_us, writersOf } from './moment.ts';
import { timeline } from './timeline.ts';

export { clock };

const picture: MomentPicture = {
  shows: 'moment',
  title: 'The pipe',
  note: 'each box is one page; what would be too thin to see is drawn wider',
  label: 'The pipe',
  layout: 'wide',
  hasPackets: false,
  draw(trace, index, at_us) {
    const height = ringHeight(largest_bytes(trace) / PAGE_SIZE_bytes, Number(trace.parameters.writers));
    return pipeRing(momentOf(trace, index, at_us), height);
  },
  legend: slotLegend,
};

function gauges(trace: Trace, index: number, at_us: number): Panel {
  const world = trace.stateAt(index);
  const { pipe = {}, reader = {} } = world;
  const end_us = Number(trace.parameters.duration_ms) * 1000;
  const longest_us = Math.max(...writersOf(world).map((name) => slept_us(world[name], at_us)));
  const slots = (pipe.slots as unknown[]).length;
  return {
    gauges: [
      {
        label: 'slots in use',
        value: `${pipe.used_slots} of ${slots}`,
        share: Number(pipe.used_slots) / slots,
        tone: 'count',
      },
      {
        label: 'bytes held',
        value: `${count(Number(pipe.held_bytes))}`,
        share: Number(pipe.held_bytes) / Number(pipe.size_bytes),
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
      ['F_GETPIPE_SZ', String(pipe.size_bytes)],
      ['FIONREAD', String(pipe.held_bytes)],
      ['readers', String(pipe.readers)],
      [
        'written',
        bytes(writersOf(world).reduce((sum, name) => sum + Number(world[name]?.returned_bytes), 0)),
      ],
      ['read', bytes(Number(reader.returned_bytes))],
    ],
  };
}

function summary(trace: Trace): Variable[] {
  const { accepted_bytes, blocked_at_ms, errno, signal, wakeups } = trace.outcome as PipeBufferOutcome;
  return [
    ['accepted', bytes(accepted_bytes)],
    ['first blocked', blocked_at_ms === null ? 'never' : `after ${span(blocked_at_ms * 1000)}`],
    ['wake-ups', count(wakeups.length)],
    ['error', signal ?? errno ?? 'none'],
  ];
}

export const live = asLive(pipeBuffer, { initial: 'post', picture, timeline, clock, gauges, summary });
