/** Remedies in code: tabs that remember the language. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, pages, test } from './site-page.ts';

const CHAPTER = 'incidents/connect-timeout/';
const chapters = pages.filter((path) => path.startsWith('incidents/'));
const NAMES = ['Go', 'Java', 'Python', 'Node', 'Rust', 'C'];

const tab = (page: Page, name: string) =>
  page.locator('code-tabs').first().getByRole('tab', { name, exact: true });
const panes = (page: Page) => page.locator('code-tabs').first().locator('[role=tabpanel]:visible');

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test.describe('the remedy in code', () => {
  test('is there in six languages, one at a time, in every chapter', async ({ page }) => {
    for (const chapter of chapters) {
      await page.goto(chapter);
      await expect(page.locator('code-tabs').first().getByRole('tab')).toHaveText(NAMES);
      await expect(panes(page)).toHaveCount(1);
    }
  });

  test('is the file that a test compiles and runs', async ({ page }) => {
    await page.goto(CHAPTER);
    await tab(page, 'Rust').click();
    const lines = await panes(page).locator('.ec-line').allInnerTexts();
    const file = readFileSync('content/incidents/connect-timeout/remedies/connect.rs', 'utf8');
    expect(
      lines
        .map((line) => line.trimEnd())
        .join('\n')
        .trim(),
    ).toBe(file.trim());
  });

  test('stays in the language that was chosen, in the next chapter and after a reload', async ({ page }) => {
    await page.goto(CHAPTER);
    await tab(page, 'Java').click();
    await expect(panes(page)).toContainText('SocketTimeoutException');
    await page.goto('incidents/close-wait-pipe/');
    await expect(tab(page, 'Java')).toHaveAttribute('aria-selected', 'true');
    await expect(panes(page)).toContainText('ArrayBlockingQueue');
    await page.reload();
    await expect(panes(page)).toContainText('ArrayBlockingQueue');
  });

  test('is chosen with the arrows', async ({ page }) => {
    await page.goto(CHAPTER);
    await tab(page, 'Go').focus();
    await page.keyboard.press('ArrowRight');
    await expect(tab(page, 'Java')).toBeFocused();
    await expect(panes(page)).toContainText('class Connect');
    await page.keyboard.press('End');
    await expect(tab(page, 'C')).toBeFocused();
    await expect(panes(page)).toContainText('getsockopt');
  });

  test('is printed in the language that was chosen, by its name', async ({ page }) => {
    await page.goto(CHAPTER);
    await tab(page, 'Python').click();
    await page.emulateMedia({ media: 'print' });
    await expect(panes(page)).toHaveCount(1);
    await expect(panes(page).locator('.language')).toHaveText('Python');
    await expect(panes(page).locator('.language')).toBeVisible();
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('all languages stand there, by their names', async ({ page }) => {
    await page.goto(CHAPTER);
    await expect(panes(page)).toHaveCount(NAMES.length);
    await expect(page.locator('code-tabs').first().locator('.language')).toHaveText(NAMES);
    await expect(page.locator('code-tabs').first().locator('button:visible')).toHaveCount(0);
  });
});
