/** The figure of the nagle-delayed-ack chapter: both ends, what is held, and the latency of each request. */
import { execFileSync, spawnSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { tcpdump } from '#simulations/tools/tcpdump.ts';
import { figure as nagleDelayedAckFigure } from '#site/figures/nagle-delayed-ack/index.ts';
import { requests } from '#site/figures/nagle-delayed-ack/requests.ts';
import { scene } from '#site/figures/nagle-delayed-ack/scene.ts';
import { presetRun } from '../preset.ts';
import { violations } from './axe.ts';
import { FigurePage, spaced } from './figure-page.ts';
import { expect, test } from './site-page.ts';

const CHAPTER = 'incidents/nagle-delayed-ack/';

const traceOf = (id: string) => presetRun(nagleDelayedAck, id);
const post = traceOf('post');
const held = post.events.filter(({ kind }) => kind === 'segment-held')[1]?.index ?? 0;
const ended = post.events.find(({ kind, index }) => kind === 'hold-ended' && index > held)?.index ?? 0;

const open = (page: Page, query = ''): Promise<FigurePage> => FigurePage.open(page, query, CHAPTER);

/** Which chips are lit, and which of them decides. */
const lit = (figure: FigurePage) =>
  figure.part('regions').evaluate((table) => ({
    now: [...table.querySelectorAll<HTMLElement>('[data-cell][data-now]')].map((cell) => cell.dataset.cell),
    decides: [...table.querySelectorAll<HTMLElement>('[data-decides]')].map(
      (cell) => cell.dataset.cell ?? cell.dataset.field,
    ),
  }));

test('lights the regions of both ends, and the one that decides', async ({ page }) => {
  const figure = await open(page, `?preset=post&event=${held}`);
  expect(await lit(figure)).toEqual({
    now: [
      'client.sending.open',
      'server.sending.held by Nagle',
      'client.acknowledgement.pingpong',
      'server.acknowledgement.pingpong',
      'client.retransmission.pending',
      'server.retransmission.pending',
    ],
    decides: ['server.sending.held by Nagle'],
  });
  const delayed = post.events.find(({ kind, index }) => kind === 'ack-delayed' && index > held)?.index;
  const later = await open(page, `?preset=post&event=${delayed}`);
  expect((await lit(later)).decides).toEqual(['client.acknowledgement.delayed']);
});

test('draws held bytes at the server, and their end only when it has come', async ({ page }) => {
  const figure = await open(page, `?preset=post&event=${held}`);
  const boxes = () =>
    figure
      .part('picture')
      .evaluate((ladder) =>
        [...ladder.querySelectorAll('.held')]
          .filter(
            (box) => box.getBoundingClientRect().height > 0 && getComputedStyle(box).visibility === 'visible',
          )
          .map((box) => Number(box.getAttribute('height'))),
      );
  const before = await boxes();
  await expect(figure.part('picture').getByText('400 B held').nth(1)).toBeVisible();
  await open(page, `?preset=post&event=${ended}`);
  const after = await boxes();
  expect(before).toHaveLength(2);
  expect(after).toHaveLength(2);
  expect(after[1]).toBeGreaterThan(2 * (before[1] ?? 0));
  await expect(figure.part('picture').getByText('ACK waits ≤ 40 ms').first()).toBeVisible();
});

test('shows a request’s latency when the request is over, not before', async ({ page }) => {
  const figure = await open(page);
  const shown = () =>
    figure
      .part('strip')
      .locator('.bar title')
      .evaluateAll((titles) =>
        titles
          .filter((title) => title.closest('.bar')?.checkVisibility({ visibilityProperty: true }))
          .map((title) => title.textContent),
      );
  expect(await shown()).toEqual([]);
  const [first, second] = requests(post);
  for (const [index, titles] of [
    [(first?.ended?.index ?? 0) - 1, []],
    [first?.ended?.index ?? 0, ['request 1: 2 ms']],
    [second?.ended?.index ?? 0, ['request 1: 2 ms', 'request 2: 42 ms, stalled']],
  ] as const) {
    await open(page, `?preset=post&event=${index}`);
    expect(await shown()).toEqual(titles);
  }
});

test('has two hundred bars that can be told apart', async ({ page }) => {
  const figure = await open(page, '?v=1&requests=200&tcp_pingpong_thresh=3&rtt_ms=1');
  await figure.button('last').click();
  const bars = await figure
    .part('strip')
    .locator('.latency')
    .evaluateAll((bars) =>
      bars.map((bar) => bar.getBoundingClientRect()).map(({ left, right }) => [left, right]),
    );
  expect(bars).toHaveLength(200);
  for (const [i, [left = 0, right = 0]] of bars.entries()) {
    expect(right - left).toBeGreaterThan(1);
    if (i > 0) expect(left).toBeGreaterThan(bars[i - 1]?.[1] ?? 0);
  }
});

test('drains the delayed ACK’s gauge while the moment moves', async ({ page }) => {
  const figure = await open(page);
  await figure.scrub.fill('24000');
  await expect(figure.part('time')).toHaveText('24.0 ms');
  const gauge = figure.part('gauges').locator('.pair').filter({ hasText: 'delayed ACK goes in' });
  await expect(gauge).toContainText('20.0 ms');
});

test('comes to the minute of TIME_WAIT at the end of the scrubber, which does not show it to scale', async ({
  page,
}) => {
  const figure = await open(page);
  await expect(figure.scrub).toHaveAttribute('max', String(scene.end_us(post)));
  await figure.scrub.focus();
  await page.keyboard.press('End');
  await figure.button('last').click();
  await expect(figure.part('time')).toHaveText(
    nagleDelayedAckFigure.clock?.(post.events.at(-1)?.at_us ?? 0) ?? '',
  );
  expect(await figure.cursor()).toBe(1);
});

/** Both ends do much the same, so a sentence begins with who does it. */
const SPEAKERS: Readonly<Record<string, string>> = {
  client: 'Client',
  server: 'Server',
  'client process': 'Client program',
  'server process': 'Server program',
};

test('says at each beat of a run what the trace says, and lights the line that decided', async ({ page }) => {
  const figure = await open(page);
  const wrong: string[] = [];
  await figure.focus();
  for (const [i, beat] of post.beats.slice(0, 45).entries()) {
    if (i > 0) await page.keyboard.press('ArrowRight');
    const { actor = '', says: told = '' } = post.events[beat] ?? {};
    const says = spaced(`${SPEAKERS[actor]}: ${told.replaceAll('*', '')}`);
    await expect.poll(async () => (await figure.said()).sentence).toBe(says);
    const light = await figure.wrongLight(post, beat);
    if (light) wrong.push(light);
  }
  expect(wrong).toEqual([]);
});

test('has each tool’s output for each end', async ({ page }) => {
  const figure = await open(page, `?preset=post&event=${ended}`);
  await expect(figure.root.getByRole('tab')).toHaveText([
    'tcpdump',
    'strace client',
    'strace server',
    'ss client',
    'ss server',
    'in words',
  ]);
  for (const tool of nagleDelayedAckFigure.tools) {
    const expected = tool
      .lines(post)
      .filter(({ event, until }) => event <= ended && (until === undefined || until > ended))
      .map(({ text }) => text);
    await figure.prints(tool.name, expected);
  }
});

test('saves packets that the real tcpdump reads as ours does', async ({ page }, info) => {
  test.skip(spawnSync('tcpdump', ['--version']).status !== 0, 'tcpdump is not installed');
  const figure = await open(page);
  const download = page.waitForEvent('download');
  await figure.button('pcap').click();
  const path = info.outputPath('nagle.pcap');
  await (await download).saveAs(path);
  const read = execFileSync('tcpdump', ['-n', '-r', path], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
  expect(read.trimEnd().split('\n')).toEqual(tcpdump.lines(post).map(({ text }) => text));
});

test('puts the latencies of two runs on one scale', async ({ page }) => {
  const figure = await open(page);
  await figure.button('compare').click();
  await figure.preset('cork-forever').click();
  await expect(figure.part('strip-a')).toBeVisible();
  for (const part of ['strip', 'strip-a'])
    await expect(figure.part(part).locator('.time').filter({ hasText: ' ms' }).last()).toHaveText('250 ms');
});

test('has nothing that axe finds, in light and in dark', async ({ page }) => {
  const figure = await open(page, `?preset=post&event=${ended + 20}`);
  await figure.focus();
  expect(await violations(page, { within: 'simulation-figure' })).toEqual([]);
});

test('fits a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const figure = await open(page, `?preset=client&event=${ended}`);
  const box = await figure.root.boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
  expect(await figure.root.evaluate((figure) => figure.scrollWidth - figure.clientWidth)).toBe(0);
  // No two labels of the time line touch.
  const labels = await figure
    .part('timeline')
    .locator('text')
    .evaluateAll((texts) =>
      texts
        .filter((text) => text.checkVisibility())
        .map((text) => text.getBoundingClientRect())
        .map(({ left, right }) => [left, right]),
    );
  for (const [i, [left = 0]] of labels.entries())
    if (i > 0) expect(left).toBeGreaterThan(labels[i - 1]?.[1] ?? 0);
});
