/** A pipe at one moment: who writes, the ring of slots, who reads, and how much of it is free in slots and in bytes. */
import { count } from '#simulations/engine/wording.ts';
import { drawFlow, drawReader, drawWriters, type End, writersHeight } from './pipe-ends.ts';
import { drawSlots, gridOf, type Slots, slotTextures } from './pipe-slots.ts';
import { escapeText, share } from './svg.ts';

export interface PipeMoment extends Slots {
  readonly size_bytes: number;
  readonly free_bytes: number;
  readonly stranded_bytes: number;
  readonly isRead: boolean;
  /** Those asleep in write() last, in the order in which they will be woken. */
  readonly writers: readonly End[];
  readonly asleep: number;
  readonly reader: End;
  /** What the reader does, in a few lines of a few words. */
  readonly readerWords: readonly string[];
}

/** Shares of the width. */
const WRITERS = 0.25;
const RING = 0.295;
const RING_WIDTH = 0.48;
const READER = 0.82;
/** Height of the words above and below the slots, in px. */
const HEAD = 48;
const FOOT = 30;
/** Height of the reader's words below the middle of the slots, in px. */
const READER_BELOW = 92;

/** Its height, in px: enough for so many slots and writers. */
export function ringHeight(slots: number, writers: number): number {
  const { rows, pitch } = gridOf(slots);
  return Math.max(
    HEAD + rows * pitch + FOOT,
    HEAD + (rows * pitch) / 2 + READER_BELOW,
    writersHeight(writers) + 14,
  );
}

/** @param height in px, the same at every moment of a run */
export function pipeRing(moment: PipeMoment, height: number): string {
  const { slots, free_bytes, size_bytes, stranded_bytes, isRead, writers, asleep, reader } = moment;
  const free = slots.filter((slot) => slot === null).length;
  // The last slot may be taken and still have room for a write that merges.
  const merges = slots.some((slot) => slot !== null && slot.room_bytes > 0);
  const passes = isRead && (free > 0 || merges);
  const { rows, pitch } = gridOf(slots.length);
  const middle = HEAD + (rows * pitch) / 2;
  const at = (y: number, className: string, text: string): string =>
    `<svg x="${share(RING)}" y="${y}" overflow="visible"><text class="${className}">${text}</text></svg>`;
  const inSlots = isRead ? `${free} of ${slots.length} slots free` : 'nobody reads';
  const inBytes = `${count(free_bytes)} of ${count(size_bytes)} bytes free`;
  const why =
    isRead && !passes && stranded_bytes > 0
      ? `${count(stranded_bytes)} bytes are free, and in taken slots: no write can use them`
      : '';
  const who = [...writers, reader].map(({ name, doing }) => `${name} ${doing}`).join(', ');
  return `<svg class="view pipe-ring" xmlns="http://www.w3.org/2000/svg" width="100%" height="${height}" overflow="visible" role="img" aria-label="${escapeText(`The pipe: ${inSlots}, ${inBytes}; ${who}`)}">${slotTextures}${drawWriters(writers, asleep, Math.max(4, middle - writersHeight(writers.length) / 2))}${at(16, `ring-slots${passes ? '' : ' decide'}`, inSlots)}${at(36, 'ring-bytes', inBytes)}${drawSlots(moment, RING, RING_WIDTH, HEAD)}${at(HEAD + rows * pitch + 17, 'ring-why wide-only', why)}${drawFlow(WRITERS, RING - 0.012, middle, passes)}${drawFlow(RING + RING_WIDTH, READER - 0.012, middle, isRead)}${drawReader(reader, moment.readerWords, READER, middle)}</svg>`;
}
