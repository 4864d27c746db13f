/**
 * What waits at one end, beside its line: a timer as a bar, a delayed ACK as a bar that runs out, held bytes as a box.
 * Until the wait is over only its beginning is drawn, so that nobody sees its end before it comes.
 */
import type { Layout } from './ladder-layout.ts';
import type { Pending, Side } from './pending.ts';
import { appearing, escapeText, px } from './svg.ts';

/** How much is drawn of a wait that is not over. */
const BEGINNING = 38;
/** A bar shorter than this goes without its label. */
const LABELLED = 26;

/** The bar of a delayed ACK: it grows thinner as its time runs out. @param out −1 to the left, 1 to the right */
function wedge(x: number, top: number, bottom: number, left: number, out: number): string {
  const width = 7;
  const end = 1.5 + (width - 1.5) * left;
  return `<path class="ato" d="M${x} ${px(top)}h${out * width}L${px(x + out * end)} ${px(bottom)}H${x}z"/>`;
}

const box = (x: number, top: number, bottom: number): string =>
  `<rect class="held" x="${x}" y="${px(top)}" width="14" height="${px(Math.max(bottom - top, 1))}" rx="2"/>`;

/** Between the baselines of two lines of words. */
const LINE = 13;

/** The baseline for a wait's label, as near to where it should be as others leave room; null where they leave none. */
function freeLine(wanted: number, top: number, bottom: number, taken: readonly number[]): number | null {
  for (let away = 0; away <= bottom - top; away++)
    for (const y of [wanted + away, wanted - away])
      if (y > top + 8 && y < bottom && taken.every((other) => Math.abs(other - y) >= LINE)) return y;
  return null;
}

/** @param lines the x of both lines @param taken baselines of other words beside the lines, which come first */
export function drawWait(
  wait: Pending,
  lines: Readonly<Record<Side, number>>,
  layout: Layout,
  taken: readonly number[],
): string {
  const { side, kind, from, end, end_us, left } = wait;
  const x = lines[side];
  const out = side === 'client' ? -1 : 1;
  const label = (text: string, y: number | null, className: string): string =>
    y === null
      ? ''
      : `<text class="${className}" x="${x - out * 10}" y="${px(y)}"${side === 'server' ? ' text-anchor="end"' : ''}>${escapeText(text)}</text>`;
  if (kind === 'timer') {
    const top = layout.y(from.at_us) + 5;
    const bottom = Math.max(layout.y(end_us) - 3, top + 1);
    const y = freeLine((top + bottom) / 2 + 7, top, bottom, taken);
    const words = bottom - top > LABELLED ? label(wait.label, y, 'wait') : '';
    const bar = side === 'client' ? x - 11 : x + 6;
    return appearing(
      from.index,
      `<rect class="rto" x="${bar}" y="${px(top)}" width="5" height="${px(bottom - top)}" rx="2"/>${words}`,
    );
  }
  const top = layout.at(from) + 3;
  const bottom = (end ? layout.at(end) : layout.y(end_us)) - 2;
  if (kind === 'stall')
    return appearing(
      end?.index ?? from.index,
      `<rect class="stall" x="${lines.client + 1}" y="${px(top)}" width="${lines.server - lines.client - 2}" height="${px(bottom - top)}"/>`,
    );
  // An ACK that finds company at once has not waited.
  if (bottom - top < 3 || (kind === 'delayed-ack' && end_us === from.at_us)) return '';
  const isLong = bottom - top > LABELLED;
  const until = Math.min(bottom, top + BEGINNING);
  const drawn =
    kind === 'held'
      ? (to: number) => box(side === 'client' ? x - 28 : x + 14, top, to)
      : (to: number, share: number) => wedge(x + out * 4, top, to, share, out);
  const share = (until - top) / (bottom - top);
  const words = isLong ? label(wait.label, (top + until) / 2 + 9, kind === 'held' ? 'keeps' : 'wait') : '';
  if (!end) return appearing(from.index, drawn(bottom, left) + words, { y: top });
  return (
    appearing(from.index, words, { y: until }) +
    appearing(from.index, drawn(until, 1 - (1 - left) * share), { until: end.index }) +
    appearing(end.index, drawn(bottom, left), { y: bottom })
  );
}

/** Its mark in the legend, centred on 0, 0. */
export function waitMark(kind: Pending['kind']): string {
  if (kind === 'stall') return '<rect class="stall" x="-6" y="-5" width="12" height="10"/>';
  if (kind === 'timer') return '<rect class="rto" x="-2" y="-6" width="4" height="12" rx="2"/>';
  return kind === 'held'
    ? '<rect class="held" x="-5" y="-5" width="10" height="10" rx="2"/>'
    : '<path class="ato" d="M-3 -6h6L-1.5 6H-3z"/>';
}
