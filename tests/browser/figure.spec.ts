/** Moving through a run: stepping, playing, scrubbing, and what every view shows on the way. */
import { clockTime } from '#simulations/engine/duration.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { tools } from '#simulations/incidents/connect-timeout/tools.ts';
import { plain } from '#simulations/trace/event.ts';
import { eventOf, expectedAt, FigurePage, find, INITIAL, preset, spaced, traceOf } from './figure-page.ts';
import { expect, test } from './site-page.ts';

const initial = traceOf(preset(INITIAL).given);
const first = initial.beats[0] ?? 0;
const last = initial.beats.at(-1) ?? 0;

/** What each key and each button does to the cursor, as the help has it. */
const MOVES = [
  { what: 'one beat on', key: 'ArrowRight', button: 'beat', from: first, to: initial.beats[1] ?? 0 },
  { what: 'one beat back', key: 'ArrowLeft', button: 'beat-back', from: last, to: initial.beats.at(-2) ?? 0 },
  { what: 'one event on', key: 'Shift+ArrowRight', button: 'event', from: first, to: first + 1 },
  { what: 'one event back', key: 'Shift+ArrowLeft', button: 'event-back', from: last, to: last - 1 },
  { what: 'to the first beat', key: 'Home', button: 'first', from: last, to: first },
  { what: 'to the last beat', key: 'End', button: 'last', from: first, to: last },
];

test.describe('when it opens', () => {
  test('stands on the first beat of the first preset, as it was drawn at build time', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.standsOn(initial, first);
    await expect(figure.preset(INITIAL)).toHaveAttribute('aria-pressed', 'true');
    await expect(figure.scrub).toBeEnabled();
    await expect(figure.notices).toBeEmpty();
  });

  test('has a name, and its sentence is read out when it changes', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await expect(page.getByRole('region', { name: connectTimeout.title })).toBeVisible();
    const live = figure.root.locator('[aria-live=polite]');
    await expect(live).toHaveCount(1);
    const heard = new Set([await live.textContent()]);
    for (let step = 0; step < 3; step++) {
      await figure.button('beat').click();
      await expect(live).toHaveAttribute('aria-live', 'polite');
      heard.add(await live.textContent());
    }
    expect(heard.size).toBe(4);
  });
});

test.describe('stepping', () => {
  test('goes as the help has it, with each key and with its button', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    for (const { what, key, button, from, to } of MOVES)
      await test.step(`${what} with ${key} and with its button`, async () => {
        for (const move of [() => page.keyboard.press(key), () => figure.button(button).click()]) {
          await figure.button(from === first ? 'first' : 'last').click();
          await figure.standsOn(initial, from);
          await move();
          await figure.standsOn(initial, to);
        }
      });
  });

  test('stops at the ends', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const end = initial.events.length - 1;
    await figure.focus();
    await page.keyboard.press('End');
    for (let i = 0; i < initial.events.length - last + 2; i++) await page.keyboard.press('Shift+ArrowRight');
    await figure.standsOn(initial, end);
    await page.keyboard.press('ArrowRight'); // there is no beat any more
    await figure.standsOn(initial, end);
    await page.keyboard.press('Home');
    for (let i = 0; i < first + 2; i++) await page.keyboard.press('Shift+ArrowLeft');
    await figure.standsOn(initial, 0);
    await page.keyboard.press('ArrowLeft');
    await figure.standsOn(initial, 0);
  });

  test('keeps the keyboard where it was', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.button('beat').focus();
    await page.keyboard.press('Enter');
    await figure.standsOn(initial, initial.beats[1] ?? 0);
    await expect(figure.button('beat')).toBeFocused();
    await page.keyboard.press('Space');
    await figure.standsOn(initial, initial.beats[2] ?? 0);
  });

  test('lights at every event, on and back, the line that decided last', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    await page.keyboard.press('Home');
    const wrong: (string | null)[] = [];
    const seen = async (index: number) => {
      const { said, light } = await figure.look();
      expect(said).toEqual(expectedAt(initial, index));
      wrong.push(await figure.wrongLight(initial, index, light));
    };
    for (let index = first + 1; index < initial.events.length; index++) {
      await page.keyboard.press('Shift+ArrowRight');
      await seen(index);
    }
    for (let index = initial.events.length - 2; index >= 0; index--) {
      await page.keyboard.press('Shift+ArrowLeft');
      await seen(index);
    }
    expect(wrong.filter(Boolean)).toEqual([]);
  });
});

