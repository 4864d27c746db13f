/** What a page may load and run, and that it does so without complaint. */
import type { Page } from '@playwright/test';
import { FigurePage } from './figure-page.ts';
import { CHAPTER, expect, hasSub, pagesOf, served, test, watch } from './site-page.ts';

/** Expects a policy of the page that is open which allows no script but the site’s own. */
async function hasPolicy(page: Page, path: string): Promise<void> {
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  const rules = new Map(
    (policy ?? '').split(';').map((rule) => {
      const [name = '', ...values] = rule.trim().split(/\s+/);
      return [name, values] as const;
    }),
  );
  expect(rules.get('default-src'), path).toEqual(["'self'"]);
  expect(rules.get('object-src')).toEqual(["'none'"]);
  expect(rules.get('base-uri')).toBeDefined();
  const scripts = rules.get('script-src') ?? [];
  expect(scripts).toContain("'self'");
  expect(scripts).not.toContain("'unsafe-inline'");
  expect(scripts).not.toContain("'unsafe-eval'");
  expect(scripts.filter((source) => /^(https?:|\*|data:|blob:)/.test(source))).toEqual([]);
  // The policy comes before anything that it should hold for.
  expect(
    await page.evaluate(() => {
      const meta = document.querySelector('meta[http-equiv="Content-Security-Policy"]');
      return [...document.querySelectorAll('script, link[rel=stylesheet], style')].every(
        (element) => meta && meta.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING,
      );
    }),
  ).toBe(true);
}

/** The addresses that the links of the open page lead to. */
const linksOf = (page: Page): Promise<string[]> =>
  page.locator('a[href]').evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).href));

test.describe('every page', () => {
  for (const { name, directory, url } of served) {
    test(`of the build at ${name} loads without an error, a refusal or a request elsewhere, has a policy that allows no script but the site’s own, and links that stay in this build and lead somewhere`, async ({
      page,
      request,
    }) => {
      test.skip(name === 'sub' && !hasSub, 'this build is not there');
      const problems = await watch(page);
      const links = new Set<string>();
      for (const path of pagesOf(directory)) {
        await page.goto(url + path, { waitUntil: 'networkidle' });
        expect(await problems.violations(), path).toEqual([]);
        await hasPolicy(page, path);
        for (const href of await linksOf(page))
          if (new URL(href).origin === new URL(url).origin) links.add(href.replace(/[?#].*$/, ''));
      }
      expect(problems.console).toEqual([]);
      expect(problems.failed).toEqual([]);
      expect(problems.foreign).toEqual([]);
      for (const link of links) {
        expect(link.startsWith(url), link).toBe(true);
        expect((await request.get(link)).status(), link).toBe(200);
      }
    });
  }
});

test.describe('an intruder', () => {
  test('gets no inline script, no handler and no eval to run', async ({ page }) => {
    const problems = await watch(page);
    await page.goto(CHAPTER);
    const ran = await page.evaluate(async () => {
      const ran: string[] = [];
      Object.assign(window, { ran });
      const script = document.createElement('script');
      script.textContent = 'window.ran.push("inline script")';
      document.body.append(script);
      const button = document.createElement('button');
      button.setAttribute('onclick', 'window.ran.push("handler")');
      document.body.append(button);
      button.click();
      // Later, for what Playwright evaluates is allowed to evaluate.
      await new Promise<void>((done) =>
        setTimeout(() => {
          try {
            new Function('window.ran.push("eval")')();
          } catch {
            // refused, as it should be
          }
          done();
        }),
      );
      return ran;
    });
    expect(ran).toEqual([]);
    await expect.poll(async () => (await problems.violations()).length).toBeGreaterThanOrEqual(2);
  });
});

test.describe('a full run with a search', () => {
  for (const { name, url } of served) {
    test(`asks nobody else, on the build at ${name}`, async ({ page }) => {
      test.skip(name === 'sub' && !hasSub, 'this build is not there');
      const problems = await watch(page);
      await page.goto(url + CHAPTER);
      const figure = new FigurePage(page);
      await figure.isReady();
      await figure.focus();
      await page.keyboard.press('ArrowRight');
      await expect(figure.part('count')).toContainText('beat 2 of');
      await figure.preset('refused').click();
      await figure.button('last').click();
      await figure.button('compare').click();
      await figure.preset('today').click();
      await figure.openParameters();
      await figure.field('rtt_ms').fill('30');
      for (const what of ['svg', 'pcap']) {
        const download = page.waitForEvent('download');
        await figure.button(what).click();
        await download;
      }
      await figure.button('link').click();
      await page.keyboard.press('/');
      await page.keyboard.type('ECONNREFUSED');
      await expect(page.locator('#search [data-part=results] > li').first()).toBeVisible();
      expect(await problems.violations()).toEqual([]);
      expect(problems.console).toEqual([]);
      expect(problems.failed).toEqual([]);
      expect(problems.foreign).toEqual([]);
    });
  }
});

test.describe('the build below a path', () => {
  test.skip(!hasSub, 'this build is not there');
  const [, { url }] = served;

  test('opens copied links', async ({ page }) => {
    await page.goto(`${url}${CHAPTER}?preset=refused`);
    const figure = new FigurePage(page);
    await figure.isReady();
    await figure.button('link').click();
    await expect(figure.notices).toContainText('copied');
    expect(page.url().startsWith(`${url}${CHAPTER}?v=1`)).toBe(true);
    await page.reload();
    await figure.isReady();
    await expect(figure.preset('refused')).toHaveAttribute('aria-pressed', 'true');
    await expect(figure.notices).toBeEmpty();
  });
});
