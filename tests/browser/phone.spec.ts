/** On a phone. */
import { FigurePage, INITIAL, preset, traceOf } from './figure-page.ts';
import { comesToLife, expect, pages, test } from './site-page.ts';

const COMMON = { width: 390, height: 844 };
const PHONES = [COMMON, { width: 360, height: 740 }];
const PHONE = { hasTouch: true, isMobile: true, contextOptions: { reducedMotion: 'reduce' } } as const;

test.describe('on a phone', () => {
  test.use({ ...PHONE, viewport: COMMON });

  test('nothing tells a finger to press a key', async ({ page }) => {
    for (const path of pages) {
      await page.goto(path);
      await expect(page.locator('[data-open=keys]')).toBeHidden();
      await expect(page.locator('kbd:visible'), path).toHaveCount(0);
    }
  });

  test('a recorded exchange is there to the end of each line', async ({ page }) => {
    await page.goto('incidents/nagle-delayed-ack/');
    const exchanges = page.locator('.exchange pre');
    expect(await exchanges.count()).toBeGreaterThan(0);
    for (const pre of await exchanges.all()) {
      await expect(pre).toContainText(/length \d+/);
      expect(await pre.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
    }
  });

  test('every parameter is within its figure, on the narrowest phone', async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    for (const path of pages.filter((path) => path.startsWith('incidents/'))) {
      await page.goto(path);
      await page.locator('.all-parameters > summary').tap();
      const out = await page
        .locator('.all-parameters')
        .evaluate((form) =>
          [...form.querySelectorAll('label, input, select, i')]
            .filter((part) => part.getBoundingClientRect().right > form.getBoundingClientRect().right + 1)
            .map(({ textContent, localName }) => `${localName} ${textContent}`),
        );
      expect(out, path).toEqual([]);
    }
  });

  test('the diagram of the states shows the state that is, and says that it scrolls', async ({ page }) => {
    await page.goto('reference/tcp-states/');
    await comesToLife(page);
    const now = page.locator('.diagram [data-state][data-now]').first();
    await now.scrollIntoViewIfNeeded();
    const pane = await page.locator('.diagram .pane').boundingBox();
    const box = await now.boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(pane?.x ?? 0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual((pane?.x ?? 0) + (pane?.width ?? 0));
    const hint = page.locator('.diagram .key');
    expect(await hint.evaluate((key) => getComputedStyle(key, '::before').content)).toContain('scrolls');
  });

  test('each cell of the timers says what it is', async ({ page }) => {
    await page.goto('reference/tcp-states/');
    const labels = await page
      .locator('.timers td:not(:nth-child(3))')
      .evaluateAll((all) => all.map((cell) => getComputedStyle(cell, '::before').content));
    expect(labels.length).toBeGreaterThan(4);
    expect(labels).not.toContain('none');
  });

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

    test('all of the dialog to search in is on the screen', async ({ page }) => {
      // The home page has its own field to search in.
      await page.goto('glossary/');
      await page.locator('[data-open=search]').tap();
      const dialog = page.locator('dialog#search');
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
