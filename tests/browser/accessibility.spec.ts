/** axe, on every page and in every state of the figure. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { FigurePage } from './figure-page.ts';
import { expect, pages, test } from './site-page.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What a theme can do wrong. The rest of a page is the same in both. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

const SCREENS = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

/** What axe finds wrong at each width, in both themes: one line for each rule and element. */
async function violations(page: Page, within: string): Promise<string[]> {
  const found: string[] = [];
  for (const screen of SCREENS) {
    await page.setViewportSize(screen);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
      // No page has frames, so all of axe can run in the page itself, which is quicker.
      const axe = new AxeBuilder({ page }).include(within).setLegacyMode(true);
      if (colorScheme === 'light') axe.options({ resultTypes: ['violations'], runOnly: TAGS });
      else axe.options({ resultTypes: ['violations'], runOnly: COLOURS });
      for (const { id, nodes } of (await axe.analyze()).violations)
        for (const { target, failureSummary } of nodes.slice(0, 4))
          found.push(
            `${screen.width} ${colorScheme}: ${id}: ${target} ${failureSummary?.split('\n')[1]?.trim()}`,
          );
    }
  }
  return found;
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test.describe('axe, light and dark, on a desk and on a phone', () => {
  for (const path of pages) {
    test(`finds nothing wrong on /${path}`, async ({ page }) => {
      await page.goto(path);
      if (await page.locator('simulation-figure').count()) await new FigurePage(page).isReady();
      expect(await violations(page, 'html')).toEqual([]);
    });
  }

  test('finds nothing wrong in the figure with all parameters, one of them unsound', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    await figure.field('tcp_syn_retries').fill('200');
    for (let i = 0; i < 3; i++) await figure.button('beat').click();
    expect(await violations(page, 'simulation-figure')).toEqual([]);
  });

  test('finds nothing wrong in the figure at its end, with A beside it', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.button('compare').click();
    await figure.preset('first-syn-lost').click();
    await figure.button('last').click();
    expect(await violations(page, 'simulation-figure')).toEqual([]);
  });

  test('finds nothing wrong in the help for keys', async ({ page }) => {
    await page.goto('404.html');
    await page.keyboard.press('?');
    await expect(page.locator('#keys')).toBeVisible();
    expect(await violations(page, '#keys')).toEqual([]);
  });

  test('finds nothing wrong in the search, with results', async ({ page }) => {
    await page.goto('404.html');
    await page.keyboard.press('/');
    await page.keyboard.type('ETIMEDOUT');
    await expect(page.locator('#search [data-part=results] > li').first()).toBeVisible();
    expect(await violations(page, '#search')).toEqual([]);
  });
});