test.describe('playing', () => {
  test('begins and pauses with the button, which says what it will do', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const play = figure.button('play');
    await play.click();
    await expect(play).toHaveText('Pause');
    await expect.poll(() => figure.cursor()).toBeGreaterThan(0);
    await play.click();
    await expect(play).toHaveText('Play');
    const paused = await figure.cursor();
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    expect(await figure.cursor()).toBe(paused);
  });

  test('begins and pauses with Space, and any step pauses it', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    await page.keyboard.press('Space');
    await expect(figure.button('play')).toHaveText('Pause');
    await page.keyboard.press('Space');
    await expect(figure.button('play')).toHaveText('Play');
    await page.keyboard.press('Space');
    await page.keyboard.press('End');
    await expect(figure.button('play')).toHaveText('Play');
    await figure.standsOn(initial, last);
  });

  test('at speed 4× ends at the last beat, and begins anew from there', async ({ page }) => {
    const trace = traceOf(preset('refused').given);
    const figure = await FigurePage.open(page, '?preset=refused');
    await figure.part('speed').selectOption('4');
    const spoken: string[] = [];
    await page.exposeFunction('spoken', (sentence: string) => spoken.push(spaced(sentence)));
    await figure.part('sentence').evaluate((sentence) => {
      const tell = () =>
        (window as unknown as { spoken(text: string): void }).spoken(sentence.textContent ?? '');
      tell();
      new MutationObserver(tell).observe(sentence, { childList: true });
    });
    await figure.button('play').click();
    await expect(figure.button('play')).toHaveText('Play', { timeout: 20_000 });
    await figure.standsOn(trace, trace.beats.at(-1) ?? 0);
    expect(spoken).toEqual(trace.beats.map((beat) => spaced(plain(eventOf(trace, beat).says))));
    await figure.button('play').click();
    await expect(figure.button('play')).toHaveText('Pause');
    await expect
      .poll(async () => (await figure.said()).time)
      .not.toBe(clockTime(trace.events.at(-1)?.at_us ?? 0));
  });
});

test.describe('scrubbing', () => {
  const at_us = 20_000_000; // between two SYNs
  const reached = initial.events.findLastIndex((event) => event.at_us <= at_us);
  const beat = eventOf(
    initial,
    initial.beats.findLast((index) => index <= reached),
  );

  test('shows the moment, the last event before it, and the beat that it belongs to', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.scrub.fill(String(at_us));
    const { count } = expectedAt(initial, reached);
    await expect
      .poll(() => figure.said())
      .toEqual({ time: clockTime(at_us), sentence: spaced(plain(beat.says)), count });
    await expect(figure.scrub).toHaveAttribute('aria-valuetext', `${clockTime(at_us)}: ${plain(beat.says)}`);
    const end_us = initial.events.at(-1)?.at_us ?? 0;
    expect(await figure.cursor()).toBeCloseTo(at_us / end_us, 3);
  });

  test('follows the pointer', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.scrub.scrollIntoViewIfNeeded();
    const box = await figure.scrub.boundingBox();
    if (!box) throw new Error('the scrubber has no place');
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await expect.poll(() => figure.cursor()).toBeCloseTo(0.5, 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => figure.cursor()).toBeCloseTo(1, 2);
    // The line through the picture stands where the thumb is.
    const line = await figure.part('timeline').locator('[data-cursor]').boundingBox();
    expect(Math.abs((line?.x ?? 0) - (box.x + box.width - 9))).toBeLessThan(4);
  });

  test('goes by keyboard: arrows step from beat to beat, Page Up goes far, Home and End to the ends', async ({
    page,
  }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    await figure.scrub.focus();
    await page.keyboard.press('ArrowRight');
    await figure.standsOn(initial, initial.beats[1] ?? 0);
    await page.keyboard.press('ArrowLeft');
    await figure.standsOn(initial, first);
    await page.keyboard.press('PageUp');
    await expect.poll(() => figure.cursor()).toBeGreaterThan(0.05);
    await page.keyboard.press('End');
    await figure.standsOn(initial, last);
    await expect(figure.scrub).toHaveAttribute(
      'aria-valuetext',
      `${clockTime(eventOf(initial, last).at_us)}: ${plain(eventOf(initial, last).says)}`,
    );
    await page.keyboard.press('Home');
    await figure.standsOn(initial, first);
    await expect(figure.scrub).toBeFocused();
  });
});

