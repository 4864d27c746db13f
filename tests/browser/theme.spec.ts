/** Light and dark. */
import type { Page } from '@playwright/test';
import { CHAPTER, expect, test } from './site-page.ts';

const theme = (page: Page) => page.locator('html').getAttribute('data-theme');
const paper = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

const LIGHT = 'rgb(252, 251, 248)';
const DARK = 'rgb(20, 22, 26)';

test.describe('the theme', () => {
  test('is the system’s, and follows it while the page is open', async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(CHAPTER);
    expect(await theme(page)).toBe('dark');
    expect(await paper(page)).toBe(DARK);
    await page.emulateMedia({ colorScheme: 'light' });
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    expect(await paper(page)).toBe(LIGHT);
  });

  test('that was chosen stays, on every page and whatever the system says', async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto('');
    const toggle = page.getByRole('button', { name: 'Dark' });
    await toggle.click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await expect(page.getByRole('button', { name: 'Light' })).toBeVisible();
    await page.getByRole('link', { name: 'Workshop' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await page.reload();
    expect(await paper(page)).toBe(DARK);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await theme(page)).toBe('dark');
    await page.getByRole('button', { name: 'Light' }).click();
    await page.goto(CHAPTER);
    expect(await theme(page)).toBe('light');
  });

  test('is set before there is anything to paint', async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.addInitScript(() => {
      const seen: Record<string, string | undefined> = {};
      Object.assign(window, { seen });
      const watcher = new MutationObserver(() => {
        if (!document.body) return;
        seen.body ??= document.documentElement.dataset.theme ?? 'none';
        watcher.disconnect();
      });
      watcher.observe(document, { childList: true, subtree: true });
      document.addEventListener('DOMContentLoaded', () => {
        seen.loaded = document.documentElement.dataset.theme;
      });
    });
    await page.goto(CHAPTER);
    expect(await page.evaluate(() => (window as unknown as { seen: object }).seen)).toEqual({
      body: 'dark',
      loaded: 'dark',
    });
  });

  test('that cannot be stored lasts for the page', async ({ page }) => {
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new DOMException('closed', 'SecurityError');
        },
      });
    });
    await page.emulateMedia({ colorScheme: 'light' });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto('');
    await page.getByRole('button', { name: 'Dark' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    expect(errors).toEqual([]);
  });

  test('colours commands and kernel code alike', async ({ page }) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(CHAPTER);
      const dark = await page.evaluate(() => {
        const shade = (selector: string, property: 'color' | 'backgroundColor') => {
          const element = document.querySelector(selector);
          const [r = 0, g = 0, b = 0] =
            (element ? getComputedStyle(element)[property] : '').match(/\d+/g)?.map(Number) ?? [];
          return (r + g + b) / 3;
        };
        return [
          shade('.expressive-code pre', 'backgroundColor') < 128,
          shade('details[open] .ln', 'color') > 128,
          shade('simulation-figure', 'backgroundColor') < 128,
        ];
      });
      expect(dark).toEqual(Array(3).fill(colorScheme === 'dark'));
    }
  });
});
