/**
 * A strip: a whole run in one small picture, finished, for a card of the home page and the preview of a link.
 * Hatched means that a timer ended it; the colour of what decides is spent once or twice. It needs no style but
 * `styles/strip.css`, and no script.
 */
import { escapeText, px } from './svg.ts';

/** The size of every strip, in its own units: a card's width, so that its type is 11.5 px there. */
export const STRIP = { width: 300, height: 80 } as const;

/** Where time begins and ends, so that the mark at either end is whole. */
const LEFT = 6;
const RIGHT = 294;

/** Words that decide are in colour. */
interface Words {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly tone?: 'decide';
  /** They lie on something, and keep free of it. */
  readonly isOver?: boolean;
}

/** A moment's place, to scale. @param end_us what the whole width stands for */
export const timeScale =
  (end_us: number) =>
  (us: number): number =>
    LEFT + ((RIGHT - LEFT) * us) / Math.max(1, end_us);

/** @param label what it shows, for those who cannot see it */
export const strip = (label: string, ...parts: readonly string[]): string =>
  `<svg class="card-strip" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${STRIP.width} ${STRIP.height}" role="img" aria-label="${escapeText(label)}">${parts.join('')}<path class="sweep" d="M${LEFT} 2V66"/></svg>`;

export function words(x: number, y: number, text: string, { anchor, tone, isOver }: Words = {}): string {
  const classes = [tone ?? '', isOver ? 'over' : ''].filter(Boolean).join(' ');
  return `<text${classes ? ` class="${classes}"` : ''} x="${px(x)}" y="${px(y)}"${anchor ? ` text-anchor="${anchor}"` : ''}>${escapeText(text)}</text>`;
}

export const axis = (y: number): string => `<path class="axis" d="M${LEFT} ${px(y)}H${RIGHT}"/>`;

/** A time that a timer ended. */
export function hatchedBox(x: number, y: number, width: number, height: number): string {
  const strokes: string[] = [];
  for (let at = STEP; at < width + height; at += STEP) {
    // From the left or lower edge up to the upper or right edge.
    const [x1, y1] = at < height ? [0, at] : [at - height, height];
    const [x2, y2] = at < width ? [at, 0] : [width, at - width];
    strokes.push(`M${px(x + x1)} ${px(y + y1)}L${px(x + x2)} ${px(y + y2)}`);
  }
  return `<rect class="ground" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}"/><path class="hatch" d="${strokes.join('')}"/><rect class="frame" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}"/>`;
}

/** An arc over the axis, from one moment to another. @param height of its top @param state whether a timer ended it */
export function arc(x1: number, x2: number, y: number, height: number, state: 'hatched' | 'to come'): string {
  const curve = `M${px(x1)} ${px(y)}Q${px((x1 + x2) / 2)} ${px(y - 2 * height)} ${px(x2)} ${px(y)}`;
  if (state === 'to come') return `<path class="arc future" d="${curve}"/>`;
  return `<path class="hatch timer" d="${underArc(x1, x2, y, height)}"/><path class="arc" d="${curve}"/>`;
}

/** Distance of two strokes of a hatch. */
const STEP = 5.5;

/** Strokes at 45° between the axis and a parabola of 4·height·u·(1 − u). */
function underArc(x1: number, x2: number, y: number, height: number): string {
  const width = x2 - x1;
  const strokes: string[] = [];
  for (let at = STEP / 2 - height * 2; at < width; at += STEP) {
    // Where the stroke, which is x − at high, meets the arc: 4h·u² + (w − 4h)·u − at = 0.
    const half = (width - 4 * height) / 2;
    const root = Math.sqrt(half * half + 4 * height * at);
    if (Number.isNaN(root)) continue;
    const [from, to] = [-half - root, -half + root].map((term) => term / (4 * height)) as [number, number];
    const start = Math.max(from, at / width, 0);
    const end = Math.min(to, 1);
    if (end <= start) continue;
    const point = (u: number): string => `${px(x1 + u * width)} ${px(y - (u * width - at))}`;
    strokes.push(`M${point(start)}L${point(end)}`);
  }
  return strokes.join('');
}
