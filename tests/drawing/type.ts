/**
 * How much room words take, from a table of what the browser measured: `widths.json`, in shares of the type's size.
 * A browser test of each figure holds what comes out of it to the browser's own boxes (`tests/browser/drawing.spec.ts`).
 */
import type { Look } from './styles.ts';
import table from './widths.json' with { type: 'json' };

/** A family as the browser measured it. */
interface Face {
  readonly ascent: number;
  readonly descent: number;
  /** The advance of each letter at some weights, the lightest first. */
  readonly advances: readonly { readonly weight: number; readonly of: Readonly<Record<string, number>> }[];
}

const faces: Readonly<Record<Look['family'], Face>> = table;

/** A letter's advance at a weight: between two measured ones it grows evenly, as the font's own table has it. */
function letter(character: string, { family, weight }: Look): number {
  const { advances } = faces[family];
  const [first] = advances;
  const above = advances.findIndex((each) => each.weight >= weight);
  const [light, heavy] = above < 1 ? [first, first] : [advances[above - 1], advances[above]];
  const [from, to] = [light?.of[character], heavy?.of[character]];
  if (!light || !heavy || from === undefined || to === undefined)
    throw new Error(`“${character}” was not measured: npm test -- browser drawing, and read what it says`);
  const share = heavy === light ? 0 : (weight - light.weight) / (heavy.weight - light.weight);
  return from + (to - from) * share;
}

/**
 * Where a browser puts letters: wherever they come to stand (`anywhere`), or, as some do on screens of few pixels, each
 * on a whole one (`pixels`). `widest` is the wider of both, for each text.
 */
export type Placing = 'anywhere' | 'pixels' | 'widest';

/**
 * The width of a text, in its picture's units, but for the kerning between its letters.
 * @param scale how much larger than these units it is drawn
 */
export function advanceOf(text: string, look: Look, scale: number, placing: Placing): number {
  let exact = 0;
  let rounded = 0;
  for (const each of text) {
    const advance = letter(each, look) * look.size_px;
    exact += advance + look.spacing_px;
    rounded += Math.round(advance * scale) / scale + look.spacing_px;
  }
  return placing === 'anywhere' ? exact : placing === 'pixels' ? rounded : Math.max(exact, rounded);
}

/** How far a line of text reaches above its baseline and below it, in px. */
export const heightOf = ({ family, size_px }: Look) => ({
  above: faces[family].ascent * size_px,
  below: faces[family].descent * size_px,
});
