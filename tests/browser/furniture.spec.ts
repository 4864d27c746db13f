/** What stands around a page: the way on, what this browser keeps, links to the repository, the head. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sites } from './serve.ts';
import { CHAPTER, expect, hasSub, pages, pagesOf, served, test, use } from './site-page.ts';

const [, sub] = served;

test.describe('what this browser keeps', () => {
  // A link that scrolls at once is there at once.
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('is what was read, guessed and solved: the home page shows it, and forgets it', async ({ page }) => {
    await page.goto(CHAPTER);
    await page.getByRole('link', { name: 'Predict' }).first().click();
    const predict = page.locator('predict-question').first();
    await predict.locator('input').first().check();
    await predict.getByRole('button').click();
    await expect(predict.locator('.answer')).toBeVisible();
    const question = page.locator('details.question').first();
    await question.locator('summary').click();
    await question.getByLabel('I had it').check();
    // A part is read when its beginning and its end were on a screen that stood still.
    const toc = page.locator('.toc a');
    await toc.first().click();
    const ends = page.locator('.prose > h2').nth(1);
    await page.waitForTimeout(1500);
    await ends.evaluate((heading) => heading.scrollIntoView({ block: 'end', behavior: 'instant' }));
    await expect(toc.first()).toHaveAttribute('aria-description', 'read');
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(['stalled-sockets']);

    await page.goto('');
    const kept = page.locator(`[data-progress="${CHAPTER}"]`);
    // The second part is short: it may have stood on the same screen as the end of the first.
    await expect(kept).toHaveText(/^[12] of \d+ parts read · guessed (right|wrong) · 1 of \d+ solved$/);
    await page.getByRole('button', { name: 'Forget it' }).click();
    await expect(page.getByText('Forgotten.')).toBeVisible();
    await expect(kept).toBeHidden();
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
  });

  test('is nothing where storage is closed, and the page works all the same', async ({ page }) => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.addInitScript(() =>
      Object.defineProperty(window, 'localStorage', {
        get: () => {
          throw new DOMException('closed', 'SecurityError');
        },
      }),
    );
    await page.goto(CHAPTER);
    const question = page.locator('details.question').first();
    await question.locator('summary').click();
    await question.getByLabel('I had it').check();
    await expect(question.getByLabel('I had it')).toBeChecked();
    const predict = page.locator('predict-question').first();
    await predict.locator('input').first().check();
    await predict.getByRole('button').click();
    await expect(predict.locator('.answer')).toBeVisible();
    await page.goto('');
    await expect(page.locator('[data-progress-note]')).toBeHidden();
    expect(errors).toEqual([]);
  });
});

test('previous and next lead through all chapters and the reference, and back', async ({ page }) => {
  await page.goto(CHAPTER);
  const passed = [page.url()];
  for (let next = page.locator('a[rel=next]'); (await next.count()) > 0; ) {
    await next.click();
    await page.waitForURL((url) => !passed.includes(url.href));
    passed.push(page.url());
  }
  expect(passed.length).toBe(pages.filter((path) => /^(incidents|reference)\/.+\/$/.test(path)).length);
  await page.locator('a[rel=prev]').click();
  await expect(page).toHaveURL(passed.at(-2) ?? '');
  await expect(page.locator('.changes time').first()).toHaveText(/^\d+ \w+ \d{4}$/);
});

test('without a repository or an address, no page links to one', async ({ page }) => {
  await page.goto(CHAPTER);
  await expect(page.locator('[data-report], link[rel=canonical], meta[property="og:image"]')).toHaveCount(0);
  expect(existsSync(join(sites.root.directory, 'sitemap.xml'))).toBe(false);
});

test.describe('a build that knows its address and its repository', () => {
  test.skip(!hasSub, 'this build is not there');
  const { site, base, directory, repository } = sites.sub;

  test('links to a report with page and moment filled in, and to the text', async ({ page }) => {
    await page.goto(`${sub.url}${CHAPTER}?preset=today`);
    const report = page.getByRole('link', { name: 'Report an error on this page' });
    const bodyOf = async () => new URL((await report.getAttribute('href')) ?? '').searchParams.get('body');
    expect(await bodyOf()).toContain(`Page: ${site}${base}${CHAPTER}\n`);
    await use(page);
    const figure = page.locator('simulation-figure.ready');
    await figure.locator('[data-do=last]').click();
    await expect.poll(() => page.evaluate(() => history.state?.event)).toBeGreaterThan(0);
    const event = await page.evaluate(() => history.state.event);
    await page.evaluate(() => addEventListener('click', (click) => click.preventDefault()));
    await report.click();
    expect(await bodyOf()).toContain(`${CHAPTER}?preset=today&event=${event}\nMoment: `);
    expect(await report.getAttribute('href')).toMatch(new RegExp(`^${repository}/issues/new\\?title=`));
    await expect(page.getByRole('link', { name: 'Edit this page' })).toHaveAttribute(
      'href',
      `${repository}/edit/main/content/${CHAPTER}index.mdx`,
    );
  });

  test('has a whole address, a picture and icons on every page, and each of them is there', () => {
    const read = (path: string) => readFileSync(join(directory, path));
    const missing: string[] = [];
    const canonical: string[] = [];
    for (const path of pagesOf(directory)) {
      const html = read(path.endsWith('.html') ? path : `${path}index.html`).toString();
      const linked = (pattern: RegExp): string => pattern.exec(html)?.[1] ?? '';
      const address = linked(/<link rel="canonical" href="([^"]*)"/);
      if (path === '404.html') expect(address).toBe('');
      else {
        expect(address).toBe(`${site}${base}${path}`);
        canonical.push(address);
        const picture = linked(/<meta property="og:image" content="([^"]*)"/);
        expect(picture).toMatch(new RegExp(`^${site}${base}.*preview\\.png$`));
        if (!existsSync(join(directory, picture.slice(`${site}${base}`.length)))) missing.push(picture);
      }
      for (const rel of ['icon', 'apple-touch-icon']) {
        const icon = linked(new RegExp(`<link rel="${rel}" href="([^"]*)"`));
        if (!icon.startsWith(base) || !existsSync(join(directory, icon.slice(base.length))))
          missing.push(icon);
      }
    }
    expect(missing).toEqual([]);
    const mapped = [
      ...read('sitemap.xml')
        .toString()
        .matchAll(/<loc>([^<]*)<\/loc>/g),
    ].map(([, at]) => at);
    expect(mapped.toSorted()).toEqual(canonical.toSorted());
  });
});
