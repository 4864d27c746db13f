/**
 * Who waits for whom, to scale: packets, the worker, and the supervisor's patience.
 *
 * Positions are shares of the width, so that the picture stretches and its type does not.
 */
import { scaleLinear } from 'd3';
import { duration } from '#simulations/engine/duration.ts';
import type { Trace } from '#simulations/engine/trace.ts';
import { appearing, packetKind, packetMark } from './svg.ts';

/** The rows and the y of their middle, in px. */
export const TIMELINE_ROWS = [
  { name: 'packets', y: 12 },
  { name: 'worker', y: 36 },
  { name: 'supervisor', y: 60 },
] as const;
const [PACKETS, WORKER, SUPERVISOR] = TIMELINE_ROWS;
const AXIS = 76;
const HEIGHT = 98;

/** Last moment of a trace, in µs; at least 1 ms so that a scale can be made. */
export const endOf = ({ events }: Trace): number => Math.max(1000, events.at(-1)?.at_us ?? 0);

interface Span {
  readonly from: number;
  readonly start_us: number;
  readonly end_us: number;
}

/** The stretches of time in which the worker was blocked, and the event that begins each. */
function blocked({ events }: Trace): Span[] {
  return events.flatMap((start): Span[] => {
    if (start.kind !== 'syscall') return [];
    const end = events.find(
      ({ index, kind }) => index > start.index && (kind === 'syscall-return' || kind === 'process-killed'),
    );
    return end && end.at_us > start.at_us
      ? [{ from: start.index, start_us: start.at_us, end_us: end.at_us }]
      : [];
  });
}

/** Draws the time line; its x axis is linear and spans the picture's whole width. */
export function timeline(trace: Trace): string {
  const { events, parameters } = trace;
  const scale = scaleLinear([0, endOf(trace)], [0, 100]).clamp(true);
  const share = (us: number): string => `${Math.round(scale(us) * 1000) / 1000}%`;
  const placed = (us: number, y: number, content: string): string =>
    `<svg x="${share(us)}" y="${y}" overflow="visible">${content}</svg>`;
  const width = (from_us: number, to_us: number): string =>
    share(Math.max(to_us - from_us, endOf(trace) / 400));

  const packets = events
    .filter(({ kind }) => kind === 'packet-sent')
    .map(({ index, at_us, data }) =>
      appearing(index, placed(at_us, PACKETS.y, packetMark(packetKind(String(data.packet)), 0, 0))),
    );
  const asleep = blocked(trace).map(({ from, start_us, end_us }) =>
    appearing(
      from,
      `<rect class="asleep" x="${share(start_us)}" y="${WORKER.y - 5}" width="${width(start_us, end_us)}" height="10" rx="3"/>`,
    ),
  );
  const ends = events
    .filter(({ kind }) => kind === 'process-killed' || kind === 'process-exited')
    .map(({ index, at_us, kind }) =>
      appearing(
        index,
        placed(
          at_us,
          WORKER.y,
          kind === 'process-killed'
            ? '<path class="loss" d="M-6 -6l12 12m0 -12l-12 12"/>'
            : '<circle class="done" r="5"/>',
        ),
      ),
    );
  const patience_us = Number(parameters.heartbeat_s) * 1e6;
  const patience = patience_us
    ? `<rect class="patience" x="0" y="${SUPERVISOR.y - 5}" width="${share(patience_us)}" height="10" rx="3"/>`
    : `<text class="time" x="0" y="${SUPERVISOR.y + 4}">none</text>`;
  const ticks = scale.ticks(6).map((time) => {
    const anchor = time === 0 ? 'start' : scale(time) > 96 ? 'end' : 'middle';
    return `<svg x="${share(time)}" y="${AXIS}" overflow="visible"><path class="axis" d="M0 0v5"/><text class="time" y="17" text-anchor="${anchor}">${duration(time)}</text></svg>`;
  });
  return `<svg class="view timeline" xmlns="http://www.w3.org/2000/svg" width="100%" height="${HEIGHT}" overflow="visible" role="img" aria-label="Packets, the worker and its supervisor, time running right, to scale"><line class="axis" x1="0" x2="100%" y1="${AXIS}" y2="${AXIS}"/>${[patience, ...asleep, ...ends].join('')}<rect class="veil" data-veil x="100%" y="0" width="0" height="${AXIS - 1}"/>${packets.join('')}<line class="cursor" data-cursor x1="0" x2="0" y1="0" y2="${AXIS}"/>${ticks.join('')}</svg>`;
}
