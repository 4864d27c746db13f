/** The home page: from what somebody sees to the first command. */
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './site-page.ts';

const PHONE = { width: 390, height: 844 };

/** A thumb moves the page by this much. */
const SWIPE_px = 0.75 * PHONE.height;

/** Swipes until all of something is on the screen, counted from where the page stands. */
async function swipesTo(page: Page, place: Locator): Promise<number> {
  let swipes = 0;
  for (let last = -1; swipes < 10; swipes++) {
    const box = await place.boundingBox();
    if (box && box.y >= 0 && box.y + Math.min(box.height, PHONE.height / 2) <= PHONE.height) return swipes;
    const top = await page.evaluate((by) => {
      scrollBy({ top: by, behavior: 'instant' });
      return scrollY;
    }, SWIPE_px);
    if (top === last) break;
    last = top;
  }
  return Number.POSITIVE_INFINITY;
}

/** The first command at or below the part that the address names. */
async function firstCommand(page: Page): Promise<Locator> {
  const commands = page.locator('main pre:visible');
  const at = await page.evaluate(() => {
    const target = location.hash ? document.getElementById(location.hash.slice(1)) : document.body;
    const all = [...document.querySelectorAll<HTMLElement>('main pre')].filter((pre) =>
      pre.checkVisibility(),
    );
    return all.findIndex((pre) => target && target.compareDocumentPosition(pre) & (4 | 16));
  });
  expect(at, `a command at ${page.url()}`).toBeGreaterThanOrEqual(0);
  return commands.nth(at);
}

test.describe('on a phone', () => {
  test.use({ viewport: PHONE, hasTouch: true, isMobile: true, contextOptions: { reducedMotion: 'reduce' } });

  test('search and all symptoms are on the first screen, each large enough for a finger', async ({
    page,
  }) => {
    await page.goto('');
    await expect(page.locator('main site-search textarea')).toBeInViewport({ ratio: 1 });
    const symptoms = await page.locator('.symptom').all();
    expect(symptoms.length).toBeGreaterThan(10);
    for (const symptom of symptoms) {
      await expect(symptom).toBeInViewport({ ratio: 1 });
      // WCAG 2.2, 2.5.5: 44 px, with what the link reaches beyond its edges.
      const height = await symptom.evaluate((link) =>
        Math.max(
          link.getBoundingClientRect().height,
          Number.parseFloat(getComputedStyle(link, '::after').height) || 0,
        ),
      );
      expect(height).toBeGreaterThanOrEqual(44);
    }
  });

  test('every symptom leads to a command with two taps and one swipe at most', async ({ page }, info) => {
    info.setTimeout(180_000);
    await page.goto('');
    const texts = await page
      .locator('.symptom')
      .evaluateAll((all) => all.map(({ firstChild }) => firstChild?.textContent ?? ''));
    const measured: string[] = [];
    const known = new Map<string, number>();
    const tooFar: string[] = [];
    for (const [i, text] of texts.entries()) {
      for (let choice = 0, choices = 1; choice < choices; choice++) {
        await page.goto('');
        const symptom = page.locator('.symptom').nth(i);
        let swipes = await swipesTo(page, symptom);
        let taps = 1;
        const isChoice = (await symptom.evaluate(({ localName }) => localName)) === 'summary';
        let link = symptom;
        if (isChoice) {
          await symptom.tap();
          taps += 1;
          const links = page.locator('.several[open] li a');
          choices = await links.count();
          link = links.nth(choice);
          await expect(link).toBeInViewport({ ratio: 1 });
        }
        const to = (await link.getAttribute('href')) ?? '';
        // Where a link leads is measured once, however many symptoms have it.
        const before = known.get(to);
        if (before === undefined) {
          await link.tap();
          await page.waitForURL((url) => url.href.endsWith(to));
          await page.waitForLoadState();
          known.set(to, await swipesTo(page, await firstCommand(page)));
        }
        swipes += known.get(to) ?? Number.POSITIVE_INFINITY;
        measured.push(`${text}: ${taps} taps, ${swipes} swipes, ${to}`);
        if (taps > 2 || swipes > 1) tooFar.push(measured.at(-1) ?? '');
      }
    }
    console.log(measured.join('\n'));
    expect(tooFar).toEqual([]);
  });
});

test('a symptom of several chapters opens a choice, and another one closes it', async ({ page }) => {
  await page.goto('');
  const choice = page.locator('.several').first();
  await expect(choice.locator('li').first()).toBeHidden();
  await choice.locator('summary').press('Enter');
  await expect(choice.locator('li a').first()).toBeVisible();
  expect(await choice.locator('li').count()).toBeGreaterThan(1);
});

test('a card is whole, leads to its chapter, and its strip moves when somebody points at it', async ({
  page,
}) => {
  await page.goto('');
  const cards = page.locator('.card');
  expect(await cards.count()).toBeGreaterThanOrEqual(3);
  for (const card of await cards.all()) {
    await expect(card.locator('h2 a')).toHaveAttribute('href', /\/incidents\/[\w-]+\/$/);
    await expect(card.locator('.meta')).toContainText(/\d+ min to read/);
    await expect(card.locator('.meta')).toContainText(/[\d,]+ of [\d,]+ recorded values/);
    await expect(card.locator('svg.card-strip')).toBeVisible();
  }
  const moves = () =>
    cards.first().evaluate((card) => card.getAnimations({ subtree: true }).map(({ playState }) => playState));
  expect(await moves()).toEqual([]);
  await cards.first().hover();
  expect(await moves()).toEqual(['running']);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await moves()).toEqual([]);
  await cards.first().click({ position: { x: 20, y: 160 } });
  await expect(page.locator('h1')).toContainText('The worker that was killed');
});

test('on a wide screen the words of no two waits overlap', async ({ page }) => {
  for (const width of [1280, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto('');
    const boxes = await page.locator('.ruler .symptom').evaluateAll((all) =>
      all.map((one) => {
        const { left, right } = one.getBoundingClientRect();
        return { left, right, text: one.textContent };
      }),
    );
    for (const [i, { left, text }] of boxes.entries())
      expect(left, `${text} at ${width}`).toBeGreaterThan(boxes[i - 1]?.right ?? 0);
    expect(boxes.at(-1)?.right).toBeLessThanOrEqual(width);
  }
});
