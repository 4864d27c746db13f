/**
 * Holds the measure of `tests/drawing` to the real browser: how wide each letter is, and where the words of each figure
 * stand. What the measure says of every preset and width (`tests/unit/drawing`) is worth as much as this.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { boxesOf, drawnIn } from '../drawing/boxes.ts';
import { PANES, type Panes } from '../drawing/panes.ts';
import type { Placing } from '../drawing/type.ts';
import { FigurePage } from './figure-page.ts';
import { expect, pages, test } from './site-page.ts';

const TABLE = join(import.meta.dirname, '../drawing/widths.json');
const FAMILIES = { sans: 'Inter Variable', mono: 'JetBrains Mono Variable' } as const;
const WEIGHTS = [400, 700];
const GUESSED = ['→', '←', '≤', '≥'];
/** What pictures are written with. */
const LETTERS = [
  ...Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i)),
  ...'–—…·×−“”‘’µ',
  // Not in the fonts: another machine has them from elsewhere, so that their width is a guess.
  ...GUESSED,
];

test('each letter is as wide as the table has it', async ({ page }) => {
  await page.goto('');
  const measured = await page.evaluate(
    async ({ families, weights, letters }) => {
      const context = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
      const size = 1000;
      const rounded = (px: number) => Math.round(px) / size;
      const faces = await Promise.all(
        Object.entries(families).map(async ([name, family]) => {
          const advances = await Promise.all(
            weights.map(async (weight) => {
              await document.fonts.load(`${weight} ${size}px "${family}"`, letters.join(''));
              const widthOf = (letter: string) => {
                context.font = `${weight} ${size}px "${family}"`;
                return rounded(context.measureText(letter).width);
              };
              return { weight, of: Object.fromEntries(letters.map((letter) => [letter, widthOf(letter)])) };
            }),
          );
          context.font = `${size}px "${family}"`;
          const { fontBoundingBoxAscent, fontBoundingBoxDescent } = context.measureText('x');
          const [ascent, descent] = [fontBoundingBoxAscent, fontBoundingBoxDescent].map(rounded);
          return [name, { ascent, descent, advances }] as const;
        }),
      );
      return Object.fromEntries(faces);
    },
    { families: FAMILIES, weights: WEIGHTS, letters: LETTERS },
  );
  if (test.info().config.updateSnapshots === 'all')
    writeFileSync(TABLE, `${JSON.stringify(measured, null, 2)}\n`);
  const table = JSON.parse(readFileSync(TABLE, 'utf8'));
  // Another browser may round the font's own units elsewhere.
  const near = (value: unknown): unknown =>
    typeof value === 'number'
      ? expect.closeTo(value, 2)
      : Array.isArray(value)
        ? value.map(near)
        : Object.fromEntries(
            Object.entries(value as object).map(([key, inner]) => [
              key,
              GUESSED.includes(key) ? expect.any(Number) : near(inner),
            ]),
          );
  expect(measured, 'npx playwright test drawing --update-snapshots makes the table anew').toEqual(
    near(table),
  );
});

/**
 * By how much a box may be off. Wider: the table knows no kerning, which brings letters nearer to each other, by up to
 * a fortieth of a text. Any side: a pixel, for browsers round what they place.
 */
const KERNING = 1 / 40;
const ROUNDED_px = 1;

/** Where this browser puts letters: a letter of the mono font, 7.5 px wide, tells. */
const placingIn = (page: Page): Promise<Placing> =>
  page.evaluate((family) => {
    const context = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
    context.font = `12.5px "${family}"`;
    return context.measureText('0').width === 7.5 ? 'anywhere' : 'pixels';
  }, FAMILIES.mono);

