/** Links to a run and a moment: made, followed, broken. And what can be saved. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { capture } from '#simulations/tools/capture.ts';
import { FigurePage, INITIAL, preset, traceOf } from './figure-page.ts';
import { CHAPTER, expect, test } from './site-page.ts';

const initial = traceOf(preset(INITIAL).given);

test.describe('a copied link', () => {
  test('leads back to parameters, A and the moment, exactly', async ({ page, context }) => {
    const given = { ...preset('today').given, tcp_syn_retries: 3, rtt_ms: 40 };
    const trace = traceOf(given);
    const figure = await FigurePage.open(page);
    await figure.button('compare').click();
    await figure.preset('today').click();
    await figure.openParameters();
    for (const [name, value] of [
      ['tcp_syn_retries', '3'],
      ['rtt_ms', '40'],
    ] as const) {
      await figure.field(name).fill(value);
      await figure.field(name).blur();
    }
    await figure.focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowRight']) await page.keyboard.press(key);
    const moment = (trace.beats[2] ?? 0) + 1;
    await figure.standsOn(trace, moment);
    const link = await figure.copiedLink();
    expect(link).toBe(page.url());

    const other = await context.newPage();
    await other.goto(link);
    const there = new FigurePage(other);
    await there.isReady();
    await there.standsOn(trace, moment);
    await expect(there.notices).toBeEmpty();
    await expect(there.field('tcp_syn_retries')).toHaveValue('3');
    await expect(there.field('rtt_ms')).toHaveValue('40');
    for (const part of ['picture', 'picture-a', 'summary', 'timeline', 'gauges', 'kernel'])
      expect(await there.part(part).innerHTML(), part).toBe(await figure.part(part).innerHTML());
    await expect(there.root).toBeInViewport();
  });

  test('is copied with L as well, and leads to the figure', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    await page.keyboard.press('l');
    await expect(figure.notices).toContainText('copied');
    const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    expect(link.hash).toBe('#figure');
    expect(link.searchParams.get('run')).toBe(initial.hash);
  });
});

test.describe('the moment that was left', () => {
  const moment = initial.beats[3] ?? 0;

  for (const [way, leaveAndReturn] of [
    ['a reload', (page: Page) => page.reload()],
    [
      'the way back from another page',
      async (page: Page) => {
        await page.getByRole('link', { name: 'Workshop' }).first().click();
        await expect(page.locator('h1')).toHaveText('Run an incident with a group');
        await page.goBack();
      },
    ],
  ] as const)
    test(`is where ${way} leads`, async ({ page }) => {
      const figure = await FigurePage.open(page);
      await figure.focus();
      for (let beat = 1; beat <= 3; beat++) await page.keyboard.press('ArrowRight');
      await figure.standsOn(initial, moment);
      await expect.poll(() => page.evaluate(() => history.state?.event)).toBe(moment);
      await leaveAndReturn(page);
      await figure.isReady();
      await figure.standsOn(initial, moment);
    });

  test('is forgotten with another run', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.button('last').click();
    await expect.poll(() => page.evaluate(() => history.state?.event)).toBe(initial.beats.at(-1));
    await figure.preset('refused').click();
    const { given } = preset('refused');
    await page.reload();
    await figure.isReady();
    await figure.standsOn(traceOf(given), traceOf(given).beats[0] ?? 0);
    await expect(figure.notices).toBeEmpty();
  });
});

test.describe('a link', () => {
  test('to a preset opens it', async ({ page }) => {
    for (const { id, given } of [connectTimeout.presets[1], connectTimeout.presets.at(-1)].filter(
      (preset) => preset !== undefined,
    )) {
      const figure = await FigurePage.open(page, `?preset=${id}`);
      await figure.standsOn(traceOf(given), traceOf(given).beats[0] ?? 0);
      await expect(figure.notices).toBeEmpty();
    }
  });

  const rest = 'v=1&kernel=3.2&heartbeat_s=60';
  const trace = initial;
  const defaults = traceOf({ kernel: '3.2' });
  for (const { what, query, says, shows, at } of [
    {
      what: 'an unknown parameter',
      query: `${rest}&tcp_syn_retrys=3`,
      says: [/there is no parameter "tcp_syn_retrys": the parameters are kernel, family, peer/],
      shows: trace,
      at: trace.beats[0],
    },
    {
      what: 'a value out of range',
      query: 'v=1&kernel=3.2&heartbeat_s=-4',
      says: [
        /heartbeat_s cannot be "-4": allowed is a whole number from 0 to 86400 \(s\)\. The default was taken/,
      ],
      shows: defaults,
      at: defaults.beats[0],
    },
    {
      what: 'a value that is no number',
      query: 'v=1&kernel=3.2&heartbeat_s=soon',
      says: [/heartbeat_s cannot be "soon"/],
      shows: defaults,
      at: defaults.beats[0],
    },
    {
      what: 'an unknown kernel',
      query: 'v=1&kernel=2.4&heartbeat_s=60',
      says: [/kernel cannot be "2\.4": allowed is .*6\.12/],
      shows: traceOf({ heartbeat_s: 60 }),
      at: traceOf({ heartbeat_s: 60 }).beats[0],
    },
    {
      what: 'an unknown preset',
      query: 'preset=telnet',
      says: [/There is no preset “telnet”\. The presets are post, post-63s/],
      shows: trace,
      at: trace.beats[0],
    },
    {
      what: 'another version',
      query: 'v=0&kernel=3.2&heartbeat_s=60&event=9',
      says: [/made by another version of this page \(0; this is 1\)/],
      shows: trace,
      at: 9,
    },
    {
      what: 'an event beyond the end',
      query: `${rest}&event=4000`,
      says: [new RegExp(`this run has ${trace.events.length} events`)],
      shows: trace,
      at: trace.events.length - 1,
    },
    {
      what: 'an event that is no number',
      query: `${rest}&event=-1`,
      says: [/names the moment “-1”, which is no event’s number/],
      shows: trace,
      at: trace.beats[0],
    },
    {
      what: 'another run’s hash',
      query: `${rest}&event=9&run=0123456789abcdef`,
      says: [/simulation has changed since this link was made/],
      shows: trace,
      at: 9,
    },
    {
      what: 'an unsound run A',
      query: `${rest}&a=1&a.kernel=3.2&a.rtt_ms=99999`,
      says: [/Run A: rtt_ms cannot be "99999"/],
      shows: trace,
      at: trace.beats[0],
    },
    {
      what: 'several things at once',
      query: 'v=9&kernel=3.2&heartbeat_s=60&foo=1&rtt_ms=x&event=99999&run=no',
      says: [
        /another version/,
        /no parameter "foo"/,
        /rtt_ms cannot be "x"/,
        /changed since/,
        /leads to a moment after the end/,
      ],
      shows: trace,
      at: trace.events.length - 1,
    },
    {
      what: 'markup in it',
      query: `${rest}&%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E=%3Cb%3E`,
      says: [/there is no parameter "<img src=x onerror=alert\(1\)>"/],
      shows: trace,
      at: trace.beats[0],
    },
    {
      what: 'names that every object has',
      query: `${rest}&constructor=1&__proto__=2&toString=3`,
      says: [/no parameter "constructor"/, /no parameter "__proto__"/, /no parameter "toString"/],
      shows: trace,
      at: trace.beats[0],
    },
  ]) {
    test(`with ${what} says what is wrong with it, and the rest of it is kept`, async ({ page }) => {
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      const figure = await FigurePage.open(page, `?${query}`);
      for (const message of says) await expect(figure.notices).toContainText(message);
      await expect(figure.notices.locator('p')).toHaveCount(says.length);
      await expect(figure.notices.locator('p *')).toHaveCount(0);
      await figure.standsOn(shows, at ?? 0);
      expect(errors).toEqual([]);
    });
  }

  test('that is garbage opens the page all the same', async ({ page }) => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    for (const query of ['?%E0%A4%A&&==&?', `?${'x'.repeat(3000)}`, '?v=&event&a&run&preset']) {
      const figure = await FigurePage.open(page, query);
      await expect(figure.part('sentence')).not.toBeEmpty();
      await figure.button('beat').click();
      await expect(figure.part('count')).toContainText('beat 2 of');
    }
    expect(errors).toEqual([]);
  });

  test('from a newsletter is not told that its tracking is no parameter', async ({ page }) => {
    const figure = await FigurePage.open(page, '?utm_source=news&utm_medium=mail');
    await figure.standsOn(initial, initial.beats[0] ?? 0);
    await expect(figure.notices).toBeEmpty();
  });
});

test.describe('what is saved', () => {
  for (const theme of ['light', 'dark'] as const) {
    test(`as SVG stands alone, in ${theme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      const figure = await FigurePage.open(page);
      const download = page.waitForEvent('download');
      await figure.button('svg').click();
      const file = await download;
      expect(file.suggestedFilename()).toBe('connect-timeout.svg');
      const svg = await readFile(await file.path(), 'utf8');
      const seen = await page.evaluate(async (svg) => {
        const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
        const image = new Image();
        const isDrawn = await new Promise<boolean>((done) => {
          image.onload = () => done(true);
          image.onerror = () => done(false);
          image.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
        });
        return {
          error: parsed.querySelector('parsererror')?.textContent ?? null,
          root: parsed.documentElement.nodeName,
          text: [...parsed.querySelectorAll('text')].map((text) => text.textContent),
          isDrawn,
          height: image.naturalHeight,
        };
      }, svg);
      expect(seen).toMatchObject({ error: null, root: 'svg', isDrawn: true });
      expect(seen.height).toBeGreaterThan(200);
      expect(seen.text).toEqual(expect.arrayContaining(['client', 'SYN', 'supervisor kills the worker']));
      const style = /<style>([\s\S]*?)<\/style>/.exec(svg)?.[1] ?? '';
      expect(style).toContain('.flight');
      const defined = new Set([...style.matchAll(/(--[\w-]+)\s*:/g)].map(([, name]) => name));
      const used = [...svg.matchAll(/var\((--[\w-]+)\)/g)].map(([, name]) => name);
      expect(used.filter((name) => !defined.has(name))).toEqual([]);
      expect(svg.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
        /https?:|url\((?!#)|@import|href=/,
      );
      expect(style).toContain(theme === 'light' ? '--paper: #fcfbf8' : '--paper: #14161a');
    });
  }

  for (const id of [INITIAL, 'first-syn-lost', 'absent', 'rejected']) {
    test(`as pcap holds the packets of the wire: ${id}`, async ({ page }, info) => {
      const packets = capture(traceOf(preset(id).given));
      const figure = await FigurePage.open(page, `?preset=${id}`);
      const download = page.waitForEvent('download');
      await figure.button('pcap').click();
      const file = await download;
      expect(file.suggestedFilename()).toBe('connect-timeout.pcap');
      const path = info.outputPath('connect-timeout.pcap');
      await file.saveAs(path);
      const bytes = await readFile(path);
      expect(bytes.readUInt32LE(0)).toBe(0xa1b2c3d4);
      let count = 0;
      for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) count++;
      expect(count).toBe(packets.length);
      if (spawnSync('tcpdump', ['--version']).error) return; // not on this machine; the bytes were counted
      const lines = execFileSync('tcpdump', ['-n', '-r', path], { encoding: 'utf8', stdio: 'pipe' });
      expect(lines.trim().split('\n')).toHaveLength(packets.length);
    });
  }
});

test.describe('the clipboard', () => {
  test('that is closed to the page leaves the link in the address bar, and says so', async ({
    page,
    context,
  }) => {
    await context.clearPermissions();
    await page.addInitScript(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('closed'));
    });
    await page.goto(CHAPTER);
    const figure = new FigurePage(page);
    await figure.isReady();
    await figure.button('link').click();
    await expect(figure.notices).toContainText('The clipboard is closed to this page.');
    expect(new URL(page.url()).searchParams.get('event')).toBe(String(initial.beats[0]));
  });
});
