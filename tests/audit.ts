/** `npm run audit`: what Lighthouse and axe find on the built site, and what each page weighs. */
import { globSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { styleText } from 'node:util';
import { gzipSync } from 'node:zlib';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from '@playwright/test';
import lighthouse from 'lighthouse';
import { basePath, commandLine } from '#site/command.ts';
import { findChromium } from './browser/chromium.ts';
import { serve } from './browser/serve.ts';

/** The chapters and the pages of the reference are those that have a folder. */
const written = globSync('{incidents,reference}/*/index.mdx', { cwd: 'content' });
const pages = [
  '/',
  ...written.map((path) => `/${dirname(path).replaceAll('\\', '/')}/`).sort(),
  '/workshop/',
  '/checked/',
  '/404.html',
];
const categories = ['performance', 'accessibility', 'best-practices', 'seo'] as const;
const lowest = 95;

/** A page shows and hides things by its width, so axe looks at a wide one and at the narrowest. */
const widths = [1280, 360];

/** What a page is right to do although Lighthouse minds: an error page asks not to be indexed. */
const excused: Record<string, string[]> = { '/404.html': ['is-crawlable'] };

interface Weight {
  scriptBytes: number;
  styleBytes: number;
  thirdPartyRequests: number;
}

interface Row extends Weight {
  path: string;
  scores: number[];
  light: number;
  dark: number;
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer()
      .once('error', failed)
      .listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => (address && typeof address === 'object' ? done(address.port) : failed()));
      });
  });
}

/** Lighthouse's scores of 100 in the order of the categories, and what cost points. */
async function score(url: string, port: number, skipAudits: string[]) {
  const result = await lighthouse(url, {
    port,
    logLevel: 'error',
    onlyCategories: [...categories],
    skipAudits,
  });
  const report = result?.lhr;
  if (!report || report.runtimeError) {
    throw new Error(`Lighthouse: ${report?.runtimeError?.message ?? 'no result'} (${url})`);
  }
  const scores: number[] = [];
  const notes: string[] = [];
  for (const name of categories) {
    const category = report.categories[name];
    const points = Math.round((category?.score ?? 0) * 100);
    scores.push(points);
    if (points === 100) continue;
    for (const { id, weight } of category?.auditRefs ?? []) {
      const audit = report.audits[id];
      if (!weight || !audit || audit.score === null || audit.score >= 0.9) continue;
      notes.push(`${name} ${points}: ${audit.title}${audit.displayValue ? ` (${audit.displayValue})` : ''}`);
    }
  }
  return { scores, notes };
}

/** Opens a page with everything it asks for counted. Inline scripts and styles count as what they would be alone. */
async function weigh(page: Page, url: string): Promise<Weight> {
  const weight: Weight = { scriptBytes: 0, styleBytes: 0, thirdPartyRequests: 0 };
  const bodies: Promise<void>[] = [];
  const count = (kind: string, body: string | Buffer) => {
    if (body.length === 0) return;
    if (kind === 'script') weight.scriptBytes += gzipSync(body).length;
    if (kind === 'stylesheet') weight.styleBytes += gzipSync(body).length;
  };
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== new URL(url).origin) weight.thirdPartyRequests += 1;
  });
  page.on('response', (response) => {
    const kind = response.request().resourceType();
    if (kind !== 'script' && kind !== 'stylesheet') return;
    bodies.push(response.body().then((body) => count(kind, body)));
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  await Promise.all(bodies);
  const inline = await page.evaluate(() => {
    const code = 'script:not([src]):is(:not([type]), [type="module"], [type="text/javascript"])';
    const texts = (selector: string) =>
      [...document.querySelectorAll(selector)].map(({ textContent }) => textContent ?? '');
    return { script: texts(code), stylesheet: texts('style') };
  });
  for (const text of inline.script) count('script', text);
  for (const text of inline.stylesheet) count('stylesheet', text);
  return weight;
}

/** Whether a page's look depends on data-theme as well as on what the system prefers. */
function hasThemes(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const mentions = (sheet: CSSStyleSheet) =>
      [...sheet.cssRules].some(({ cssText }) => cssText.includes('[data-theme'));
    return 'theme' in document.documentElement.dataset || [...document.styleSheets].some(mentions);
  });
}

