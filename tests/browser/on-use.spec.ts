/** A page that is read loads no engine; one that is used loses nothing of what was done while it came. */
import type { Page } from '@playwright/test';
import { FigurePage } from './figure-page.ts';
import { CHAPTER, expect, test } from './site-page.ts';

/** Holds back what is loaded from now on. @returns lets it come */
async function holdBack(page: Page): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((done) => {
    release = done;
  });
  await page.route('**/*.js', async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

test('a page that is only read loads no figure, and shows it all the same', async ({ page }) => {
  await page.goto(CHAPTER, { waitUntil: 'networkidle' });
  const { root, part } = bound(new FigurePage(page));
  await expect(root).not.toHaveClass(/\bready\b/);
  await expect(part('picture').locator('svg')).toBeAttached();
  await expect(part('sentence')).not.toBeEmpty();
});

for (const [sign, use] of [
  ['the pointer moves', (page: Page) => page.mouse.move(40, 40)],
  ['a key is pressed', (page: Page) => page.keyboard.press('Tab')],
  ['the page is scrolled', (page: Page) => page.evaluate(() => scrollTo(0, 300))],
] as const)
  test(`the figure comes to life when ${sign}`, async ({ page }) => {
    await page.goto(CHAPTER, { waitUntil: 'networkidle' });
    await use(page);
    await expect(new FigurePage(page).root).toHaveClass(/\bready\b/);
  });

test('what is clicked and typed while it loads is done when it is there', async ({ page }) => {
  await page.goto(CHAPTER, { waitUntil: 'networkidle' });
  const release = await holdBack(page);
  const figure = new FigurePage(page);
  await figure.root.getByRole('button', { name: 'Refused' }).click();
  await figure.root.locator('.all-parameters > summary').click();
  await figure.field('tcp_syn_retries').fill('2');
  await expect(figure.root).not.toHaveClass(/\bready\b/);
  release();
  await expect(figure.root).toHaveClass(/\bready\b/);
  await expect(figure.field('tcp_syn_retries')).toHaveValue('2');
  await expect(page).toHaveURL(/tcp_syn_retries=2/);
  await expect(page).toHaveURL(/peer=refuses/);
});

/** Methods of a page object that can stand alone. */
const bound = (figure: FigurePage) => ({ root: figure.root, part: figure.part.bind(figure) });
