/**
 * A pipe's slots in the order of the ring: what each page holds, what has been read of it, what may still merge, and
 * what nobody can use.
 *
 * Shares are true except where they would be too thin to be seen.
 */
import { count } from '#simulations/engine/wording.ts';
import { PAGE_SIZE_bytes } from '#simulations/kernel/pipe/size.ts';
import { escapeText, share } from './svg.ts';

/** The parts of one slot in use; together they are a page. */
export interface Slot {
  /** Read already: free, but not before the whole slot is. */
  readonly read_bytes: number;
  readonly held_bytes: number;
  /** Free at its end, and the next write will merge into it. */
  readonly room_bytes: number;
  /** Free at its end, and no write will use it. */
  readonly stranded_bytes: number;
}

export interface Slots {
  /** By their place in the ring; null where there is none in use. */
  readonly slots: readonly (Slot | null)[];
  /** Places of the slot that is read from, and of the one that was taken last; null when none is in use. */
  readonly oldest: number | null;
  readonly newest: number | null;
}

/** Most slots that have room for their numbers. */
const LABELLED = 16;
/** Lowest cells, with their gap, that have room for marks, in px. */
const MARKED = 16;
/** Least share of a cell for a part that is there; of a small cell more. */
const least = (columns: number): number => (columns <= 4 ? 0.07 : columns <= 8 ? 0.12 : 0.2);
/** Least share for a part's bytes in figures, and what is too thin even for a word over it. */
const ROOMY = 0.47;
const ROOMIER = 0.68;
const THIN = 0.15;

/** Cells side by side, and their height with the gap below, in px. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly pitch: number;
}

export function gridOf(slots: number): Grid {
  const columns = slots <= 4 ? slots : slots <= 16 ? 4 : slots <= 64 ? 8 : 16;
  const rows = Math.ceil(slots / columns);
  return { columns, rows, pitch: rows <= 4 ? 50 : rows <= 8 ? 26 : 16 };
}

const PARTS = ['read', 'held', 'room', 'stranded'] as const;
type Part = (typeof PARTS)[number];

/** The parts from left to right, each with its share of the cell. */
function partsOf(slot: Slot, columns: number): { part: Part; bytes: number; x: number; width: number }[] {
  const present = PARTS.map((part) => ({ part, bytes: slot[`${part}_bytes`] })).filter(
    ({ bytes }) => bytes > 0,
  );
  const widths = present.map(({ bytes }) => Math.max(least(columns), bytes / PAGE_SIZE_bytes));
  const over = widths.reduce((sum, width) => sum + width, 0) - 1;
  const widest = widths.indexOf(Math.max(...widths));
  let x = 0;
  return present.map((one, i) => {
    const width = (widths[i] ?? 0) - (i === widest ? over : 0);
    x += width;
    return { ...one, x: x - width, width };
  });
}

