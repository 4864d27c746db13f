/**
 * The ladder: client left, server right, time down. Packets, losses and timers of a trace.
 *
 * Time is not to scale (63 s and 1 ms must both be read), but it is in order, longer waits are
 * longer, and every row says its time.
 */
import { scaleLinear } from 'd3';
import { duration } from '#simulations/engine/duration.ts';
import type { Trace, TraceEvent } from '#simulations/engine/trace.ts';
import { notes, type Passage, passages } from './passage.ts';
import { appearing, escapeText, lossMark, type PacketKind, packetMark, px } from './svg.ts';

const WIDTH = 430;
const CLIENT = 104;
const SERVER = 384;
const TOP = 48;
/** Height of a row: a label must never touch the next one. */
const ROW = 24;
/** A packet's way to where it arrives or is lost. */
const SLANT = 9;
/** Pixels that the waits share among them, and how: between equal rows (0) and true scale (1). */
const WAITS = 250;
const TRUENESS = 0.75;

/** The y of every moment that the ladder shows; between two moments y is linear in time. */
function timeScale(traces: readonly Trace[]) {
  const shown = new Map<number, number>();
  for (const { events } of traces) {
    const rows = notes(events);
    for (const { sent, end } of passages(events)) {
      shown.set(sent.at_us, Math.max(shown.get(sent.at_us) ?? 0, ROW));
      if (end) shown.set(end.at_us, Math.max(shown.get(end.at_us) ?? 0, SLANT));
    }
    for (const { event } of rows) {
      shown.set(event.at_us, Math.max(shown.get(event.at_us) ?? 0, ROW));
    }
  }
  const times = [...shown.keys()].sort((a, b) => a - b);
  const weights = times.map((time, i) => (time - (times[i - 1] ?? time)) ** TRUENESS);
  const whole = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const below = traces.map(({ events }) => notesBelow(events));
  const room = (time: number) => Math.max(...below.map((notes) => notes.get(time) ?? 0)) * 16;
  let y = TOP;
  const rows = times.map((time, i) => {
    if (i > 0)
      y +=
        Math.max(shown.get(time) ?? ROW, SLANT + room(times[i - 1] as number)) +
        (WAITS * (weights[i] as number)) / whole;
    return y;
  });
  return { y: scaleLinear(times, rows).clamp(true), times, height: y + 22 + room(times.at(-1) ?? 0) };
}

/** How many notes stand below each row; what a program calls stands above it. */
function notesBelow(events: readonly TraceEvent[]): Map<number, number> {
  const count = new Map<number, number>();
  for (const { event, tone } of notes(events))
    if (tone !== 'plain') count.set(event.at_us, (count.get(event.at_us) ?? 0) + 1);
  return count;
}

function drawPassage(passage: Passage, y: (us: number) => number): string {
  const { name, kind, sent, end, fromClient } = passage;
  const [x1, x2] = fromClient ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const y1 = y(sent.at_us);
  const isLost = end?.kind === 'packet-dropped' || kind === 'arp';
  const y2 = end ? y(end.at_us) : y1 + SLANT;
  const reach = isLost ? x1 + (x2 - x1) * 0.42 : x2;
  const label = isLost
    ? `<text x="${px(reach + 14)}" y="${px(y2 + 4)}">${escapeText(name)}</text>`
    : `<text x="${px((x1 + x2) / 2)}" y="${px((y1 + y2) / 2 - 5)}" text-anchor="middle">${escapeText(name)}</text>`;
  const flight = `<line class="flight ${kind}" x1="${x1}" y1="${px(y1)}" x2="${px(reach)}" y2="${px(y2)}"/>`;
  const head = isLost
    ? lossMark(reach + 1, y2)
    : `<path class="head ${kind}" d="M${px(reach)} ${px(y2)}l${fromClient ? '-8 -3.6' : '8 -3.6'}l0 7.2z"/>`;
  return (
    appearing(sent.index, flight + packetMark(kind, x1, y1) + label) + (end ? appearing(end.index, head) : '')
  );
}

/** The events that stop the timer, the nearest one after each event that sets it. */
const STOPS = new Set(['timer-fired', 'connection-failed', 'connection-established', 'process-killed']);

