/** On paper. */
import { FigurePage, INITIAL, preset, spaced, traceOf } from './figure-page.ts';
import { CHAPTER, comesToLife, expect, pages, test } from './site-page.ts';

// A4 less its margins, at 96 pixels to the inch.
test.use({ viewport: { width: 700, height: 1000 } });

const trace = traceOf(preset(INITIAL).given);

test.describe('in print', () => {
  test('no control is left', async ({ page }) => {
    await FigurePage.open(page);
    await page.emulateMedia({ media: 'print' });
    const left = await page
      // The headings and answers of a playbook are buttons to walk with, and text.
      .locator('button:not(.choice, h3 > button), input:not([type=radio]), select, header nav, .skip')
      .evaluateAll((all) =>
        all
          .filter((control) => control.checkVisibility({ opacityProperty: true }))
          .map((control) => control.outerHTML.slice(0, 90)),
      );
    expect(left).toEqual([]);
  });

  test('the whole run is there, in words and in the tools’ output, wherever the cursor stands', async ({
    page,
  }) => {
    const figure = await FigurePage.open(page);
    await page.emulateMedia({ media: 'print' });
    const words = figure.root.locator('[data-tool=words]');
    await expect(words).toBeVisible();
    const text = spaced(await words.innerText());
    for (const beat of trace.beats)
      expect(text).toContain(spaced(trace.events[beat]?.says.replaceAll('*', '') ?? ''));
    for (const tool of ['tcpdump', 'strace', 'ss'])
      await expect(figure.root.locator(`[data-tool=${tool}]`)).toBeVisible();
    const hidden = await figure
      .part('picture')
      .evaluate(
        (ladder) =>
          [...ladder.querySelectorAll('[data-from]')].filter(
            (part) => !part.checkVisibility({ visibilityProperty: true, opacityProperty: true }),
          ).length,
      );
    expect(hidden, 'parts of the ladder that are missing').toBe(0);
  });

  test('no code is clipped, and nothing is wider than the paper', async ({ page }) => {
    for (const path of pages) {
      await page.emulateMedia({ media: 'screen' });
      await page.goto(path);
      await comesToLife(page);
      await page.emulateMedia({ media: 'print' });
      const clipped = await page.locator('pre, .code, .scroll, .table').evaluateAll((all) =>
        all
          .filter((element) => element.checkVisibility())
          .filter((element) => {
            const { overflowX, overflowY } = getComputedStyle(element);
            const isWide = element.scrollWidth > element.clientWidth + 1;
            const isTall = element.scrollHeight > element.clientHeight + 1;
            const isOut = element.getBoundingClientRect().left + element.scrollWidth > innerWidth + 1;
            return (isWide && (overflowX !== 'visible' || isOut)) || (isTall && overflowY !== 'visible');
          })
          .map(
            (element) =>
              `${element.localName}.${element.className} ${element.scrollWidth}×${element.scrollHeight} in ${element.clientWidth}×${element.clientHeight}`,
          ),
      );
      expect(clipped, path).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(700);
    }
  });

  test('is dark on white, whatever the screen is', async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await FigurePage.open(page);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const [paper, ink] = await page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return [backgroundColor, color].map(
        (colour) =>
          (colour.match(/\d+/g) ?? [])
            .map(Number)
            .slice(0, 3)
            .reduce((sum, part) => sum + part, 0) / 3,
      );
    });
    expect(paper).toBeGreaterThan(240);
    expect(ink).toBeLessThan(80);
  });

  test('the answers at the end are printed', async ({ page }) => {
    await page.goto(CHAPTER);
    await page.emulateMedia({ media: 'print' });
    const folded = await page
      .locator('details.question > div')
      .evaluateAll(
        (all) => all.filter((answer) => !answer.checkVisibility({ contentVisibilityAuto: true })).length,
      );
    expect(folded).toBe(0);
  });
});
