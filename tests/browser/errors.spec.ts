/** The page of errors. */
import { errors } from '#content/errors/table.ts';
import { expect, test } from './site-page.ts';

const ERRORS = 'errors/';
const situations = errors.flatMap(({ situations }) => situations);

test.describe('the page of errors', () => {
  test('has every error by its name, with the step that it leads to', async ({ page }) => {
    await page.goto(`${ERRORS}#ECONNREFUSED`);
    await expect(page.locator('[data-entry]')).toHaveCount(situations.length);
    const refused = page.locator('#ECONNREFUSED');
    await expect(refused).toBeInViewport();
    await expect(refused).toContainText('111 · Connection refused');
    await expect(refused.locator('.where a').first()).toHaveText(/step 3: What does the peer say\?$/);
    for (const { name, kind } of errors)
      if (kind === 'errno') await expect(page.locator(`[id="${name}"]`)).toHaveCount(1);
  });

  test('filters by a raw text, says how many are left, and shows all again', async ({ page }) => {
    await page.goto(ERRORS);
    const filter = page.getByLabel('Paste an error');
    const shown = page.locator('[data-entry]:visible');
    await filter.fill('[pid 88] write(1, "a line "..., 87) = -1 EPIPE (Broken pipe)');
    await expect(shown.first()).toContainText('write() to a pipe');
    expect(await shown.count()).toBeLessThan(6);
    await expect(page.locator('error-filter').getByRole('status')).toHaveText(/^\d of \d+ entries$/);
    await expect(page.locator('#ECONNREFUSED')).toBeHidden();
    await filter.fill('qxzvwk');
    await expect(page.locator('error-filter').getByRole('status')).toHaveText(/^None of the entries fits/);
    await filter.fill('');
    await expect(shown).toHaveCount(situations.length);
  });

  test('says so where it cannot filter, and hides nothing', async ({ page }) => {
    await page.route('**/errors.json', (route) => route.abort());
    await page.goto(ERRORS);
    await page.getByLabel('Paste an error').fill('EPIPE');
    await expect(page.locator('error-filter').getByRole('status')).toHaveText(
      /cannot be filtered at the moment/,
    );
    await expect(page.locator('[data-entry]:visible')).toHaveCount(situations.length);
  });
});

test.describe('the page of errors without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('can be read to the end, and has no field that does nothing', async ({ page }) => {
    await page.goto(ERRORS);
    await expect(page.locator('[data-entry]:visible')).toHaveCount(situations.length);
    await expect(page.locator('main input:visible')).toHaveCount(0);
  });
});
