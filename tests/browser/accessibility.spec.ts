/** axe, on every page and in every state of the figure. */
import type { Page } from '@playwright/test';
import * as axe from './axe.ts';
import { FigurePage } from './figure-page.ts';
import { comesToLife, expect, pages, test } from './site-page.ts';

const SCREENS = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

/** What is wrong at each width. */
const violations = (page: Page, within: string) => axe.violations(page, { within, screens: SCREENS });

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test.describe('axe, light and dark, on a desk and on a phone', () => {
  for (const path of pages) {
    test(`finds nothing wrong on /${path}`, async ({ page }) => {
      await page.goto(path);
      await comesToLife(page);
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
