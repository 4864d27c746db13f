/** Search, on both builds. */
import { CHAPTER, expect, hasSub, served, test } from './site-page.ts';

for (const { name, url } of served) {
  test.describe(`search on the build at ${name}`, () => {
    test.skip(name === 'sub' && !hasSub, 'this build is not there');

    test.beforeEach(async ({ page }) => {
      await page.goto(url);
      await page.keyboard.press('/');
      await expect(page.getByLabel('Search the playbooks')).toBeFocused();
    });

    test('finds the chapter by its errno, and goes there', async ({ page }) => {
      await page.keyboard.type('ETIMEDOUT');
      const results = page.locator('#search [data-part=results] > li');
      const chapter = results.locator('> a').filter({ hasText: 'The worker that was killed' });
      await expect(chapter).toBeVisible();
      await expect(page.locator('#search [role=status]')).toHaveText(/^\d+ pages?$/);
      await expect(results.locator('mark').first()).toHaveText(/ETIMEDOUT/i);
      await chapter.click();
      await expect(page).toHaveURL(new RegExp(`^${url}${CHAPTER}`));
      await expect(page.locator('h1')).toContainText('The worker that was killed');
    });

    test('says so when nothing is found, and when nothing is asked', async ({ page }) => {
      const status = page.locator('#search [role=status]');
      await page.keyboard.type('qxzvwk');
      await expect(status).toHaveText('Nothing about “qxzvwk” yet.');
      await expect(page.locator('#search [data-part=results] > li')).toHaveCount(0);
      await page.getByLabel('Search the playbooks').fill('');
      await expect(status).toHaveText('Type an errno, a state or what you see.');
    });
  });
}

test.describe('search', () => {
  test('counts one page as one', async ({ page }) => {
    await page.goto('');
    await page.keyboard.press('/');
    await page.keyboard.type('undici'); // stands in the chapter only
    await expect(page.locator('#search [role=status]')).toHaveText('1 page');
  });

  test('goes to the best result at Enter, and a lone Enter does nothing', async ({ page }) => {
    await page.goto('workshop/');
    await page.keyboard.press('/');
    await page.keyboard.press('Enter');
    await expect(page.locator('#search')).toBeVisible();
    await page.keyboard.type('undici'); // stands in the chapter only
    await expect(page.locator('#search [data-part=results] > li').first()).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(CHAPTER));
    await expect(page.locator('#search')).toBeHidden();
  });

  test('for an errno finds the chapter first', async ({ page }) => {
    await page.goto('');
    await page.keyboard.press('/');
    for (const errno of ['ETIMEDOUT', 'EHOSTUNREACH']) {
      await page.getByLabel('Search the playbooks').fill(errno);
      const first = page.locator('#search [data-part=results] > li > a').first();
      await expect(first).toHaveAttribute('href', new RegExp(CHAPTER));
    }
  });

  test('gets out of the way when its result is on this very page', async ({ page }) => {
    await page.goto(CHAPTER);
    await page.keyboard.press('/');
    await page.keyboard.type('undici');
    const section = page.locator('#search [data-part=results] p a[href*="#"]').first();
    await section.click();
    await expect(page).toHaveURL(/#/);
    await expect(page.locator('#search')).toBeHidden();
  });

  test('by keyboard alone goes to a result', async ({ page }) => {
    await page.goto('workshop/');
    await page.keyboard.press('/');
    await page.keyboard.type('SYN-SENT');
    const first = page.locator('#search [data-part=results] a').first();
    await expect(first).toBeVisible();
    await page.keyboard.press('Tab'); // Close
    await page.keyboard.press('Tab');
    await expect(first).toBeFocused();
    const target = await first.getAttribute('href');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(`${target}`.replace(/[.?]/g, '\\$&')));
  });
});
