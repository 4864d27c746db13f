/**
 * Where each event of a trace stands on the ladder. Instants are rows; what happens at one instant goes down
 * a little with every step, so that a round trip that takes no time can still be read.
 */
import type { TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { passages } from './passage.ts';
import { stopScale } from './scale.ts';
import type { Scene } from './scene.ts';

/** Height of a row: a label must never touch the next one. */
const ROW = 24;
/** Between two packets that leave at the same instant. */
const STEP = 21;
/** A packet's way to where it arrives or is lost. */
export const SLANT = 9;
/** Height of a note. */
const NOTE = 16;
/** Pixels that the waits share among them, and how: between equal rows (0) and true scale (1). */
const WAITS = 250;
const TRUENESS = 0.75;
/** The least height of a wait in which nothing else happens, so that it is seen and can be labelled. */
const STALL = 110;

/** The places of one trace. */
export interface Layout {
  /** The y of an event. */
  at(event: TraceEvent): number;
  /** The y of a moment; between two rows it is linear in time. */
  y(us: number): number;
  /** The instants at which something leaves or is said, with the first event of each. */
  readonly rows: readonly { readonly at_us: number; readonly first: number; readonly y: number }[];
}

/** What one trace asks of the rows. */
interface Wish {
  /** Instant → height that it needs above it. */
  readonly above: Map<number, number>;
  /** Instant → how far its events go down. */
  readonly depth: Map<number, number>;
  /** Instant → notes below it. */
  readonly below: Map<number, number>;
  /** Event → how far below its instant's row. */
  readonly offsets: readonly number[];
  /** Instants at which something leaves or is said. */
  readonly own: Set<number>;
}

function wishOf<T extends Trace>(trace: T, scene: Scene<T>): Wish {
  const { events } = trace;
  const leaving = new Map<number, boolean>();
  const arriving = new Map<number, { side: boolean; sent: TraceEvent }>();
  for (const { sent, end, fromClient } of passages(events)) {
    leaving.set(sent.index, fromClient);
    if (end) arriving.set(end.index, { side: fromClient, sent });
  }
  const parts = new Set<number>();
  const above = new Map<number, number>();
  const own = new Set<number>();
  const below = new Map<number, number>();
  for (const { event, tone } of scene.notes(trace)) {
    above.set(event.at_us, ROW);
    own.add(event.at_us);
    if (tone === 'part') parts.add(event.index);
    if (tone === 'decide' || tone === 'ok') below.set(event.at_us, (below.get(event.at_us) ?? 0) + 1);
  }
  const depth = new Map<number, number>();
  const offsets: number[] = [];
  let now_us = -1;
  let offset = 0;
  let left = Number.NEGATIVE_INFINITY;
  let arrived = { true: left, false: left };
  for (const { index, at_us } of events) {
    if (at_us !== now_us) {
      now_us = at_us;
      offset = 0;
      left = Number.NEGATIVE_INFINITY;
      arrived = { true: left, false: left };
    }
    const arrival = arriving.get(index);
    if (arrival) {
      const side = `${arrival.side}` as const;
      const isSameInstant = arrival.sent.at_us === at_us;
      const way = isSameInstant ? (offsets[arrival.sent.index] ?? 0) + SLANT : 0;
      offset = Math.max(offset, way, arrived[side] + (isSameInstant ? SLANT : STEP));
      arrived[side] = offset;
      above.set(at_us, Math.max(above.get(at_us) ?? 0, isSameInstant ? 0 : SLANT));
    }
    if (leaving.has(index) || parts.has(index)) {
      const isNote = parts.has(index);
      offset = Math.max(offset, left + (isNote ? STEP + 3 : STEP), isNote ? arrived.false + NOTE : offset);
      left = offset;
      above.set(at_us, ROW);
      own.add(at_us);
    }
    offsets.push(offset);
    depth.set(at_us, Math.max(depth.get(at_us) ?? 0, offset));
  }
  return { above, depth, below, offsets, own };
}

/** For each wait in which nothing else happens: the instant that ends it. */
function stalls<T extends Trace>(trace: T, scene: Scene<T>, times: readonly number[]): Set<number> {
  const found = new Set<number>();
  for (const { kind, from, end_us } of scene.waits(trace)) {
    if (kind === 'timer' || kind === 'stall') continue;
    const inside = times.filter((time) => time >= from.at_us && time <= end_us);
    for (const [i, time] of inside.entries())
      if (i > 0 && time - (inside[i - 1] ?? 0) > 0.6 * (end_us - from.at_us)) found.add(time);
  }
  return found;
}

/** The places of a first trace, in rows that all traces share. @param top y of the first row */
export function layouts<T extends Trace>(
  traces: readonly T[],
  scene: Scene<T>,
  top: number,
): { layout: Layout; height: number } {
  const wishes = traces.map((trace) => wishOf(trace, scene));
  const times = [...new Set(wishes.flatMap(({ above }) => [...above.keys()]))].sort((a, b) => a - b);
  const most = (of: (wish: Wish) => number | undefined): number =>
    Math.max(0, ...wishes.map((wish) => of(wish) ?? 0));
  const weights = times.map((time, i) => (time - (times[i - 1] ?? time)) ** TRUENESS);
  const whole = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const stalled = new Set(traces.flatMap((trace) => [...stalls(trace, scene, times)]));
  /** What stands below an instant's row. */
  const room = (time: number): number =>
    most(({ depth }) => depth.get(time)) + most(({ below }) => below.get(time)) * NOTE;
  let y = top;
  const rows = times.map((time, i) => {
    const before = times[i - 1];
    if (before === undefined) return y;
    const depth = most((wish) => wish.depth.get(before));
    const row = depth + most(({ above }) => above.get(time));
    const height = Math.max(row, SLANT + room(before)) + (WAITS * (weights[i] as number)) / whole;
    y += stalled.has(time) ? Math.max(height, depth + STALL) : height;
    return y;
  });
  const scale = stopScale(times, rows);
  const [trace] = traces as [T];
  const [wish] = wishes as [Wish];
  const firstAt = new Map<number, number>();
  for (const { index, at_us } of trace.events) if (!firstAt.has(at_us)) firstAt.set(at_us, index);
  return {
    layout: {
      at: ({ index, at_us }) => scale(at_us) + (wish.offsets[index] ?? 0),
      y: scale,
      rows: times
        .filter((time) => wish.own.has(time))
        .map((time) => ({ at_us: time, first: firstAt.get(time) ?? 0, y: scale(time) })),
    },
    height: y + 22 + room(times.at(-1) ?? 0),
  };
}
