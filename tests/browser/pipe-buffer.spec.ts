/** The page of a pipe’s buffer: a figure that draws one moment at a time. */
import type { Page } from '@playwright/test';
import { machineOf, pipeOf } from '#simulations/machine/lookups.ts';
import type { PipeState } from '#simulations/machine/state.ts';
import { pipeBuffer } from '#simulations/reference/pipe-buffer/simulation.ts';
import { plain } from '#simulations/trace/event.ts';
import { figure as pipeBufferFigure } from '#site/figures/pipe-buffer/index.ts';
import { clock } from '#site/figures/pipe-buffer/live.ts';
import { firstOf, presetRun } from '../preset.ts';
import { violations } from './axe.ts';
import { FigurePage, spaced } from './figure-page.ts';
import { expect, test, watch } from './site-page.ts';

const PAGE = 'reference/pipe-buffer/';

const traceOf = (id: string) => presetRun(pipeBuffer, id);

/** The pipe after an event. */
const pipeAt = ({ worldAt }: ReturnType<typeof traceOf>, index: number): PipeState =>
  pipeOf(machineOf(worldAt(index), 'machine'));

const open = (page: Page, query = ''): Promise<FigurePage> => FigurePage.open(page, query, PAGE, clock);

/** Cells in use, and the parts that all of them have together, by the classes of their colours. */
const cells = (figure: FigurePage) =>
  figure.part('picture').evaluate((picture) => ({
    all: picture.querySelectorAll('.slot').length,
    used: picture.querySelectorAll('.slot.used').length,
    stranded: picture.querySelectorAll('.slot-stranded').length,
    read: picture.querySelectorAll('.slot-read').length,
  }));

test('opens on an empty pipe, and has no button for packets', async ({ page }) => {
  const problems = await watch(page);
  const figure = await open(page);
  await figure.standsOn(traceOf('post'), 0);
  expect(await cells(figure)).toEqual({ all: 16, used: 0, stranded: 0, read: 0 });
  expect(await figure.told()).toContain('16 of 16 slots free, 65,536 of 65,536 bytes free');
  await expect(figure.button('pcap')).toHaveCount(0);
  await expect(figure.button('svg')).toBeVisible();
  expect(await problems.violations()).toEqual([]);
  expect(problems).toMatchObject({ console: [], foreign: [], failed: [] });
});

test('fills page by page as one steps, and says why the writer sleeps', async ({ page }) => {
  const trace = traceOf('burst');
  const figure = await open(page, '?preset=burst');
  await figure.focus();
  const slept = firstOf(trace, 'sleep');
  const wrong: string[] = [];
  for (let index = 1; index <= slept; index++) {
    await page.keyboard.press('Shift+ArrowRight');
    await figure.standsOn(trace, index);
    const light = await figure.wrongLight(trace, index);
    if (light) wrong.push(light);
    expect((await cells(figure)).used).toBe(pipeAt(trace, index).used_slots);
  }
  expect(wrong).toEqual([]);
  expect(await cells(figure)).toEqual({ all: 16, used: 16, stranded: 16, read: 0 });
  const picture = figure.part('picture');
  await expect(picture.getByText('0 of 16 slots free')).toBeVisible();
  await expect(picture.getByText('256 of 65,536 bytes free')).toBeVisible();
  await expect(picture.getByText('256 bytes are free, and in taken slots')).toBeVisible();
  await expect(figure.root.locator('[data-chart="ring"] [data-state][data-now]')).toHaveAttribute(
    'data-state',
    'full',
  );
  await expect(figure.root.locator('[data-chart="writer"] [data-arrow][data-now]')).toHaveAttribute(
    'data-arrow',
    'running asleep',
  );
  await page.keyboard.press('Shift+ArrowLeft');
  await figure.standsOn(trace, slept - 1);
  expect(await figure.told()).toContain('writer 1 running');
});

for (const { id, label } of pipeBuffer.presets)
  test(`runs “${label}” to its end`, async ({ page }) => {
    const trace = traceOf(id);
    const figure = await open(page);
    const last = await figure.runToEnd(id, trace);
    const { used_slots } = pipeAt(trace, last);
    expect((await cells(figure)).used).toBe(used_slots);
    await expect(figure.part('gauges').getByText(`${used_slots} of`)).toBeVisible();
    const words = pipeBufferFigure.tools.find(({ name }) => name === 'words');
    await figure.prints('words', words?.lines(trace).map(({ text }) => text) ?? []);
  });

