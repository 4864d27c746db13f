/** Search: what is pasted leads to its step, and words lead to the sentences that have them. */
import type { Page } from '@playwright/test';
import { CHAPTER, expect, hasSub, served, test, watch } from './site-page.ts';

const WORKSHOP = 'workshop/';

/** The search as a reader sees it. */
class SearchBox {
  readonly page: Page;
  readonly root;
  readonly field;
  readonly status;
  readonly results;
  constructor(page: Page) {
    this.page = page;
    this.root = page.locator('#search');
    this.field = this.root.getByLabel('Search the playbooks');
    this.status = this.root.getByRole('status');
    this.results = this.root.locator('[data-part=results] > li');
  }
  static async open(page: Page, path = WORKSHOP): Promise<SearchBox> {
    await page.goto(path);
    await page.keyboard.press('/');
    const box = new SearchBox(page);
    await expect(box.field).toBeFocused();
    return box;
  }
  /** The links of the results, once the search has come to its end. */
  async links(): Promise<string[]> {
    await expect(this.status).toHaveText(/^(\d.*|Nothing.*)\.$/);
    return this.results
      .locator('> a')
      .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
  }
}

for (const { name, url } of served) {
  test.describe(`search on the build at ${name}`, () => {
    test.skip(name === 'sub' && !hasSub, 'this build is not there');

    test('finds the step of an errno, says chapter and step, and goes there', async ({ page }) => {
      const box = await SearchBox.open(page, url + WORKSHOP);
      await page.keyboard.type('ETIMEDOUT');
      const first = box.results.first();
      await expect(first).toContainText('connect() got no answer at all');
      await expect(first.locator('.where')).toHaveText(
        /The worker that was killed .* – step 1: Is it waiting for a connection\?/,
      );
      await expect(box.status).toHaveText(/^\d+ steps?(, \d+ places? in the text)?\.$/);
      await first.locator('> a').click();
      await expect(page).toHaveURL(new RegExp(`^${url}${CHAPTER}#`));
      await expect(page.locator('h1')).toContainText('The worker that was killed');
      await expect(box.root).toBeHidden();
    });

    test('says so when nothing is found, and when nothing is asked', async ({ page }) => {
      const box = await SearchBox.open(page, url + WORKSHOP);
      await page.keyboard.type('qxzvwk');
      await expect(box.status).toHaveText(/^Nothing about this yet\./);
      await expect(box.results).toHaveCount(0);
      await box.field.fill('');
      await expect(box.status).toHaveText(/^Paste an error as it is/);
    });
  });
}

test.describe('what is pasted', () => {
  for (const [text, first, step] of [
    ['Broken pipe', 'close-wait-pipe', 'EPIPE: nobody reads any more'],
    ['dial tcp: i/o timeout', 'connect-timeout', 'Is it waiting for a connection?'],
    ['upstream timed out', 'close-wait-pipe', 'Whose are they?'],
    ['recv-q 1', 'close-wait-pipe', 'Has anybody read the requests?'],
    ['pipe_write', 'close-wait-pipe', 'What do the threads wait for?'],
  ] as const)
    test(`leads from “${text}” to its step first`, async ({ page }) => {
      const box = await SearchBox.open(page);
      await box.field.fill(text);
      const links = await box.links();
      expect(links[0]).toContain(`/incidents/${first}/#`);
      await expect(box.results.first().locator('.where')).toContainText(step);
      // The page of checks has every symbol, and tells nobody what to do.
      expect(links.filter((link) => link.includes('/checked/'))).toEqual([]);
    });

  test('may be a stack of lines, with all that stands around the error', async ({ page }) => {
    const box = await SearchBox.open(page);
    await box.field.fill(
      'Caused by: java.net.ConnectException: Connection timed out\n\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)\n\tat app.Orders.fetch(Orders.java:71)',
    );
    await expect(box.results.first()).toContainText('connect() got no answer at all');
    await expect(box.results.first()).toContainText('Is it waiting for a connection?');
  });

  test('that no chapter tells yet says so, and names the nearest', async ({ page }) => {
    const box = await SearchBox.open(page);
    await box.field.fill('dial tcp 10.9.0.2:8080: connect: cannot assign requested address');
    await expect(box.results.first().locator('.where')).toHaveText(
      /^Not covered yet: ports that run out, and TIME-WAIT\. The nearest is: The eleven states of TCP – TIME-WAIT$/,
    );
  });

  test('is not marked by its numbers', async ({ page }) => {
    const box = await SearchBox.open(page);
    await box.field.fill('recv-q 1');
    await box.links();
    for (const mark of await box.results.locator('mark').allTextContents()) expect(mark).toMatch(/recv-q/i);
  });
});

