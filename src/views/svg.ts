/** The little that every view needs to write SVG: escaping, and elements that follow the cursor. */

/** Text as it may stand in markup. */
export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A share of the width, with at most two decimals: `29.5%`. @param value 0 … 1 */
export const share = (value: number): string => `${Math.round(value * 1e4) / 100}%`;

/** Pixels with at most one decimal. */
export const px = (value: number): string => String(Math.round(value * 10) / 10);

/**
 * A group that appears with an event. The cursor gives it the class `future`, `now` or `past`.
 * @param from index of the event
 * @param place until: index of the event with which it goes away; y: how far down it is, for a pane that scrolls after it
 */
export function appearing(from: number, content: string, place: { until?: number; y?: number } = {}): string {
  const until = place.until === undefined ? '' : ` data-until="${place.until}"`;
  const y = place.y === undefined ? '' : ` data-y="${Math.round(place.y)}"`;
  return `<g data-from="${from}"${until}${y}>${content}</g>`;
}

/** Where a packet's mark sits and what it looks like: a colour and a shape for each kind. */
export type PacketKind = 'syn' | 'data' | 'ack' | 'fin' | 'rst' | 'icmp' | 'arp';

/** The kind of a packet by its name in the trace. */
export function packetKind(name: string): PacketKind {
  if (name.startsWith('ICMP')) return 'icmp';
  if (name.startsWith('ARP') || name.startsWith('neighbor')) return 'arp';
  const flags = name.split('-');
  for (const kind of ['rst', 'syn', 'fin'] as const) if (flags.includes(kind.toUpperCase())) return kind;
  return flags.includes('data') ? 'data' : 'ack';
}

/** The mark of a packet kind, centred on x, y. */
export function packetMark(kind: PacketKind, x: number, y: number): string {
  const at = (dx: number, dy: number) => `${px(x + dx)} ${px(y + dy)}`;
  const shapes: Record<PacketKind, string> = {
    syn: `<circle cx="${px(x)}" cy="${px(y)}" r="4"/>`,
    data: `<rect x="${px(x - 4)}" y="${px(y - 4)}" width="8" height="8"/>`,
    ack: `<circle cx="${px(x)}" cy="${px(y)}" r="2.4"/>`,
    fin: `<path d="M${at(-4.5, 4)}L${at(4.5, 4)}L${at(0, -4.5)}Z"/>`,
    rst: `<path d="M${at(0, -5)}L${at(5, 0)}L${at(0, 5)}L${at(-5, 0)}Z"/>`,
    icmp: `<path d="M${at(-4.5, -4)}L${at(4.5, -4)}L${at(0, 4.5)}Z"/>`,
    arp: `<circle cx="${px(x)}" cy="${px(y)}" r="4" stroke-dasharray="2 2"/>`,
  };
  return `<g class="mark ${kind}">${shapes[kind]}</g>`;
}

/** A small cross: here a packet is lost. */
export const lossMark = (x: number, y: number): string =>
  `<path class="loss" d="M${px(x - 4)} ${px(y - 4)}l8 8m0 -8l-8 8"/>`;