test('the picture keeps its height from moment to moment', async ({ page }) => {
  const figure = await open(page, '?preset=workers');
  const heights = new Set<number | undefined>();
  for (const share of [0, 0.1, 0.35, 0.6, 1]) {
    const max = Number(await figure.scrub.getAttribute('max'));
    await figure.scrub.fill(String(share * max));
    heights.add((await figure.part('picture').boundingBox())?.height);
  }
  expect(heights.size).toBe(1);
});

test('scrubbing shows the moment, its words, and no more of the time line than has passed', async ({
  page,
}) => {
  const trace = traceOf('post');
  const figure = await open(page);
  await figure.scrub.fill(String(43_200 * 1e6));
  const index = trace.events.findLastIndex(({ at_us }) => at_us <= 43_200 * 1e6);
  await expect(figure.part('time')).toHaveText('12 h 0 min 0 s');
  expect((await figure.said()).sentence).toBe(spaced(plain(trace.events[index]?.says ?? '')));
  expect((await cells(figure)).used).toBe(pipeAt(trace, index).used_slots);
  expect(await figure.cursor()).toBeCloseTo(12 / 25, 3);
  const veils = await figure
    .part('timeline')
    .locator('[data-veil]')
    .evaluateAll((veils) => veils.map((veil) => veil.getAttribute('x')));
  expect(veils).toHaveLength(2);
  for (const x of veils) expect(Number.parseFloat(x ?? '')).toBeCloseTo(48, 2);
  const tops = await figure.root.evaluate((figure) =>
    ['[data-part=timeline]', '.rows'].map((part) => figure.querySelector(part)?.getBoundingClientRect().top),
  );
  expect(tops[0]).toBeCloseTo(tops[1] ?? 0, 0);
});

test('plays: the pipe fills and the writer falls asleep', async ({ page }) => {
  const figure = await open(page, '?preset=burst');
  await figure.part('speed').selectOption('4');
  await figure.button('play').click();
  await expect.poll(async () => (await cells(figure)).used, { timeout: 30_000 }).toBe(16);
  await expect.poll(() => figure.told()).toContain('writer 1 asleep');
});

test('ten writers stand in line in the order in which they will be woken', async ({ page }) => {
  const trace = traceOf('workers');
  const wake = firstOf(trace, 'wake');
  const figure = await open(page, `?preset=workers&event=${wake}`);
  const names = await figure.part('picture').locator('.end-name').allTextContents();
  const writers = names.map((name) => /^writer \d+/.exec(name)?.[0]).filter(Boolean);
  const line = pipeAt(trace, wake).wr_wait.map(({ name }) => name);
  expect(writers.slice(-line.length)).toEqual(line);
  await expect(figure.part('picture').locator('.end-name.decide')).toContainText('woken');
});

test('compares two runs at one moment, side by side', async ({ page }) => {
  const figure = await open(page, '?preset=page');
  await figure.focus();
  await page.keyboard.press('c');
  await figure.preset('half-page-and-one').click();
  await figure.scrub.fill('5000000');
  await expect(figure.part('picture-a').locator('svg.pipe-ring')).toBeVisible();
  expect(await figure.told('picture-a')).toContain('0 of 65,536 bytes free');
  expect(await figure.told()).toContain('32,752 of 65,536 bytes free');
  await expect(figure.root.locator('.states')).toBeHidden();
  const [a, b] = await Promise.all(['picture-a', 'picture'].map((part) => figure.part(part).boundingBox()));
  expect(a?.y).toBe(b?.y);
  expect(Number(a?.x) + Number(a?.width)).toBeLessThan(Number(b?.x));
  // The left one has the line between them.
  expect(Math.abs(Number(a?.width) - Number(b?.width))).toBeLessThanOrEqual(1);
  await figure.button('compare').click();
  await expect(figure.part('picture-a')).toBeHidden();
  await expect(figure.root.locator('.states')).toBeVisible();
});