test.describe('the views', () => {
  /** Some moments of a run: its beats, and a few events between. */
  const moments = [0, first, initial.beats[2] ?? 0, last - 1, last, initial.events.length - 1];

  test('print in every tool’s pane what the tool has printed so far', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    for (const moment of moments) {
      const [key, from] = moment < (first + last) / 2 ? ['Home', first] : ['End', last];
      await page.keyboard.press(key);
      for (let i = 0; i < Math.abs(moment - from); i++)
        await page.keyboard.press(moment < from ? 'Shift+ArrowLeft' : 'Shift+ArrowRight');
      await figure.standsOn(initial, moment);
      for (const tool of tools) {
        const expected = tool
          .lines(initial)
          .filter(({ event, until }) => event <= moment && (until === undefined || until > moment))
          .map(({ text }) => text);
        await figure.prints(tool.name, expected, `${tool.name} at event ${moment}`);
      }
    }
  });

  test('have the open call in strace while it waits, and its result when it is back', async ({ page }) => {
    const trace = traceOf(preset('post-63s').given);
    const figure = await FigurePage.open(page, '?preset=post-63s');
    await expect.poll(async () => (await figure.lines('strace')).at(-1)).toMatch(/ connect\(3, \{.*\}, 16$/);
    await figure.button('last').click();
    await figure.standsOn(trace, trace.beats.at(-1) ?? 0);
    const lines = await figure.lines('strace');
    expect(lines.filter((line) => line.includes('connect(3'))).toHaveLength(1);
    expect(lines.find((line) => line.includes('connect(3'))).toMatch(
      / = -1 ETIMEDOUT \(Connection timed out\) <63\.000000>$/,
    );
  });

  test('drain the timers while the moment moves', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const timer = figure.part('gauges').locator('.gauge').first();
    await expect(timer).toContainText('1.000 s of 1 s');
    await figure.scrub.fill('250000');
    await expect(timer).toContainText('0.750 s of 1 s');
    await expect(timer.locator('.fill')).toHaveAttribute('width', '75.00%');
  });

  test('show the arrow that led to the state', async ({ page }) => {
    const trace = traceOf(preset('refused').given);
    const figure = await FigurePage.open(page, '?preset=refused');
    const arrow = figure.root.locator('.chart [data-arrow][data-now]');
    await expect(arrow).toHaveAttribute('data-arrow', 'CLOSE SYN_SENT');
    const reset = find(trace, ({ kind, data }) => kind === 'state-changed' && data.to === 'CLOSE');
    await figure.focus();
    for (let i = first; i < trace.events.length; i++) {
      if ((await figure.said()).count.startsWith(`event ${reset.index + 1} `)) break;
      await page.keyboard.press('Shift+ArrowRight');
    }
    await expect(arrow).toHaveAttribute('data-arrow', 'SYN_SENT CLOSE');
  });
});

test.describe('the tools’ tabs', () => {
  test('are one tab stop and move with the arrow keys', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const tabs = figure.root.getByRole('tab');
    await expect(tabs).toHaveText(['tcpdump', 'strace', 'ss', 'in words']);
    await tabs.first().focus();
    const before = await figure.said();
    for (const [key, name] of [
      ['ArrowRight', 'strace'],
      ['ArrowRight', 'ss'],
      ['End', 'words'],
      ['ArrowRight', 'tcpdump'],
      ['ArrowLeft', 'words'],
      ['Home', 'tcpdump'],
    ] as const) {
      await page.keyboard.press(key);
      const tab = figure.root.locator(`#tab-${name}`);
      await expect(tab).toBeFocused();
      await expect(tab).toHaveAttribute('aria-selected', 'true');
      await expect(figure.root.getByRole('tabpanel')).toHaveCount(1);
      await expect(figure.root.getByRole('tabpanel')).toHaveAttribute('id', `pane-${name}`);
      await expect(figure.root.locator('[role=tab][tabindex="0"]')).toHaveCount(1);
    }
    expect(await figure.said()).toEqual(before);
    await page.keyboard.press('Tab');
    await expect(figure.root.locator('[data-tool=tcpdump]')).toBeFocused();
  });
});
