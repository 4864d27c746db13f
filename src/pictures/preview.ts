/** The picture that other programs show for a link: the page's title, and the strip of its run. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { PREVIEW, SITE } from '../site.ts';
import { STRIP } from '../views/strip.ts';
import { type Family, linesOf, outline, widthOf } from './outlines.ts';

export interface Previewed {
  /** A few words above the title. */
  readonly kick: string;
  readonly title: string;
  readonly lede: string;
  /** Its run, as a strip; the lede stands there where it has none. */
  readonly strip?: string | undefined;
}

const EDGE = 72;
const WIDTH = PREVIEW.width - 2 * EDGE;
const TITLE = { size: 62, leading: 74 } as const;
const LEDE = { size: 34, leading: 48 } as const;

/** The page's colours in the light, by name. */
const colours = new Map(
  [...readFileSync('src/styles/tokens.css', 'utf8').matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)]
    .reverse()
    .map(([, name, value]) => [name as string, value as string]),
);

/** A colour, or a style sheet, without custom properties: what draws the picture does not know them. */
const plainly = (css: string): string =>
  css.replace(/var\((--[\w-]+)\)/g, (_, name) => colours.get(name) ?? 'currentColor');

/** @returns a PNG, the same for the same page on every machine */
export function preview(page: Previewed): Promise<Buffer> {
  return sharp(Buffer.from(previewSvg(page)))
    .png({ palette: true, colours: 64, effort: 7 })
    .toBuffer();
}

export function previewSvg({ kick, title, lede, strip }: Previewed): string {
  const titleLines = linesOf(title, 'serif', TITLE.size, WIDTH);
  const top = 190;
  const below = top + titleLines.length * TITLE.leading;
  return plainly(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PREVIEW.width}" height="${PREVIEW.height}"><rect width="100%" height="100%" fill="var(--paper)"/>${[
      text(SITE, 'sans', 28, EDGE, 84, '--ink', 0.9),
      text(kick, 'sans', 26, EDGE, 128, '--decide'),
      ...titleLines.map((line, i) =>
        text(line, 'serif', TITLE.size, EDGE, top + 18 + i * TITLE.leading, '--ink', 1.4),
      ),
      strip ? stripAt(strip, below) : ledeAt(lede, below),
    ].join('')}</svg>`,
  );
}

/** @param bolder by how many px its strokes are thicker: the fonts are drawn at their regular weight */
function text(
  words: string,
  family: Family,
  size: number,
  x: number,
  y: number,
  colour: string,
  bolder = 0,
): string {
  const stroke = bolder ? ` stroke="var(${colour})" stroke-width="${bolder}"` : '';
  return `<path fill="var(${colour})"${stroke} d="${outline(words, family, size, x, y)}"/>`;
}

const ledeAt = (lede: string, top: number): string =>
  linesOf(lede, 'serif', LEDE.size, WIDTH)
    .map((line, i) => text(line, 'serif', LEDE.size, EDGE, top + 40 + i * LEDE.leading, '--soft'))
    .join('');

/** The strip as wide as there is room, at the foot, with its words as outlines. */
function stripAt(strip: string, top: number): string {
  const scale = Math.min(WIDTH / STRIP.width, (PREVIEW.height - 40 - top) / STRIP.height);
  const y = PREVIEW.height - 40 - STRIP.height * scale;
  const inner = strip.replace(/^<svg[^>]*>|<\/svg>$/g, '');
  const drawn = inner.replace(/<text([^>]*)>([^<]*)<\/text>/g, (_, attributes: string, words: string) =>
    stripWords(attributes, words),
  );
  if (drawn.includes('<text')) throw new Error('a strip has words that cannot be drawn as outlines');
  const styles = readFileSync('src/styles/strip.css', 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return `<style>${styles}</style><g class="card-strip" transform="translate(${EDGE} ${y}) scale(${scale})">${drawn}</g>`;
}

/** Words of a strip, as `words()` writes them. */
function stripWords(attributes: string, escaped: string): string {
  const read = (name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
  const words = escaped
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
  const size = 11.5;
  const width = widthOf(words, 'sans', size);
  const share = { middle: 0.5, end: 1 }[read('text-anchor')] ?? 0;
  const d = outline(words, 'sans', size, Number(read('x')) - width * share, Number(read('y')));
  const classes = read('class').split(' ');
  const under = classes.includes('over')
    ? `<path fill="none" stroke="var(--paper)" stroke-width="4" d="${d}"/>`
    : '';
  return `${under}<path fill="var(${classes.includes('decide') ? '--decide' : '--soft'})" d="${d}"/>`;
}
