/**
 * What happens when, to scale: packets, processes, what waits in the kernels, levels. Each figure names its rows.
 *
 * Positions are shares of the width, so that the picture stretches and its type does not.
 */
import { duration } from '#simulations/engine/duration.ts';
import type { TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import type { LevelsRow } from './levels.ts';
import { lastMoment, type Pending, type Side } from './pending.ts';
import { stopScale, ticks } from './scale.ts';
import { appearing, escapeText, packetKind, packetMark } from './svg.ts';

/** A row of the time line. */
export type TimelineRow<T extends Trace = Trace> = { readonly name: string } & (
  | { readonly shows: 'packets' }
  /** When a process was blocked, and how it ended. */
  | { readonly shows: 'process'; readonly actor: string }
  /** What waits in the kernel of one end. */
  | { readonly shows: 'waits'; readonly side: Side; readonly waits: (trace: T) => readonly Pending[] }
  /** A stretch from the beginning that the parameters set, or null for none. */
  | { readonly shows: 'limit'; readonly until_us: (trace: T) => number | null }
  /** One level over time, or several that are stacked: made by `levels()`. */
  | LevelsRow<T>
);

export interface Timeline<T extends Trace = Trace> {
  readonly rows: readonly TimelineRow<T>[];
  /** What the time line shows, for those who cannot see it. */
  readonly timelineLabel: string;
  /** The last moment that the time line shows; what comes later is only stepped to. */
  end_us(trace: T): number;
  /** The unit of the axis, where seconds and milliseconds are not the right grain. */
  readonly unit?: (end_us: number) => { readonly us: number; readonly name: string } | null;
}

/** The room that the axis has at least, on a phone and on a wider screen, in px. */
const ROOM = { phone: 286, wide: 542 } as const;
/** The width of a letter under the axis, at most, and what is left free between two labels, in px. */
const LETTER = 8;
const FREE = 6;

/** Height of a line, in px. */
const LINE = 24;

/** Lines that a row takes. */
const linesOf = (row: TimelineRow<never>): number => (row.shows === 'levels' ? row.lines : 1);

/** The y of a row's upper edge, in px; of the axis' room after the last. */
const rowTop = (rows: readonly TimelineRow<never>[], row: number): number =>
  rows.slice(0, row).reduce((sum, above) => sum + linesOf(above) * LINE, 0);

/** Last moment of the time line, in µs; at least 1 ms so that a scale can be made. */
export const endOf = <T extends Trace>(trace: T, timeline: Timeline<T>): number =>
  Math.max(1000, timeline.end_us(trace));

/** The rows' names, in the order of the rows, and the keys of stacked levels. */
export const rowNames = ({ rows }: Pick<Timeline<never>, 'rows'>): string =>
  rows
    .flatMap((row) => {
      const lines = linesOf(row);
      const tall = lines > 1 ? ` style="grid-row: span ${lines}"` : '';
      const { key } = row.shows === 'levels' ? row : { key: [] };
      if (key.length === 0) return [`<span${tall}>${escapeText(row.name)}</span>`];
      return key.map(({ name, swatch }, i) => {
        const rest = i === key.length - 1 ? lines - i : 1;
        return `<span${rest > 1 ? ` style="grid-row: span ${rest}"` : ''}>${swatch}${escapeText(name)}</span>`;
      });
    })
    .join('');

interface Span {
  readonly from: number;
  readonly start_us: number;
  readonly end_us: number;
}

const ENDS = new Set(['syscall-return', 'process-killed']);

/** The stretches of time in which a process was blocked, and the event that begins each. */
function blocked(events: readonly TraceEvent[], actor: string): Span[] {
  const spans: Span[] = [];
  let call: TraceEvent | null = null;
  for (const event of events) {
    if (event.actor !== actor) continue;
    if (event.kind === 'syscall') call = event;
    else if (call && ENDS.has(event.kind)) {
      if (event.at_us > call.at_us)
        spans.push({ from: call.index, start_us: call.at_us, end_us: event.at_us });
      call = null;
    }
  }
  return spans;
}

/** From here on a label ends where its tick is, so that it is not cut; in hundredths of the axis. */
const AT_END = 96;

/**
 * Every how many ticks have a label, so that none touches the next.
 * @param step between two ticks, as a share of the axis @param isCut whether the last label ends at its tick
 */
function everyOf(labels: readonly string[], step: number, isCut: boolean): Record<keyof typeof ROOM, number> {
  const width = Math.max(...labels.map(({ length }) => length)) * LETTER;
  const needed = width * (isCut ? 1.5 : 1) + FREE;
  const wide = Math.ceil(needed / (step * ROOM.wide));
  // What a phone shows, a wide screen shows, too.
  return { wide, phone: Math.ceil(needed / (step * ROOM.phone) / wide) * wide };
}

/** Draws the time line; its x axis is linear and spans the picture's whole width. */
export function drawTimeline<T extends Trace>(trace: T, timeline: Timeline<T>): string {
  const { events } = trace;
  const { rows } = timeline;
  const end_us = endOf(trace, timeline);
  const scale = stopScale([0, end_us], [0, 100]);
  const axis = rowTop(rows, rows.length) + LINE / 2 - 8;
  const share = (us: number): string => `${Math.round(scale(us) * 1000) / 1000}%`;
  const placed = (us: number, y: number, content: string): string =>
    `<svg x="${share(us)}" y="${y}" overflow="visible">${content}</svg>`;
  const bar = (className: string, from_us: number, to_us: number, y: number, height = 10): string =>
    `<rect class="${className}" x="${share(from_us)}" y="${y - height / 2}" width="${share(Math.max(to_us - from_us, end_us / 400))}" height="${height}" rx="3"/>`;

  /** What a row shows below the veil, and above it. */
  const drawn = rows.map((row, i): { below: string; above: string } => {
    const y = rowTop(rows, i) + LINE / 2;
    if (row.shows === 'levels') return row.draw(trace, end_us, y - LINE / 2 + 4, row.lines * LINE - 8);
    if (row.shows === 'packets') {
      const packets = events
        .filter((event) => event.kind === 'packet-sent')
        .map(({ index, at_us, data }) =>
          appearing(index, placed(at_us, y, packetMark(packetKind(data.packet), 0, 0))),
        );
      return { below: '', above: packets.join('') };
    }
    if (row.shows === 'limit') {
      const until_us = row.until_us(trace);
      const limit = until_us
        ? `<rect class="patience" x="0" y="${y - 5}" width="${share(until_us)}" height="10" rx="3"/>`
        : `<text class="time" x="0" y="${y + 4}">none</text>`;
      return { below: limit, above: '' };
    }
    if (row.shows === 'waits') {
      const waits = row
        .waits(trace)
        .filter(
          ({ side, kind, from, end_us }) => side === row.side && kind !== 'stall' && end_us > from.at_us,
        )
        .map(({ kind, from, end_us }) =>
          appearing(
            from.index,
            kind === 'held'
              ? bar('held', from.at_us, end_us, y + 5, 8)
              : bar(kind === 'timer' ? 'rto' : 'ato', from.at_us, end_us, y - 5, 8),
          ),
        );
      return { below: waits.join(''), above: '' };
    }
    const asleep = blocked(events, row.actor).map(({ from, start_us, end_us }) =>
      appearing(from, bar('asleep', start_us, end_us, y)),
    );
    const ends = events
      .filter(
        ({ kind, actor }) => actor === row.actor && (kind === 'process-killed' || kind === 'process-exited'),
      )
      .map(({ index, at_us, kind }) =>
        appearing(
          index,
          placed(
            at_us,
            y,
            kind === 'process-killed'
              ? '<path class="loss" d="M-6 -6l12 12m0 -12l-12 12"/>'
              : '<circle class="done" r="5"/>',
          ),
        ),
      );
    return { below: [...asleep, ...ends].join(''), above: '' };
  });
  const unit = timeline.unit?.(end_us);
  const times = unit ? ticks(end_us / unit.us, 6).map((time) => time * unit.us) : ticks(end_us, 6);
  const written = (us: number) => (unit ? `${us / unit.us} ${unit.name}` : duration(us));
  const every = everyOf(
    times.map(written),
    scale(times[1] ?? end_us) / 100,
    scale(times.at(-1) ?? 0) > AT_END,
  );
  const marks = times.map((time, i) => {
    const anchor = time === 0 ? 'start' : scale(time) > AT_END ? 'end' : 'middle';
    const label =
      i % every.wide === 0
        ? `<text class="time${i % every.phone ? ' wide-only' : ''}" y="17" text-anchor="${anchor}">${written(time)}</text>`
        : '';
    return `<svg x="${share(time)}" y="${axis}" overflow="visible"><path class="axis" d="M0 0v5"/>${label}</svg>`;
  });
  // Something happens after the end of the axis: the axis is broken there.
  if (lastMoment(trace) > end_us)
    marks.push(
      `<svg x="100%" y="${axis}" overflow="visible"><path class="axis" d="M-9 5l5 -10m-1 10l5 -10"/></svg>`,
    );
  // A bar's length would give away how long it will last; a limit is known beforehand.
  const veils = rows.map((row, i) => {
    const top = rowTop(rows, i);
    const height = i < rows.length - 1 ? linesOf(row) * LINE : axis - top - 1;
    return `<rect class="veil${row.shows === 'limit' ? '' : ' full'}" data-veil x="100%" y="${top}" width="0" height="${height}"/>`;
  });
  return `<svg class="view timeline" xmlns="http://www.w3.org/2000/svg" width="100%" height="${axis + 22}" overflow="visible" role="img" aria-label="${timeline.timelineLabel}"><line class="axis" x1="0" x2="100%" y1="${axis}" y2="${axis}"/>${drawn.map(({ below }) => below).join('')}${veils.join('')}${drawn.map(({ above }) => above).join('')}<line class="cursor" data-cursor x1="0" x2="0" y1="0" y2="${axis}"/>${marks.join('')}</svg>`;
}