function drawTimers({ events, stateAt }: Trace, y: (us: number) => number): string {
  const stops = events.filter(({ kind }) => STOPS.has(kind));
  let next = 0;
  return events
    .filter(({ kind }) => kind === 'timer-set')
    .map((set) => {
      const due_us = Number(stateAt(set.index).client?.timer_due_us);
      while (next < stops.length && (stops[next]?.index ?? 0) < set.index) next++;
      const stop_us = Math.min(due_us, stops[next]?.at_us ?? due_us);
      const top = y(set.at_us) + 5;
      const bottom = Math.max(y(stop_us) - 3, top + 1);
      // A bar that is too short for its label goes without.
      const label =
        bottom - top > 26
          ? `<text class="wait" x="${CLIENT + 10}" y="${px((top + bottom) / 2 + 7)}">waits ${duration(due_us - set.at_us)}</text>`
          : '';
      return appearing(
        set.index,
        `<rect class="rto" x="${CLIENT - 11}" y="${px(top)}" width="5" height="${px(bottom - top)}" rx="2"/>${label}`,
      );
    })
    .join('');
}

function drawNotes(events: readonly TraceEvent[], y: (us: number) => number): string {
  const count = new Map<number, number>();
  return notes(events)
    .map(({ event, text, tone }) => {
      const row = count.get(event.at_us) ?? 0;
      if (tone !== 'plain') count.set(event.at_us, row + 1);
      const at = y(event.at_us);
      const tick = tone === 'plain' ? '' : `<path class="tick ${tone}" d="M${CLIENT - 5} ${px(at)}h10"/>`;
      return appearing(
        event.index,
        `${tick}<text class="note ${tone}" x="${CLIENT + 10}" y="${px(tone === 'plain' ? at - 8 : at + 17 + row * 16)}">${escapeText(text)}</text>`,
      );
    })
    .join('');
}

/**
 * Draws the ladder of a trace as a whole SVG document.
 * @param beside another trace that shares the scale, so that two ladders can stand side by side
 */
export function ladder(trace: Trace, beside?: Trace): string {
  const { y, times, height } = timeScale(beside ? [trace, beside] : [trace]);
  const firstAt = new Map<number, number>();
  for (const { index, at_us } of trace.events) if (!firstAt.has(at_us)) firstAt.set(at_us, index);
  const own = new Set([
    ...passages(trace.events).map(({ sent }) => sent.at_us),
    ...notes(trace.events).map(({ event }) => event.at_us),
  ]);
  const labels = times
    .filter((time) => own.has(time))
    .map((time) =>
      appearing(
        firstAt.get(time) ?? 0,
        `<text class="time" x="${CLIENT - 18}" y="${px(y(time) + 4)}" text-anchor="end">${duration(time)}</text>`,
      ),
    )
    .join('');
  const isSilent = !trace.events.some(({ kind, actor }) => kind.startsWith('packet-') && actor === 'server');
  const server = trace.parameters.peer === 'absent' ? 'nobody' : isSilent ? 'server, silent' : 'server';
  const line = (x: number, who: string) =>
    `<line class="life ${who}" x1="${x}" x2="${x}" y1="${TOP - 10}" y2="${px(height - 6)}"/>`;
  return `<svg class="view ladder" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${px(height)}" width="${WIDTH}" height="${px(height)}" role="img" aria-label="Packets between client and server, time running down">
<text class="who" x="${CLIENT}" y="14" text-anchor="middle">client</text><text class="who" x="${SERVER}" y="14" text-anchor="middle">${server}</text>
${line(CLIENT, 'client')}${line(SERVER, isSilent ? 'nobody' : 'server')}
${drawTimers(trace, y)}${passages(trace.events)
  .map((passage) => drawPassage(passage, y))
  .join('')}${drawNotes(trace.events, y)}${labels}</svg>`;
}

const KIND_NAMES: Readonly<Record<PacketKind, string>> = {
  syn: 'SYN',
  data: 'data',
  ack: 'ACK',
  fin: 'FIN',
  rst: 'RST',
  icmp: 'ICMP error',
  arp: 'ARP request',
};

/** The marks that this trace's ladder uses, as markup. */
export function legend(trace: Trace): string {
  const all = passages(trace.events);
  const item = (mark: string, name: string) =>
    `<span><svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">${mark}</svg>${name}</span>`;
  const kinds = [...new Set(all.map(({ kind }) => kind))].map((kind) =>
    item(packetMark(kind, 0, 0), KIND_NAMES[kind]),
  );
  const isLost = all.some(({ end }) => end?.kind === 'packet-dropped');
  if (isLost) kinds.push(item(lossMark(0, 0), 'lost'));
  return [
    ...kinds,
    item('<rect class="rto" x="-2" y="-6" width="4" height="12" rx="2"/>', 'timer runs'),
  ].join('');
}
