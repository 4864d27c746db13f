/**
 * The ladder: client left, server right, time down. Packets, losses, timers and what is held back.
 *
 * Time is not to scale (63 s and 1 ms must both be read), but it is in order, longer waits are
 * longer, and every row says its time. What happens at one instant stands in the order in which it happened.
 */
import type { Trace } from '#simulations/trace/trace.ts';
import type { RunPicture } from '../figures/figure.ts';
import { type Layout, layouts, SLANT } from './ladder-layout.ts';
import { drawWait, waitMark } from './ladder-wait.ts';
import { type Passage, passageLabel, passages } from './passage.ts';
import type { Pending } from './pending.ts';
import type { Note, Scene } from './scene.ts';
import { appearing, escapeText, lossMark, type PacketKind, packetMark, px } from './svg.ts';

/** Its width, in its own units. */
const LADDER_WIDTH = 430;
const TOP = 48;

/** The x of the two lines. Held bytes at the client need room between its line and the times. */
const linesOf = (waits: readonly Pending[]) => ({
  client: waits.some(({ side, kind }) => side === 'client' && kind === 'held') ? 126 : 104,
  server: 384,
});
type Lines = ReturnType<typeof linesOf>;

/** Where a packet leaves and where it ends, and the baseline of its words between the two lines. */
function wayOf(passage: Passage, layout: Layout, { client, server }: Lines) {
  const { sent, end } = passage;
  const y1 = layout.at(sent);
  const y2 = end ? layout.at(end) : y1 + SLANT;
  const words = passageLabel(passage);
  // A long label stands higher above a steep line.
  const lift = 5 + Math.abs((y2 - y1) / (server - client)) * Math.max(0, words.length - 4) * 3;
  return { y1, y2, words, label_y: (y1 + y2) / 2 - lift };
}

function drawPassage(passage: Passage, layout: Layout, lines: Lines): string {
  const { client, server } = lines;
  const { kind, sent, end, fromClient } = passage;
  const [x1, x2] = fromClient ? [client, server] : [server, client];
  const { y1, y2, words, label_y } = wayOf(passage, layout, lines);
  const isLost = end?.kind === 'packet-dropped' || kind === 'arp';
  const reach = isLost ? x1 + (x2 - x1) * 0.42 : x2;
  const name = escapeText(words);
  const label = isLost
    ? `<text x="${px(reach + 14)}" y="${px(y2 + 4)}">${name}</text>`
    : `<text x="${px((x1 + x2) / 2)}" y="${px(label_y)}" text-anchor="middle">${name}</text>`;
  const flight = `<line class="flight ${kind}" x1="${x1}" y1="${px(y1)}" x2="${px(reach)}" y2="${px(y2)}"/>`;
  const head = isLost
    ? lossMark(reach + 1, y2)
    : `<path class="head ${kind}" d="M${px(reach)} ${px(y2)}l${fromClient ? '-8 -3.6' : '8 -3.6'}l0 7.2z"/>`;
  return (
    appearing(sent.index, flight + packetMark(kind, x1, y1) + label, { y: Math.max(y1, y2) }) +
    (end ? appearing(end.index, head, { y: y2 }) : '')
  );
}

/** The notes, with their baselines. */
function notesOf<T extends Trace>(trace: T, scene: Scene<T>, layout: Layout): (Note & { y: number })[] {
  const count = new Map<number, number>();
  return scene.notes(trace).map((note) => {
    const { event, tone } = note;
    const at = layout.at(event);
    if (tone === 'part') return { ...note, y: at + 4 };
    if (tone === 'plain') return { ...note, y: at - 8 };
    const row = count.get(event.at_us) ?? 0;
    count.set(event.at_us, row + 1);
    return { ...note, y: at + 17 + row * 16 };
  });
}