/** axe's findings in one colour scheme: as the system prefers it and, where the page has themes, as the reader chose. */
async function findings(page: Page, scheme: 'light' | 'dark'): Promise<string[]> {
  const found = new Set<string>();
  const analyse = async () => {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      for (const { id, help, nodes } of violations) {
        for (const { target } of nodes) found.add(`axe, ${scheme}: ${help} (${id}): ${target.join(' ')}`);
      }
    }
  };
  const set = (theme: string | undefined) =>
    page.evaluate((value) => {
      if (value === undefined) delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = value;
    }, theme);

  const before = await page.evaluate(() => document.documentElement.dataset.theme);
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await analyse();
  if (await hasThemes(page)) {
    await page.emulateMedia({ colorScheme: scheme === 'light' ? 'dark' : 'light', reducedMotion: 'reduce' });
    await set(scheme);
    await analyse();
    await set(before);
  }
  return [...found];
}

async function audit(browser: Browser, port: number, home: string, path: string) {
  const url = home + path.slice(1);
  const { scores, notes } = await score(url, port, excused[path] ?? []);
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  try {
    const page = await context.newPage();
    const weight = await weigh(page, url);
    const light = await findings(page, 'light');
    const dark = await findings(page, 'dark');
    const row: Row = { path, scores, light: light.length, dark: dark.length, ...weight };
    return { row, notes: [...notes, ...light, ...dark] };
  } finally {
    await context.close();
  }
}

function print(rows: Row[]): void {
  const head = [
    'page',
    'performance',
    'accessibility',
    'best practices',
    'SEO',
    'axe light',
    'axe dark',
    'script kB',
    'CSS kB',
    'third party',
  ];
  const lines = rows.map((row) => [
    row.path,
    ...row.scores.map(String),
    `${row.light}`,
    `${row.dark}`,
    (row.scriptBytes / 1000).toFixed(1),
    (row.styleBytes / 1000).toFixed(1),
    `${row.thirdPartyRequests}`,
  ]);
  const columns = head.map((title, at) =>
    Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0)),
  );
  const format = (line: string[]) =>
    line.map((cell, at) => (at ? cell.padStart(columns[at] ?? 0) : cell.padEnd(columns[at] ?? 0))).join('  ');
  console.log(styleText('bold', format(head)));
  for (const line of lines) console.log(format(line));
  console.log('kB: gzip, inline code included');
}

const program = commandLine(
  'npm run audit --',
  `Prints Lighthouse's scores (its defaults: a mid-range phone on a slow network) and axe's findings for pages of the built site, with what each page weighs.`,
)
  .argument('[directory]', 'the built site', 'dist')
  .option('--base <path>', 'the path that it was built for', basePath, '/')
  .addHelpText('after', `\nExit code 1: a score below ${lowest}, a finding, or a request to another site.`)
  .parse();
const [directory = ''] = program.processedArgs;
const site = await serve({ directory, base: program.opts<{ base: string }>().base });
const { executablePath, args } = await findChromium();
const port = await freePort();
const browser = await chromium.launch({ executablePath, args: [...args, `--remote-debugging-port=${port}`] });
try {
  const rows: Row[] = [];
  for (const path of pages) {
    const { row, notes } = await audit(browser, port, site.url, path);
    rows.push(row);
    for (const note of notes) console.log(`${path}  ${note}`);
  }
  print(rows);
  const bad = rows.some(
    ({ scores, light, dark, thirdPartyRequests }) =>
      light + dark + thirdPartyRequests > 0 || scores.some((points) => points < lowest),
  );
  if (bad) process.exitCode = 1;
} finally {
  await browser.close();
  await site.close();
}
