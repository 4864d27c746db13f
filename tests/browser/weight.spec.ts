/** What a reader downloads before the first search. */
import type { Response } from '@playwright/test';
import { FigurePage } from './figure-page.ts';
import { expect, pages, test } from './site-page.ts';

const KB = 1000;
/** A page as it is read. */
const BUDGET = { script: 30 * KB, stylesheet: 20 * KB, font: 150 * KB } as const;

/** The pages with a figure, and so with most to load. */
const chapters = pages.filter((path) => path.startsWith('incidents/') || path === 'reference/pipe-buffer/');

/** What a figure in use may add to that: the engine, and what its simulation alone needs. */
const FIGURE_bytes = 85 * KB;

for (const chapter of chapters)
  test(`${chapter} weighs no more than its budget, as served, until its figure is used, and no more than another one then`, async ({
    page,
  }) => {
    const responses: Response[] = [];
    page.on('response', (response) => responses.push(response));
    await page.goto(chapter, { waitUntil: 'networkidle' });
    const read = await weigh(responses);
    await new FigurePage(page).isReady();
    await page.waitForLoadState('networkidle');
    const used = await weigh(responses);
    console.log(
      Object.entries(used)
        .map(
          ([type, bytes]) => `${type} ${((read[type] ?? 0) / KB).toFixed(1)}, ${(bytes / KB).toFixed(1)} kB`,
        )
        .join('; '),
    );
    for (const [type, bytes] of Object.entries(BUDGET))
      expect(read[type] ?? 0, type).toBeLessThanOrEqual(bytes);
    expect((used.script ?? 0) - (read.script ?? 0), 'script of the figure').toBeLessThanOrEqual(FIGURE_bytes);
    expect(responses.map((response) => response.url()).filter((url) => url.includes('pagefind'))).toEqual([]);
    const origins = new Set(responses.map((response) => new URL(response.url()).origin));
    expect([...origins]).toEqual([new URL(page.url()).origin]);
  });

/** Bytes as they came, by type. */
async function weigh(responses: readonly Response[]): Promise<Record<string, number>> {
  const weight: Record<string, number> = {};
  for (const response of responses) {
    const type = response.request().resourceType();
    if (type === 'script' || type === 'stylesheet')
      expect(response.headers()['content-encoding'], response.url()).toBe('gzip');
    const { responseBodySize } = await response.request().sizes();
    weight[type] = (weight[type] ?? 0) + responseBodySize;
  }
  return weight;
}

test.describe('the chapter', () => {
  test('loads what saves files only when it is asked to', async ({ page }) => {
    const scripts: string[] = [];
    page.on('response', (response) => {
      const isScript = response.request().resourceType() === 'script';
      // What notes how far a reader is comes when the page is scrolled, to the button as well.
      if (isScript && !/\/(reading|progress)\./.test(response.url())) scripts.push(response.url());
    });
    const figure = await FigurePage.open(page);
    const savers = () => scripts.filter((url) => url.includes('/pcap.'));
    expect(savers()).toEqual([]);
    const download = page.waitForEvent('download');
    await figure.button('pcap').click();
    await download;
    expect(savers()).toHaveLength(1);
  });
});
