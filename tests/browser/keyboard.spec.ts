/** Everything by keyboard alone. */
import { FigurePage, INITIAL, preset, traceOf } from './figure-page.ts';
import { CHAPTER, comesToLife, expect, pages, test } from './site-page.ts';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

const trace = traceOf(preset(INITIAL).given);

test.describe('with the keyboard alone', () => {
  test('the first stop skips to the content', async ({ page }) => {
    await page.goto(CHAPTER);
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to the content' });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport({ ratio: 1 });
    await page.keyboard.press('Enter');
    await expect(page.locator('main')).toBeFocused();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.querySelector('main')?.contains(document.activeElement))).toBe(
      true,
    );
  });

  for (const path of pages) {
    test(`every control of /${path} is reached, in the order of the page, and can be seen`, async ({
      page,
    }) => {
      await page.goto(path);
      await comesToLife(page);
      // A stop for each thing that can be used; of a group of radio buttons, one.
      const expected = await page.evaluate(() => {
        const usable = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
        const all = [...document.querySelectorAll<HTMLElement>(usable)].filter(
          (element) =>
            element.tabIndex >= 0 &&
            !element.matches(':disabled') &&
            element.checkVisibility({ visibilityProperty: true }),
        );
        const groups = new Set<string>();
        const stops = all.filter((element) => {
          if (!(element instanceof HTMLInputElement) || element.type !== 'radio') return true;
          return !groups.has(element.name) && groups.add(element.name);
        });
        for (const [i, stop] of stops.entries()) stop.dataset.stop = String(i);
        return stops.length;
      });
      const seen: { stop: string | undefined; what: string; wrong: string | null }[] = [];
      for (let i = 0; i < expected + 5; i++) {
        await page.keyboard.press('Tab');
        const here = await page.evaluate(() => {
          const isOutlined = (element: Element, part: string) => {
            const { outlineStyle, outlineWidth, content } = getComputedStyle(element, part);
            return (
              outlineStyle !== 'none' &&
              (outlineStyle === 'auto' || Number.parseFloat(outlineWidth) >= 2) &&
              (!part || content !== 'none')
            );
          };
          const active = document.activeElement as HTMLElement | null;
          if (!active || active === document.body) return null;
          const { top, bottom, left, right, width, height } = active.getBoundingClientRect();
          // A field may be outlined with its label around it.
          const box = active.matches('input, textarea') ? active.closest('label, .search-field') : null;
          const isSeen =
            ['', '::before', '::after'].some((part) => isOutlined(active, part)) ||
            (box !== null && isOutlined(box, ''));
          const wrong = !isSeen
            ? 'has no visible focus'
            : bottom <= 0 || top >= innerHeight || right <= 0 || left >= innerWidth || width * height === 0
              ? 'is not on the screen'
              : null;
          return {
            stop: active.dataset.stop,
            what: `${active.localName} ${active.getAttribute('aria-label') ?? active.textContent?.trim().slice(0, 40)}`,
            wrong,
          };
        });
        if (!here) break;
        seen.push(here);
      }
      expect(seen.filter(({ wrong }) => wrong).map(({ what, wrong }) => `${what} ${wrong}`)).toEqual([]);
      expect(seen.filter(({ stop }) => stop === undefined).map(({ what }) => what)).toEqual([]);
      expect(seen.map(({ stop }) => Number(stop))).toEqual(Array.from({ length: expected }, (_, i) => i));
    });
  }
});

test.describe('a dialog', () => {
  for (const { key, id } of [
    { key: '?', id: 'keys' },
    { key: '/', id: 'search' },
  ]) {
    test(`opens with ${key}, closes with Escape, and gives the focus back`, async ({ page }) => {
      const figure = await FigurePage.open(page);
      const dialog = page.locator(`dialog#${id}`);
      const opener = page.locator(`[data-open=${id}]`);
      await figure.button('beat').focus();
      await page.keyboard.press(key);
      await expect(dialog).toBeVisible();
      expect(await dialog.evaluate((dialog) => dialog.contains(document.activeElement))).toBe(true);
      await page.keyboard.press('Escape');
      await expect(dialog).toBeHidden();
      await expect(figure.button('beat')).toBeFocused();
      await opener.focus();
      await page.keyboard.press('Enter');
      await expect(dialog).toBeVisible();
      await dialog.getByRole('button', { name: 'Close' }).press('Enter');
      await expect(dialog).toBeHidden();
      await expect(opener).toBeFocused();
    });
  }

  test('keeps its keys to itself', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    await page.keyboard.press('?');
    for (const key of ['ArrowRight', '3', 'c', 'l']) await page.keyboard.press(key);
    await page.keyboard.press('Escape');
    await figure.standsOn(trace, trace.beats[0] ?? 0);
    await expect(figure.preset(INITIAL)).toHaveAttribute('aria-pressed', 'true');
    await expect(figure.notices).toBeEmpty();
  });

  test('closes with a click outside it, and not with one inside', async ({ page }) => {
    await page.goto(CHAPTER);
    await page.keyboard.press('?');
    const dialog = page.locator('dialog#keys');
    const box = await dialog.boundingBox();
    if (!box) throw new Error('the dialog has no place');
    await page.mouse.click(box.x + 4, box.y + box.height / 2);
    await expect(dialog).toBeVisible();
    await page.mouse.click(5, 5);
    await expect(dialog).toBeHidden();
  });

  test('names every key that the figure knows', async ({ page }) => {
    await page.goto(CHAPTER);
    await page.keyboard.press('?');
    for (const key of ['→', '←', 'Shift →', 'Space', 'Home', 'End', '1', '9', 'C', 'L', '/', '?'])
      await expect(page.locator('dialog#keys').getByText(key, { exact: true })).toBeVisible();
  });
});

test.describe('keys', () => {
  test('do nothing while somebody types in a field', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    const before = await figure.said();
    for (const field of ['seed', 'kernel']) {
      await figure.field(field).focus();
      for (const key of ['c', 'l', '/', '?', 'Home', 'End']) await page.keyboard.press(key);
    }
    await figure.part('speed').focus();
    for (const key of ['c', 'l', '/', '?']) await page.keyboard.press(key);
    await expect(page.locator('dialog[open]')).toHaveCount(0);
    await expect(figure.part('compared')).toBeHidden();
    await expect(figure.notices).not.toContainText('copied');
    expect((await figure.said()).time).toBe(before.time);
    await page.locator('predict-question input').first().focus();
    await page.keyboard.press('ArrowRight');
    expect((await figure.said()).time).toBe(before.time);
  });

  test('with Control, Alt or Meta are the browser’s', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    for (const key of ['Control+c', 'Meta+l', 'Alt+1', 'Control+3']) await page.keyboard.press(key);
    await figure.standsOn(trace, trace.beats[0] ?? 0);
    await expect(figure.part('compared')).toBeHidden();
    await expect(figure.notices).toBeEmpty();
  });

  test('leave the figure alone while it is off the screen', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await expect(figure.root).not.toBeInViewport();
    for (const key of ['ArrowRight', '3', 'c']) await page.keyboard.press(key);
    await figure.standsOn(trace, trace.beats[0] ?? 0);
    await expect(figure.preset(INITIAL)).toHaveAttribute('aria-pressed', 'true');
  });
});
