/** On a phone. */
import { FigurePage, INITIAL, preset, traceOf } from './figure-page.ts';
import { comesToLife, expect, pages, test } from './site-page.ts';

const COMMON = { width: 390, height: 844 };
const PHONES = [COMMON, { width: 360, height: 740 }];
const PHONE = { hasTouch: true, isMobile: true, contextOptions: { reducedMotion: 'reduce' } } as const;

test.describe('on a phone', () => {
  test.use({ ...PHONE, viewport: COMMON });

  test('no page is wider than the screen', async ({ page }) => {
    const wide: string[] = [];
    for (const path of pages) {
      await page.goto(path);
      await comesToLife(page);
      for (const viewport of PHONES) {
        await page.setViewportSize(viewport);
        const { width, widest } = await page.evaluate(() => ({
          width: document.documentElement.scrollWidth,
          widest: [...document.querySelectorAll('body *')]
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map(({ localName, className }) => `${localName}.${className}`)
            .slice(0, 3),
        }));
        if (width > viewport.width)
          wide.push(`/${path} is ${width} px on ${viewport.width}: ${widest.join(', ')}`);
      }
    }
    expect(wide).toEqual([]);
  });
});

for (const viewport of PHONES) {
  test.describe(`on a phone of ${viewport.width} × ${viewport.height}`, () => {
    test.use({ ...PHONE, viewport });

    for (const name of ['search', 'keys'])
      test(`all of the dialog “${name}” is on the screen`, async ({ page }) => {
        // The home page has its own field to search in.
        await page.goto('glossary/');
        await page.locator(`[data-open=${name}]`).tap();
        const dialog = page.locator(`dialog#${name}`);
        await expect(dialog).toBeVisible();
        const inner = await dialog.evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
        expect(inner.scrollWidth).toBe(inner.clientWidth);
        await dialog.getByRole('button', { name: 'Close' }).tap();
        await expect(dialog).toBeHidden();
      });

    test('the figure is no wider with A beside it, its parameters open and a link explained', async ({
      page,
    }) => {
      const figure = await FigurePage.open(page, `?v=0&${'z'.repeat(80)}=1`);
      await figure.openParameters();
      await figure.button('compare').tap();
      await figure.preset('today').tap();
      await expect(figure.part('picture-a').locator('svg')).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
    });

    test('Step is in reach, and the sentence in sight, wherever one looks at the views', async ({ page }) => {
      const trace = traceOf(preset(INITIAL).given);
      const figure = await FigurePage.open(page);
      const places = await figure.root.evaluate((figure) => {
        // From where the figure fills the screen to where its controls leave it at the top.
        const top = figure.getBoundingClientRect().top + scrollY;
        const views = figure.querySelector('.views')?.getBoundingClientRect();
        const end = (views?.bottom ?? 0) + scrollY - innerHeight / 2;
        return [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(top + (end - top) * share));
      });
      for (const [i, place] of places.entries()) {
        await page.evaluate((top) => scrollTo({ top, behavior: 'instant' }), place);
        await expect(figure.button('beat')).toBeInViewport({ ratio: 1 });
        await figure.button('beat').tap();
        await figure.standsOn(trace, trace.beats[i + 1] ?? 0);
        await expect(figure.part('sentence'), `scrolled to ${place}`).toBeInViewport({ ratio: 1 });
        const isCovered = await figure.part('sentence').evaluate((sentence) => {
          const { left, top, width, height } = sentence.getBoundingClientRect();
          const found = document.elementFromPoint(left + width / 2, top + height / 2);
          return !sentence.contains(found);
        });
        expect(isCovered, `covered at ${place}`).toBe(false);
        expect(await page.evaluate(() => scrollY), 'the page stays where it is').toBe(place);
      }
    });

    test('Step is in reach while the tools and parameters are on the screen', async ({ page }) => {
      const figure = await FigurePage.open(page);
      for (const place of ['.tools', '.parameters']) {
        await figure.root
          .locator(place)
          .evaluate((section) => section.scrollIntoView({ block: 'center', behavior: 'instant' }));
        await expect(figure.button('beat'), `with ${place} on the screen`).toBeInViewport({ ratio: 1 });
      }
    });

    test('every control of the figure is large enough for a finger', async ({ page }) => {
      const figure = await FigurePage.open(page);
      await figure.openParameters();
      const small = await figure.root.evaluate((figure) =>
        [...figure.querySelectorAll<HTMLElement>('button, select, input, summary')]
          .filter((control) => control.checkVisibility({ visibilityProperty: true }))
          .map((control) => {
            const { width, height } = control.getBoundingClientRect();
            return { width, height, what: control.textContent?.trim() || control.id || control.localName };
          })
          // The headings of the kernel's excerpts are no controls while scripts run.
          .filter(({ width, height, what }) => (width < 24 || height < 24) && !/Linux \d/.test(what))
          .map(({ width, height, what }) => `${what}: ${Math.round(width)} × ${Math.round(height)}`),
      );
      expect(small).toEqual([]);
    });

    test('the sentence, the code and the tools are as wide as the screen allows', async ({ page }) => {
      const figure = await FigurePage.open(page);
      for (const part of ['.say', '.views > .picture', '.views > .kernel', '.foot > .tools']) {
        const box = await figure.root.locator(part).boundingBox();
        expect(box?.width ?? 0, part).toBeGreaterThan(viewport.width - 48);
      }
    });
  });
}
