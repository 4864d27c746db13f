/** The chapter of a server whose workers sleep in write(): a chain of links, drawn one moment at a time. */
import type { Page } from '@playwright/test';
import { count } from '#simulations/engine/wording.ts';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { statusOf } from '#simulations/incidents/close-wait-pipe/thread-states.ts';
import { machineOf, pipeOf, threadOf } from '#simulations/machine/lookups.ts';
import type { MachineState } from '#simulations/machine/state.ts';
import { clock } from '#site/figures/clock.ts';
import { figure as closeWaitPipeFigure } from '#site/figures/close-wait-pipe/index.ts';
import { firstOf, presetRun } from '../preset.ts';
import { violations } from './axe.ts';
import { FigurePage } from './figure-page.ts';
import { expect, test, watch } from './site-page.ts';

const PAGE = 'incidents/close-wait-pipe/';

const traceOf = (id: string) => presetRun(closeWaitPipe, id);
const open = (page: Page, query = ''): Promise<FigurePage> => FigurePage.open(page, query, PAGE, clock);

/** Threads by what they do, and slots in use, in the picture that can be seen. */
const drawn = (figure: FigurePage) =>
  figure.part('picture').evaluate((picture) => {
    const seen = [...picture.querySelectorAll('.chain > g')].find(
      (half) => half.getBoundingClientRect().width > 0,
    );
    const count = (selector: string) => seen?.querySelectorAll(selector).length ?? 0;
    return {
      threads: count('.thread'),
      asleep: count('.thread.asleep-in-write'),
      slots: count('.slot.used'),
      // A line, and a bar at its end.
      shut: count('.flow.shut') / 2,
    };
  });

/** Connections whose client has gone, and whose server has not closed. */
const closeWaitOf = ({ sockets }: MachineState): number =>
  [...sockets.values()].filter(({ state }) => state === 'CLOSE_WAIT').length;

const litState = (figure: FigurePage) => figure.root.locator('[data-chart] [data-state][data-now]');

test('opens on a server that listens, and has no button for packets', async ({ page }) => {
  const problems = await watch(page);
  const figure = await open(page);
  await figure.standsOn(traceOf('incident'), 0);
  // Ten workers, the main thread, and the reader, who alone stands still.
  expect(await drawn(figure)).toMatchObject({ threads: 12, asleep: 1, slots: 0 });
  expect(await figure.told()).toContain('Nobody reads: the pipe fills');
  await expect(figure.button('pcap')).toHaveCount(0);
  expect(await problems.violations()).toEqual([]);
  expect(problems).toMatchObject({ console: [], foreign: [], failed: [] });
});

test('beat by beat the workers fall asleep and the pile grows', async ({ page }) => {
  const trace = traceOf('incident');
  const figure = await open(page);
  await figure.focus();
  const wrong: string[] = [];
  for (const beat of trace.beats.slice(1)) {
    await page.keyboard.press('ArrowRight');
    await figure.standsOn(trace, beat);
    const light = await figure.wrongLight(trace, beat);
    if (light) wrong.push(light);
    const server = machineOf(trace.worldAt(beat), 'server');
    expect((await drawn(figure)).slots).toBe(pipeOf(server).used_slots);
    expect(await figure.told()).toContain(`${closeWaitOf(server)} in CLOSE-WAIT`);
    const worker = threadOf(server, 'worker 1');
    await expect(litState(figure)).toHaveAttribute('data-state', worker ? statusOf(worker.thread) : '');
  }
  expect(wrong).toEqual([]);
  // All ten workers and the reader; no way into the workers, into the pipe, out of it.
  expect(await drawn(figure)).toMatchObject({ asleep: 11, slots: 16, shut: 3 });
  await expect(figure.part('picture').getByText('It stops at the pipe, which is full').first()).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await figure.standsOn(trace, trace.beats.at(-2) ?? 0);
});

for (const { id, label } of closeWaitPipe.presets)
  test(`runs “${label}” to its end`, async ({ page }) => {
    const trace = traceOf(id);
    const figure = await open(page);
    const last = await figure.runToEnd(id, trace);
    const server = machineOf(trace.worldAt(last), 'server');
    expect((await drawn(figure)).slots).toBe(pipeOf(server).used_slots);
    expect(await figure.told()).toMatch(new RegExp(` ${count(closeWaitOf(server))} in CLOSE-WAIT$`));
    for (const tool of closeWaitPipeFigure.tools) {
      const lines = tool.lines(trace).filter(({ event, until }) => event <= last && !(Number(until) <= last));
      await figure.prints(
        tool.name,
        lines.map(({ text }) => text),
      );
    }
  });

test('the one thread is shown where there is no pool', async ({ page }) => {
  const trace = traceOf('inline');
  const figure = await open(page, `?preset=inline&event=${firstOf(trace, 'asleep')}`);
  expect(await drawn(figure)).toMatchObject({ threads: 2, asleep: 2 });
  await expect(litState(figure)).toHaveAttribute('data-state', 'asleep in write()');
  await expect(figure.part('picture').getByText('pool queue')).toHaveCount(0);
});