/** Where a cell lies: shares of the picture's width, and px. */
interface Cell {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Something of fixed size at a place in a cell. @param at share of the cell's width @param down in px */
const placed = ({ x, y, width }: Cell, at: number, down: number, content: string): string =>
  `<svg x="${share(x + at * width)}" y="${y + down}" overflow="visible">${content}</svg>`;

/** A part's bytes, where it is wide enough for them; what no write can use is told beside a thin part, too. */
/** @param isBeside whether the bytes of a thin part stand in the same place */
function figure(part: Part, bytes: number, x: number, width: number, cell: Cell, isBeside: boolean): string {
  const isUseless = part === 'stranded';
  if (part === 'room' || (width < (isBeside ? ROOMIER : ROOMY) && !isUseless)) return '';
  const [at, dx] = isUseless ? (width < THIN ? [x, -3] : [1, -3]) : [x, 3];
  const text = `<text class="slot-bytes of-${part} wide-only" x="${dx}"${isUseless ? ' text-anchor="end"' : ''}>${count(bytes)}</text>`;
  return placed(cell, at, cell.height - 8, text);
}

/** The slot's parts drawn, and their bytes where there is room. */
function content(slot: Slot, columns: number, cell: Cell, isLabelled: boolean): string {
  const parts = partsOf(slot, columns);
  const drawn = parts.map(({ part, x, width }) => {
    const place = `x="${share(cell.x + x * cell.width)}" y="${cell.y}" width="${share(width * cell.width)}" height="${cell.height}"`;
    const isTextured = part === 'read' || part === 'stranded';
    return `<rect class="slot-${part}" ${place}/>${isTextured ? `<rect fill="url(#slot-${part})" ${place}/>` : ''}`;
  });
  const isBeside = parts.some(({ part, width }) => part === 'stranded' && width < THIN);
  const figures = isLabelled
    ? parts.map(({ part, bytes, x, width }) => figure(part, bytes, x, width, cell, isBeside))
    : [];
  return [...drawn, ...figures].join('');
}

/** Marks at the cell's upper right: read from next, written to last. */
function ends(isOldest: boolean, isNewest: boolean, cell: Cell, isLabelled: boolean): string {
  const mark = isOldest ? 'M-6 3h-8l4 6z' : 'M-10 3l4 6h-8z';
  const words = isOldest && isNewest ? 'only' : isOldest ? 'oldest' : 'newest';
  const text = isLabelled
    ? `<text class="slot-end clear wide-only" x="-18" y="14" text-anchor="end">${words}</text>`
    : '';
  return placed(cell, 1, 0, `<path class="slot-mark" d="${mark}"/>${text}`);
}

/**
 * @param left share of the picture's width where the slots begin @param width their share of it
 * @param top in px @param small a grid of cells too small for words
 */
export function drawSlots(
  { slots, oldest, newest }: Slots,
  left: number,
  width: number,
  top: number,
  small?: Grid,
): string {
  const { columns, pitch } = small ?? gridOf(slots.length);
  const isLabelled = !small && slots.length <= LABELLED;
  const step = width / columns;
  return slots
    .map((slot, i) => {
      const isOldest = i === oldest;
      const isNewest = i === newest;
      const cell: Cell = {
        x: left + (i % columns) * step,
        y: top + Math.floor(i / columns) * pitch,
        width: step * (isLabelled ? 0.955 : 0.93),
        height: pitch - (isLabelled ? 5 : 3),
      };
      const isMostlyFree = slot !== null && slot.held_bytes < PAGE_SIZE_bytes / 2;
      const number = `<text class="slot-number${isMostlyFree ? ' clear' : ''}" x="5" y="14">${i + 1}</text>`;
      return [
        slot ? content(slot, columns, cell, isLabelled) : '',
        `<rect class="slot${slot ? ' used' : ''}${isOldest || isNewest ? ' end' : ''}" x="${share(cell.x)}" y="${cell.y}" width="${share(cell.width)}" height="${cell.height}"/>`,
        isLabelled ? placed(cell, 0, 0, number) : '',
        (isOldest || isNewest) && pitch >= MARKED ? ends(isOldest, isNewest, cell, isLabelled) : '',
      ].join('');
    })
    .join('');
}

/** The textures of a slot's parts; once in each picture. */
export const slotTextures =
  '<defs><pattern id="slot-stranded" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="slot-stripe" d="M0 0v5"/></pattern><pattern id="slot-read" width="5" height="5" patternUnits="userSpaceOnUse"><path class="slot-line" d="M0 2.5h5"/></pattern></defs>';

const swatch = (markup: string): string =>
  `<svg width="14" height="12" aria-hidden="true">${markup}<rect class="slot used" width="14" height="12"/></svg>`;

const whole = 'width="14" height="12"';

/** What the parts and marks mean. */
export const slotLegend = (): string =>
  [
    [swatch(`<rect class="slot-held" ${whole}/>`), 'waits to be read'],
    [swatch(`<rect class="slot-read" ${whole}/><rect fill="url(#slot-read)" ${whole}/>`), 'read already'],
    [swatch(`<rect class="slot-room" ${whole}/>`), 'free, the next write merges here'],
    [
      swatch(`<rect class="slot-stranded" ${whole}/><rect fill="url(#slot-stranded)" ${whole}/>`),
      'free, but too small for the next write',
    ],
    [
      '<svg width="10" height="10" viewBox="-15 1 10 10" aria-hidden="true"><path class="slot-mark" d="M-6 3h-8l4 6z"/></svg>',
      'oldest',
    ],
    [
      '<svg width="10" height="10" viewBox="-15 1 10 10" aria-hidden="true"><path class="slot-mark" d="M-10 3l4 6h-8z"/></svg>',
      'newest',
    ],
  ]
    .map(([mark = '', name = '']) => `<span>${mark}${escapeText(name)}</span>`)
    .join('');
