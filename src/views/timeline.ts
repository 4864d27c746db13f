/**
 * Who waits for whom, to scale: packets, processes, and what waits in the kernels. Each figure names its rows.
 *
 * Positions are shares of the width, so that the picture stretches and its type does not.
 */
import { duration } from '#simulations/engine/duration.ts';
import type { Trace, TraceEvent } from '#simulations/engine/trace.ts';
import { stopScale, ticks } from './scale.ts';
import { lastMoment, type Scene, type TimelineRow } from './scene.ts';
import { appearing, packetKind, packetMark } from './svg.ts';

/** Letters that fit under the axis on a phone. */
const CROWDED = 34;

/** The y of a row's middle, in px. */
const rowY = (row: number): number => 12 + row * 24;

/** Last moment of the time line, in µs; at least 1 ms so that a scale can be made. */
export const endOf = (trace: Trace, scene: Scene): number => Math.max(1000, scene.end_us(trace));

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

/** Draws the time line; its x axis is linear and spans the picture's whole width. */
export function timeline(trace: Trace, scene: Scene): string {
  const { events } = trace;
  const end_us = endOf(trace, scene);
  const scale = stopScale([0, end_us], [0, 100]);
  const axis = rowY(scene.rows.length) - 8;
  const share = (us: number): string => `${Math.round(scale(us) * 1000) / 1000}%`;
  const placed = (us: number, y: number, content: string): string =>
    `<svg x="${share(us)}" y="${y}" overflow="visible">${content}</svg>`;
  const bar = (className: string, from_us: number, to_us: number, y: number, height = 10): string =>
    `<rect class="${className}" x="${share(from_us)}" y="${y - height / 2}" width="${share(Math.max(to_us - from_us, end_us / 400))}" height="${height}" rx="3"/>`;

  /** What a row shows below the veil, and above it. */
  const drawn = scene.rows.map((row: TimelineRow, i): { below: string; above: string } => {
    const y = rowY(i);
    if (row.shows === 'packets') {
      const packets = events
        .filter(({ kind }) => kind === 'packet-sent')
        .map(({ index, at_us, data }) =>
          appearing(index, placed(at_us, y, packetMark(packetKind(String(data.packet)), 0, 0))),
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
      const waits = scene
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
  const times = ticks(end_us, 6);
  // Where every label would touch the next on a phone, every second one is for wide screens only.
  const isCrowded = Math.max(...times.map((time) => duration(time).length)) * times.length > CROWDED;
  const marks = times.map((time, i) => {
    const anchor = time === 0 ? 'start' : scale(time) > 96 ? 'end' : 'middle';
    return `<svg x="${share(time)}" y="${axis}" overflow="visible"><path class="axis" d="M0 0v5"/><text class="time${isCrowded && i % 2 ? ' wide-only' : ''}" y="17" text-anchor="${anchor}">${duration(time)}</text></svg>`;
  });
  // Something happens after the end of the axis: the axis is broken there.
  if (lastMoment(trace) > end_us)
    marks.push(
      `<svg x="100%" y="${axis}" overflow="visible"><path class="axis" d="M-9 5l5 -10m-1 10l5 -10"/></svg>`,
    );
  // A bar's length would give away how long it will last; a limit is known beforehand.
  const veils = scene.rows.map(
    ({ shows }, i) =>
      `<rect class="veil${shows === 'limit' ? '' : ' full'}" data-veil x="100%" y="${rowY(i) - 12}" width="0" height="${i < scene.rows.length - 1 ? 24 : axis - rowY(i) + 11}"/>`,
  );
  return `<svg class="view timeline" xmlns="http://www.w3.org/2000/svg" width="100%" height="${axis + 22}" overflow="visible" role="img" aria-label="${scene.timelineLabel}"><line class="axis" x1="0" x2="100%" y1="${axis}" y2="${axis}"/>${drawn.map(({ below }) => below).join('')}${veils.join('')}${drawn.map(({ above }) => above).join('')}<line class="cursor" data-cursor x1="0" x2="0" y1="0" y2="${axis}"/>${marks.join('')}</svg>`;
}
