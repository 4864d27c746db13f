/** What tests need to know of the site as a whole: its pages, and what goes wrong in them. */
import { existsSync, readdirSync } from 'node:fs';
import { test as base, expect, type Page } from '@playwright/test';
import { sites } from './serve.ts';

export { expect } from '@playwright/test';

/** The chapter with the figure that these tests drive. */
export const CHAPTER = 'incidents/connect-timeout/';

/** The addresses of all pages of a build, relative to its base, so that a new page is tested without being named. */
export function pagesOf(directory: string): string[] {
  if (!existsSync(directory)) throw new Error(`There is no ${directory}: run npm run build first.`);
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html'))
    .map((file) => file.replace(/(^|\/)index\.html$/, '$1'))
    .sort();
}

/** The builds, and where each is served: an address that only a running test knows. */
export const served = [
  { name: 'root', ...sites.root, url: process.env.SITE_ROOT ?? '' },
  { name: 'sub', ...sites.sub, url: process.env.SITE_SUB ?? '' },
] as const;

/** The pages of the build at the root. */
export const pages = pagesOf(sites.root.directory);

/** Whether the build below a path is there; `npm test` makes it. */
export const hasSub = existsSync(sites.sub.directory);

/** What a page did that it should not have done. */
export interface Problems {
  /** Errors and warnings in the console, and exceptions. */
  readonly console: string[];
  /** Requests to another origin than the site's own. */
  readonly foreign: string[];
  /** Answers that were not there. */
  readonly failed: string[];
  /** What the Content-Security-Policy refused. */
  violations(): Promise<string[]>;
}

/** Watches a page from now on; call it before the page is opened. */
export async function watch(page: Page): Promise<Problems> {
  const found = { console: [] as string[], foreign: [] as string[], failed: [] as string[] };
  const own = new Set(served.filter(({ url }) => url).map(({ url }) => new URL(url).origin));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') found.console.push(message.text());
  });
  page.on('pageerror', (error) => found.console.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && !own.has(url.origin)) found.foreign.push(request.url());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) found.failed.push(`${response.status()} ${response.url()}`);
  });
  await page.addInitScript(() => {
    const refused: string[] = [];
    Object.assign(window, { refused });
    document.addEventListener('securitypolicyviolation', (event) => {
      refused.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
    });
  });
  return {
    ...found,
    violations: () => page.evaluate(() => (window as unknown as { refused: string[] }).refused),
  };
}

/** A test that may write to the clipboard and read from it, whatever the one before it took away. */
export const test = base.extend({
  permissions: ['clipboard-read', 'clipboard-write'],
  context: async ({ context, permissions }, use) => {
    await context.grantPermissions(permissions ?? []);
    await use(context);
  },
});

/** A reader is there, once the page is: it loads what can be used. */
export async function use(page: Page): Promise<void> {
  await page.waitForLoadState();
  await page.mouse.move(1, 1);
  await page.mouse.move(2, 2);
}

/** A reader is there, and all that can be used is there. */
export async function comesToLife(page: Page): Promise<void> {
  const islands = page.locator('simulation-figure, tcp-states');
  if ((await islands.count()) === 0) return;
  await use(page);
  for (const island of await islands.all()) await expect(island).toHaveClass(/\bready\b/);
}
