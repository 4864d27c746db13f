/** A term in the text, and its sentence: with mouse, keyboard and finger, on paper and without script. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { comesToLife, expect, pages, test } from './site-page.ts';

interface Entry {
  readonly id: string;
  readonly term: string;
  readonly sentence: string;
  readonly where?: readonly { readonly path: string }[];
}
const glossary: Entry[] = JSON.parse(
  readFileSync(new URL('../../content/glossary.json', import.meta.url), 'utf8'),
);
const entryOf = (id: string): Entry => {
  const entry = glossary.find((entry) => entry.id === id);
  if (!entry) throw new Error(`no term ${id}`);
  return entry;
};

const PAGE = 'reference/pipe-buffer/';
const SLOT = entryOf('slot');

const term = (page: Page) => page.locator('a.term[href$="#slot"]').first();
const tip = (page: Page) => page.locator('.term-tip');

test.describe('a term', () => {
  test('shows its sentence while the mouse rests on it or on the sentence, and leads to the glossary', async ({
    page,
  }) => {
    await page.goto(PAGE);
    // The figure moves the text below it when it comes to life, and so the term from under the mouse.
    await comesToLife(page);
    await expect(tip(page)).toBeHidden();
    await term(page).hover();
    await expect(tip(page)).toContainText(SLOT.sentence);
    await tip(page).locator('p').hover();
    await page.waitForTimeout(400);
    await expect(tip(page)).toBeVisible();
    await page.mouse.move(2, 2);
    await expect(tip(page)).toBeHidden();
    await term(page).click();
    await expect(page).toHaveURL(/\/glossary\/#slot$/);
  });

  test('shows its sentence when the keyboard reaches it, until Escape or Tab', async ({ page }) => {
    await page.goto(PAGE);
    await page.keyboard.press('Tab');
    await term(page).focus();
    await expect(tip(page)).toContainText(SLOT.sentence);
    await page.keyboard.press('Escape');
    await expect(tip(page)).toBeHidden();
    await expect(term(page)).toBeFocused();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    await expect(tip(page)).toBeVisible();
    await page.keyboard.press('Tab');
    await expect(tip(page)).toBeHidden();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/glossary\/#slot$/);
  });

  test('tells a screen reader its sentence as a description', async ({ page }) => {
    await page.goto(PAGE);
    await expect(term(page)).toHaveAccessibleDescription(SLOT.sentence);
  });

  for (const width of [360, 1440])
    test(`shows its sentence beside it and on the screen, ${width} pixels wide`, async ({ page }) => {
      await page.setViewportSize({ width, height: 800 });
      for (const path of pages) {
        await page.goto(path);
        if ((await page.locator('main a.term').count()) === 0) continue;
        await comesToLife(page);
        // A step of a playbook that is folded has terms that nobody reaches.
        for (const term of await page.locator('main a.term').all()) {
          if (!(await term.isVisible())) continue;
          await page.keyboard.press('Tab');
          await term.focus();
          await expect(tip(page), path).toBeVisible();
          const { left, right, gap } = await term.evaluate((term) => {
            const line = term.getClientRects()[0] as DOMRect;
            const tip = document.querySelector('.term-tip') as HTMLElement;
            const { left, right, top, bottom } = tip.getBoundingClientRect();
            return { left, right, gap: Math.max(top - line.bottom, line.top - bottom) };
          });
          expect(left).toBeGreaterThanOrEqual(0);
          expect(right).toBeLessThanOrEqual(width);
          expect(Math.abs(gap - 6), `${path}: ${await term.textContent()}`).toBeLessThan(1);
          await page.keyboard.press('Escape');
        }
      }
    });

  test.describe('under a finger', () => {
    test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });

    test('shows its sentence first, and a link in it leads to the glossary; a press elsewhere closes it', async ({
      page,
    }) => {
      await page.goto(PAGE);
      await term(page).tap();
      await expect(tip(page)).toContainText(SLOT.sentence);
      expect(page.url()).toContain(PAGE);
      await page.locator('h2').first().tap();
      await expect(tip(page)).toBeHidden();
      await term(page).tap();
      await tip(page).getByRole('link').tap();
      await expect(page).toHaveURL(/\/glossary\/#slot$/);
    });

    test('leads to the glossary itself when it is tapped again', async ({ page }) => {
      await page.goto(PAGE);
      await term(page).tap();
      await expect(tip(page)).toBeVisible();
      await term(page).tap();
      await expect(page).toHaveURL(/\/glossary\/#slot$/);
    });
  });

  test.describe('without script', () => {
    test.use({ javaScriptEnabled: false });
    test('is a link with its sentence as a title', async ({ page }) => {
      await page.goto(PAGE);
      await expect(term(page)).toHaveAttribute('title', SLOT.sentence);
      await term(page).click();
      await expect(page).toHaveURL(/\/glossary\/#slot$/);
    });
  });

  test('is printed as plain text', async ({ page }) => {
    await page.goto(PAGE);
    await term(page).hover();
    await expect(tip(page)).toBeVisible();
    await page.emulateMedia({ media: 'print' });
    await expect(tip(page)).toBeHidden();
    await expect(term(page)).toHaveCSS('text-decoration-line', 'none');
  });
});

test.describe('the glossary', () => {
  test('has every term once, with a place to link to, in the order of the alphabet', async ({ page }) => {
    await page.goto('glossary/');
    const headings = await page.locator('.glossary h2').allTextContents();
    expect([...headings].sort()).toEqual(glossary.map(({ term }) => term).sort());
    const spelled = headings.map((name) => name.replace(/^\d+/, '').toLowerCase());
    expect(spelled).toEqual([...spelled].sort((a, b) => a.localeCompare(b, 'en')));
    for (const { id, sentence } of glossary)
      await expect(page.locator(`section:has(> [id="${id}"])`)).toContainText(sentence);
  });

  test('leads to places that are there', async ({ page, request }) => {
    await page.goto('glossary/');
    for (const path of new Set(glossary.flatMap(({ where = [] }) => where.map(({ path }) => path)))) {
      const [file, id] = path.split('#');
      const response = await request.get(file ?? '');
      expect(response.status(), path).toBe(200);
      if (id) expect(await response.text(), path).toContain(`id="${id}"`);
    }
  });
});
