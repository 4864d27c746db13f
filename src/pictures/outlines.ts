/** Text as outlines of the site's own fonts, so that a picture is the same on every machine that builds it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create, type Font } from 'fontkitten';

const FILES = {
  serif: '@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2',
  sans: '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
} as const;

export type Family = keyof typeof FILES;

const fonts = new Map<Family, Font>();

function fontOf(family: Family): Font {
  let font = fonts.get(family);
  if (!font) {
    const made = create(readFileSync(createRequire(import.meta.url).resolve(FILES[family])));
    if (made.isCollection) throw new Error(`${FILES[family]} holds several fonts`);
    font = made;
    fonts.set(family, font);
  }
  return font;
}

/** How wide text is. @param size in px */
export function widthOf(text: string, family: Family, size: number): number {
  const font = fontOf(family);
  const units = font.glyphsForString(text).reduce((sum, { advanceWidth }) => sum + advanceWidth, 0);
  return (units * size) / font.unitsPerEm;
}

/**
 * Text as a path.
 * @param x of its beginning @param y of its base line @param size in px
 */
export function outline(text: string, family: Family, size: number, x: number, y: number): string {
  const font = fontOf(family);
  const scale = size / font.unitsPerEm;
  let at = x;
  const glyphs = font.glyphsForString(text).map((glyph) => {
    const d = glyph.path.scale(scale, -scale).translate(at, y).toSVG();
    at += glyph.advanceWidth * scale;
    return d;
  });
  return glyphs.join('');
}

/** Text in lines that are no wider than this, broken between words. */
export function linesOf(text: string, family: Family, size: number, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(`${line} ${word}`, family, size) <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