test.describe('words of prose', () => {
  test('lead to the section that has all of them, as a sentence with the words marked', async ({ page }) => {
    const box = await SearchBox.open(page);
    await page.keyboard.type('undici'); // stands in one chapter only
    const section = box.results.filter({ has: page.locator('mark') });
    await expect(section).toHaveCount(1);
    await expect(section.locator('mark')).toHaveText(/undici/i);
    await expect(section.locator('> a')).toHaveAttribute('href', /connect-timeout\/#[\w-]+$/);
    await expect(section.locator('> a')).toHaveText(/^The worker that was killed .* – ./);
  });

  test('find nothing where a word only begins like them', async ({ page }) => {
    const box = await SearchBox.open(page);
    await page.keyboard.type('undicixyz');
    await expect(box.status).toHaveText(/^Nothing about this yet\./);
  });
});

test.describe('the search', () => {
  test('goes to the best result at Enter, and a lone Enter does nothing', async ({ page }) => {
    const box = await SearchBox.open(page);
    await page.keyboard.press('Enter');
    await expect(box.root).toBeVisible();
    await page.keyboard.type('SYN-SENT');
    await expect(box.results.first()).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(CHAPTER));
    await expect(box.root).toBeHidden();
  });

  test('goes nowhere but to a result of what was typed, however fast Enter follows', async ({ page }) => {
    const box = await SearchBox.open(page);
    await page.keyboard.type('SYN-SENT');
    await box.links();
    await box.field.fill('');
    await page.keyboard.type('CLOSE-WAIT');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/close-wait-pipe/);
  });

  test('gets out of the way when its result is on this very page', async ({ page }) => {
    const box = await SearchBox.open(page, CHAPTER);
    await page.keyboard.type('SYN-SENT');
    await box.results.first().locator('> a').click();
    await expect(page).toHaveURL(/#/);
    await expect(box.root).toBeHidden();
  });

  test('by keyboard alone: down to a result, up again, Enter, and back to the same results', async ({
    page,
  }) => {
    const box = await SearchBox.open(page);
    await page.keyboard.type('CLOSE-WAIT');
    await box.links();
    const [first, second] = [box.results.nth(0).locator('> a'), box.results.nth(1).locator('> a')];
    await page.keyboard.press('ArrowDown');
    await expect(first).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(second).toBeFocused();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await expect(box.field).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/close-wait-pipe\/#/);
    await page.waitForLoadState();
    await page.keyboard.press('/');
    await expect(box.field).toHaveValue('CLOSE-WAIT');
    await expect(box.results.first()).toBeVisible();
    await page.keyboard.type('EPIPE'); // what was there is selected, and makes way
    await expect(box.field).toHaveValue('EPIPE');
  });

  test('loads neither script nor table before it is used, and asks nobody else', async ({ page }) => {
    const problems = await watch(page);
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await page.goto(WORKSHOP, { waitUntil: 'networkidle' });
    expect(urls.filter((url) => /pagefind|errors\.json|site-search/.test(url))).toEqual([]);
    await page.keyboard.press('/');
    await page.keyboard.type('EMFILE');
    await expect(new SearchBox(page).results.first()).toContainText('Whose are they?');
    expect(await problems.violations()).toEqual([]);
    expect(problems.foreign).toEqual([]);
    expect(problems.failed).toEqual([]);
  });

  test('that cannot load its table says so, and where all of it can be read', async ({ page }) => {
    await page.route('**/errors.json', (route) => route.abort());
    await page.route('**/pagefind/**', (route) => route.abort());
    const box = await SearchBox.open(page);
    await page.keyboard.type('EPIPE');
    await expect(box.status).toHaveText(/could not be loaded/);
    await expect(box.status.getByRole('link')).toHaveAttribute('href', /errors\/$/);
  });

  test('that cannot load the text of the chapters still knows the steps', async ({ page }) => {
    await page.route('**/pagefind/**', (route) => route.abort());
    const box = await SearchBox.open(page);
    await page.keyboard.type('EPIPE');
    await expect(box.results.first()).toContainText('EPIPE: nobody reads any more');
    await expect(box.status).toHaveText(/cannot be searched at the moment\.$/);
  });
});
