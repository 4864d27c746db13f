/**
 * Links in a row, each handing to the next: what fills, what stands still. Every link has a place in a wide picture and
 * another on a phone; the style sheet chooses.
 */
import { escapeText, share } from './svg.ts';

/** Where a link stands: shares of the picture's width, and px from its top. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Link {
  readonly wide: Place;
  readonly narrow: Place;
  /** In px. */
  readonly height: number;
  /** Its parts; shares are of the link's own width. */
  readonly markup: string;
  /** What a phone shows instead. */
  readonly compact?: string;
}

/** Height of a link's name, and of what it shows below that, in px. */
export const NAME = 24;
export const BODY = 132;
/** Height of a line of words, in px. */
export const LINE = 17;
/** Height of a link with so many lines of words, in px. */
export const linkHeight = (lines: number): number => NAME + BODY + 4 + lines * LINE;

/** How a link stands: things pass, they pile up in it, or nothing passes any more. */
export type Condition = 'open' | 'filling' | 'stopped';

/** An arrow into the gap at the link's right; where nothing passes, a bar instead of its head. */
function arrow(passes: boolean): string {
  const head = passes
    ? '<path class="flow-head" d="M14 0l-7 -4v8z"/>'
    : '<path class="flow shut" d="M12 -8v16"/>';
  return `<svg x="100%" y="${NAME + BODY / 2}" overflow="visible"><path class="flow${passes ? '' : ' shut'}" d="M3 0h9"/>${head}</svg>`;
}

/**
 * A link with its name, its body and a few lines of words, the first in bold.
 * @param body from y = 0, as high as {@link BODY} @param passes whether it hands on to the next; null for the last
 */
export function link(
  name: string,
  condition: Condition,
  body: string,
  words: readonly string[],
  passes: boolean | null,
): string {
  const state = condition === 'stopped' ? ' decide' : '';
  const lines = words.map(
    (line, i) =>
      `<text class="${i ? 'link-words' : 'link-count'}${state}" y="${NAME + BODY + LINE + i * LINE}">${escapeText(line)}</text>`,
  );
  return `<text class="link-name${state}" y="13">${escapeText(name)}</text><svg y="${NAME}" width="100%" height="${BODY}" overflow="visible">${body}</svg>${lines.join('')}${passes === null ? '' : arrow(passes)}`;
}

/** @param heights of the picture, in px @param label what it shows, for those who cannot see it */
export function chain(
  links: readonly Link[],
  heights: { readonly wide: number; readonly narrow: number },
  label: string,
  defs = '',
): string {
  // Drawn twice, for browsers place an inner <svg> by its attributes alone.
  const drawn = (room: 'wide' | 'narrow') =>
    links.map(({ [room]: { x, y, width }, height, markup, compact = markup }) => {
      const place = `x="${share(x)}" y="${y}" width="${share(width)}" height="${height}"`;
      return `<svg class="link" ${place} overflow="visible">${room === 'wide' ? markup : compact}</svg>`;
    });
  return `<svg class="view chain" xmlns="http://www.w3.org/2000/svg" width="100%" height="${heights.wide}" style="--wide:${heights.wide}px;--narrow:${heights.narrow}px" overflow="visible" role="img" aria-label="${escapeText(label)}">${defs}<g class="wide-only">${drawn('wide').join('')}</g><g class="narrow-only">${drawn('narrow').join('')}</g></svg>`;
}