/** The room that a page gives a figure's parts: that of the table, where a part has it. */
async function roomIn({ root }: FigurePage, panes: Panes): Promise<Panes> {
  const room = await root.evaluate((figure) => {
    const width = (part: string) => figure.querySelector(`[data-part="${part}"]`)?.clientWidth;
    return {
      layout: (figure as HTMLElement).dataset.layout ?? '',
      figure: figure.clientWidth,
      picture: width('picture'),
      strip: width('strip'),
      timeline: width('timeline'),
    };
  });
  const near = (expected: number, seen = expected) => (Math.abs(expected - seen) <= 2 ? expected : seen);
  return {
    ...panes,
    figure: near(panes.figure, room.figure),
    [room.layout]: near(room.layout === 'wide' ? panes.wide : panes.column, room.picture),
    strip: near(panes.strip, room.strip),
    // The names beside it are longer in one figure than in another: the table has the narrowest.
    timeline: Math.min(panes.timeline, near(panes.timeline, room.timeline)),
  };
}

for (const path of pages.filter(
  (path) => /^(incidents|reference)\//.test(path) && path !== 'reference/tcp-states/',
))
  test(`the words of the figure of ${path} stand where the measure has them`, async ({ page }) => {
    const figure = await FigurePage.open(page, '', path);
    const placing = await placingIn(page);
    const wrong: string[] = [];
    let texts = 0;
    for (const panes of PANES.filter(({ window }) => window === 390 || window === 1440)) {
      const width = panes.window;
      await page.setViewportSize({ width, height: 900 });
      expect(await roomIn(figure, panes), 'tests/drawing/panes.ts').toEqual(panes);
      for (const move of ['first', 'last'] as const) {
        await figure.root.evaluate(
          (figure, move) => figure.querySelector<HTMLElement>(`[data-do="${move}"]`)?.click(),
          move,
        );
        await figure.painted();
        const drawings = await figure.root.evaluate((figure) => {
          const whole = figure.getBoundingClientRect().width - 2; // its border
          const layout = (figure as HTMLElement).dataset.layout ?? '';
          return [...figure.querySelectorAll<SVGSVGElement>('svg.view')]
            .filter((svg) => svg.checkVisibility() && !svg.parentElement?.closest('svg'))
            .map((svg) => {
              const { left, top, width, height } = svg.getBoundingClientRect();
              return {
                layout,
                box: { width, height },
                figure: whole,
                pane: svg.parentElement?.clientWidth ?? 0,
                markup: svg.outerHTML,
                boxes: [...svg.querySelectorAll('text')]
                  .filter((text) => text.checkVisibility({ visibilityProperty: true }))
                  .map((text) => ({ text: text.textContent ?? '', box: text.getBoundingClientRect() }))
                  .filter(({ box }) => box.width > 0)
                  .map(({ text, box }) => ({
                    text,
                    left: box.left - left,
                    right: box.right - left,
                    top: box.top - top,
                    bottom: box.bottom - top,
                  })),
              };
            });
        });
        for (const { layout, box: room, figure: whole, pane, markup, boxes } of drawings) {
          const expected = boxesOf(drawnIn(markup, layout), {
            width: pane,
            figure: whole,
            placing,
            box: room,
          });
          texts += boxes.length;
          if (expected.length !== boxes.length)
            wrong.push(`${width} px, ${move}: ${boxes.length} texts are seen, ${expected.length} measured`);
          for (const [i, box] of boxes.entries()) {
            const measured = expected[i];
            if (!measured) continue;
            const loose = ROUNDED_px + (measured.right - measured.left) * KERNING;
            const off = (['left', 'right', 'top', 'bottom'] as const).filter(
              (side) => Math.abs(box[side] - measured[side]) > loose,
            );
            // The words that a phone leaves out are in its text all the same.
            if (off.length || !box.text.startsWith(measured.text))
              wrong.push(
                `${width} px, ${move}: “${box.text}” ${off.map((side) => `${side} ${box[side].toFixed(1)}, measured ${measured[side].toFixed(1)}`).join('; ')}`,
              );
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(texts).toBeGreaterThan(40);
  });