test('a link leads back to the run and the moment', async ({ page }) => {
  const trace = traceOf('slow-reader');
  const wake = firstOf(trace, 'wake');
  const figure = await open(page, `?preset=slow-reader&event=${wake}`);
  const link = await figure.copiedLink();
  const before = await figure.told();
  await page.goto(link);
  await figure.isReady();
  await figure.standsOn(trace, wake);
  expect(await figure.told()).toBe(before);
});

test('saves the moment as a picture of its own', async ({ page }, info) => {
  const figure = await open(page, `?preset=burst&event=${firstOf(traceOf('burst'), 'sleep')}`);
  const svg = await figure.savedSvg(info.outputPath('pipe.svg'));
  expect(svg).toMatch(/^<svg [^>]*width="760" height="\d+"/);
  expect(svg).toContain('0 of 16 slots free');
  const problems = await watch(page);
  await page.setContent(svg);
  await expect(page.getByText('0 of 16 slots free')).toBeVisible();
  const fill = await page
    .locator('.slot-held')
    .first()
    .evaluate((rect) => getComputedStyle(rect).fill);
  expect(fill).not.toBe('rgb(0, 0, 0)');
  expect(problems.console).toEqual([]);
});

test('a button in the text runs its own parameters', async ({ page }) => {
  const figure = await open(page);
  await page.getByRole('link', { name: 'Run it with 2,049 bytes' }).click();
  await expect(figure.field('write_bytes')).toHaveValue('2049');
  expect((await cells(figure)).used).toBe(0);
  await expect(page).toHaveURL(/write_bytes=2049/);
});

test('with less motion, playing jumps from beat to beat', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const trace = traceOf('burst');
  const figure = await open(page, '?preset=burst');
  await figure.button('play').click();
  const seen = new Set<string>();
  await expect
    .poll(
      async () => {
        seen.add((await figure.said()).count.split(' · ')[0] ?? '');
        return seen.size;
      },
      { timeout: 30_000 },
    )
    .toBeGreaterThanOrEqual(3);
  const beats = trace.beats.map((beat) => `event ${beat + 1} of ${trace.events.length}`);
  for (const count of seen) expect(beats).toContain(count);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the first moment is drawn, with its states, code and the run in words', async ({ page }) => {
    await page.goto(PAGE);
    const figure = new FigurePage(page);
    await expect(figure.part('picture').locator('svg.pipe-ring')).toBeVisible();
    await expect(figure.part('picture').locator('.slot')).toHaveCount(16);
    await expect(figure.root.locator('[data-chart="ring"] [data-now]')).toHaveAttribute(
      'data-state',
      'empty',
    );
    await expect(figure.root.locator('[data-tool=words]')).toContainText('falls asleep in write()');
    await expect(figure.root.locator('noscript p')).toBeVisible();
  });
});

for (const width of [360, 390])
  test(`fits a phone of ${width}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 844 });
    const trace = traceOf('workers');
    const figure = await open(page, `?preset=workers&event=${trace.beats.at(-1)}`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await figure.root.evaluate((figure) => figure.scrollWidth - figure.clientWidth)).toBe(0);
    const pane = await figure.part('picture').boundingBox();
    const texts = await figure
      .part('picture')
      .locator('text')
      .evaluateAll((texts) =>
        texts
          .filter((text) => text.checkVisibility() && text.textContent)
          .map((text) => {
            const { left, right } = text.getBoundingClientRect();
            return { says: text.textContent, left, right, size: getComputedStyle(text).fontSize };
          }),
      );
    expect(texts.length).toBeGreaterThan(20);
    for (const { left, right, size, says } of texts) {
      expect(left, says ?? '').toBeGreaterThanOrEqual((pane?.x ?? 0) - 1);
      // The section's own margin may be used, the screen's edge not.
      expect(right, says ?? '').toBeLessThanOrEqual(width - 2);
      expect(Number.parseFloat(size)).toBeGreaterThanOrEqual(12);
    }
  });

test('has nothing that axe finds, in light and in dark', async ({ page }) => {
  const trace = traceOf('slow-reader');
  const figure = await open(page, `?preset=slow-reader&event=${firstOf(trace, 'wake')}`);
  await figure.focus();
  expect(await violations(page, { within: 'simulation-figure' })).toEqual([]);
});