test('scrubbing shows the moment, and the picture keeps its height', async ({ page }) => {
  const trace = traceOf('stopped-ssh');
  const figure = await open(page, '?preset=stopped-ssh');
  const heights = new Set<number | undefined>();
  for (const s of [0, 20, 53, 60, 100, 120]) {
    await figure.scrub.fill(String(s * 1e6));
    const index = trace.events.findLastIndex(({ at_us }) => at_us <= s * 1e6);
    expect((await drawn(figure)).slots).toBe(pipeOf(machineOf(trace.worldAt(index), 'server')).used_slots);
    heights.add((await figure.part('picture').boundingBox())?.height);
  }
  expect(heights.size).toBe(1);
  await expect(figure.part('picture').getByText('ssh window: 0 B left').first()).toBeVisible();
});

test('a tool’s output is that of the moment, and is read from its top', async ({ page }) => {
  const trace = traceOf('incident');
  const figure = await open(page, `?event=${firstOf(trace, 'all-asleep')}`);
  const pane = figure.root.locator('[data-tool="py-spy"]');
  await expect(pane.locator('span:visible')).toHaveCount(1);
  await expect(pane).toContainText('log (server.py:12)');
  await expect
    .poll(() => pane.evaluate((pane) => pane.querySelector('[data-last]')?.getBoundingClientRect().top))
    .toBeGreaterThanOrEqual(((await pane.boundingBox())?.y ?? 0) - 1);
  await figure.root.getByRole('tab', { name: 'who holds the pipe' }).click();
  await expect(figure.root.locator('[data-tool="lsof-pipe"]')).toContainText('3001,reader,0r');
});

test('compares two runs at one moment, side by side', async ({ page }) => {
  const figure = await open(page);
  await figure.focus();
  await page.keyboard.press('c');
  await figure.preset('drained').click();
  await figure.scrub.fill('110000000');
  expect(await figure.told('picture-a')).toContain('10 of 10 workers asleep');
  expect(await figure.told()).toContain('Everything flows');
  const [a, b] = await figure.root.evaluate((figure) =>
    ['picture-a', 'picture'].map((part) =>
      figure.querySelector(`[data-part="${part}"]`)?.getBoundingClientRect(),
    ),
  );
  expect(a?.width).toBe(b?.width);
  expect(a?.x).toBeLessThan(b?.x ?? 0);
  await expect(figure.part('summary')).toContainText('CLOSE-WAIT');
  await figure.button('compare').click();
  await expect(figure.part('picture-a')).toBeHidden();
});

test('a link leads back to the run and the moment', async ({ page }) => {
  const trace = traceOf('emfile');
  const emfile = firstOf(trace, 'emfile');
  const figure = await open(page, `?preset=emfile&event=${emfile}`);
  const link = await figure.copiedLink();
  const before = await figure.told();
  await page.goto(link);
  await figure.isReady();
  await figure.standsOn(trace, emfile);
  expect(await figure.told()).toBe(before);
});

test('saves the moment as a picture of its own, once', async ({ page }, info) => {
  const figure = await open(page, `?event=${firstOf(traceOf('incident'), 'all-asleep')}`);
  const svg = await figure.savedSvg(info.outputPath('chain.svg'));
  expect(svg).toMatch(/^<svg [^>]*width="760" height="\d+"/);
  const problems = await watch(page);
  await page.setContent(svg);
  await expect(page.getByText('all 10 asleep').locator('visible=true')).toHaveCount(1);
  expect(problems.console).toEqual([]);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the first moment is drawn, with its states, code and the run in words', async ({ page }) => {
    await page.goto(PAGE);
    const figure = new FigurePage(page);
    await expect(figure.part('picture').locator('svg.chain')).toBeVisible();
    await expect(litState(figure)).toHaveCount(1);
    await expect(figure.root.locator('[data-tool=words]')).toContainText('falls asleep in write()');
    await expect(figure.root.locator('[data-tool=py-spy]')).toContainText('log (server.py:12)');
  });
});

test('at no width is the page wider than the window, with two hundred workers', async ({ page }) => {
  await open(
    page,
    '?workers=200&backlog=4096&pipe_size_bytes=1048576&requests_per_s=1000&duration_s=90&nofile=65536',
  );
  for (const width of [360, 390, 800, 1100, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(over, `${width} px`).toBeLessThanOrEqual(0);
  }
});

test('axe finds nothing, light and dark', async ({ page }) => {
  const figure = await open(page, `?preset=emfile&event=${firstOf(traceOf('emfile'), 'syn-dropped')}`);
  await figure.focus();
  expect(await violations(page, { within: 'simulation-figure' })).toEqual([]);
});