function drawNote({ event, text, tone, y }: Note & { y: number }, layout: Layout, { client }: Lines): string {
  const at = layout.at(event);
  const words = `<text class="note ${tone}" x="${client + 10}" y="${px(y)}">${escapeText(text)}</text>`;
  if (tone === 'part' || tone === 'plain') return appearing(event.index, words, { y: at });
  const tick = `<path class="tick ${tone}" d="M${client - 5} ${px(at)}h10"/>`;
  return appearing(event.index, tick + words, { y });
}

/** Letters from which a packet's label reaches to what is written beside the lines. */
const LONG = 21;

/**
 * Draws the ladder of a trace as a whole SVG document.
 * @param beside another trace that shares the scale, so that two ladders can stand side by side
 */
export function ladder<T extends Trace>(trace: T, scene: Scene<T>, beside?: T): string {
  const { layout, height } = layouts(beside ? [trace, beside] : [trace], scene, TOP);
  // What is only a ground for the rest comes first.
  const waits = scene
    .waits(trace)
    .toSorted((a, b) => Number(b.kind === 'stall') - Number(a.kind === 'stall'));
  const lines = linesOf(waits);
  const notes = notesOf(trace, scene, layout);
  const packets = passages(trace.events);
  const taken = [
    ...notes.map(({ y }) => y),
    ...packets
      .map((passage) => wayOf(passage, layout, lines))
      .filter(({ words }) => words.length > LONG)
      .map(({ label_y }) => label_y),
  ];
  const labels = layout.rows
    .map(({ at_us, first, y }) =>
      appearing(
        first,
        `<text class="time" x="${lines.client === 104 ? 86 : 84}" y="${px(y + 4)}" text-anchor="end">${scene.label(at_us)}</text>`,
      ),
    )
    .join('');
  const { client, server, isSilent } = scene.ends(trace);
  const line = (x: number, who: string) =>
    `<line class="life ${who}" x1="${x}" x2="${x}" y1="${TOP - 10}" y2="${px(height - 6)}"/>`;
  return `<svg class="view ladder" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LADDER_WIDTH} ${px(height)}" width="${LADDER_WIDTH}" height="${px(height)}" role="img" aria-label="Packets between client and server, time running down">
<text class="who" x="${lines.client}" y="14" text-anchor="middle">${client}</text><text class="who" x="${lines.server}" y="14" text-anchor="middle">${server}</text>
${line(lines.client, 'client')}${line(lines.server, isSilent ? 'nobody' : 'server')}
${waits.map((wait) => drawWait(wait, lines, layout, taken)).join('')}${packets
  .map((passage) => drawPassage(passage, layout, lines))
  .join('')}${notes.map((note) => drawNote(note, layout, lines)).join('')}${labels}</svg>`;
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
const WAIT_NAMES: Readonly<Record<Pending['kind'], string>> = {
  timer: 'timer runs',
  'delayed-ack': 'ACK waits',
  held: 'held in the socket',
  stall: 'each waits for the other',
};

/** The marks that this trace's ladder uses, as markup. */
export function legend<T extends Trace>(trace: T, scene: Scene<T>): string {
  const all = passages(trace.events);
  const item = (mark: string, name: string) =>
    `<span><svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">${mark}</svg>${name}</span>`;
  const items = [...new Set(all.map(({ kind }) => kind))].map((kind) =>
    item(packetMark(kind, 0, 0), KIND_NAMES[kind]),
  );
  const isLost = all.some(({ end }) => end?.kind === 'packet-dropped');
  if (isLost) items.push(item(lossMark(0, 0), 'lost'));
  const waits = new Set(scene.waits(trace).map(({ kind }) => kind));
  return [...items, ...[...waits].map((kind) => item(waitMark(kind), WAIT_NAMES[kind]))].join('');
}

/** The ladder as a figure's main picture. */
export const ladderOf = <T extends Trace>(scene: Scene<T>): RunPicture<T> => ({
  shows: 'run',
  title: 'On the wire',
  note: 'every row says its time; longer waits are drawn longer',
  label: 'Packets',
  layout: 'column',
  hasPackets: true,
  width: LADDER_WIDTH,
  draw: (trace, beside) => ladder(trace, scene, beside),
  legend: (trace) => legend(trace, scene),
});
