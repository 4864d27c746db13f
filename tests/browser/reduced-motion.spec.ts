/** Motion: none where it is unwelcome, none off the screen. */
import { eventOf, FigurePage, INITIAL, preset, traceOf } from './figure-page.ts';
import { expect, test } from './site-page.ts';

const trace = traceOf(preset(INITIAL).given);
const end_us = trace.events.at(-1)?.at_us ?? 1;

/** Where the cursor stands at each frame for a while, as shares of the run. */
const sample = (figure: FigurePage, ms: number): Promise<number[]> =>
  figure.part('timeline').evaluate(
    (timeline, ms) =>
      new Promise<number[]>((done) => {
        const seen: number[] = [];
        const began = performance.now();
        const look = () => {
          seen.push(
            Number.parseFloat(timeline.querySelector('[data-cursor]')?.getAttribute('x1') ?? '') / 100,
          );
          if (performance.now() - began < ms) requestAnimationFrame(look);
          else done(seen);
        };
        look();
      }),
    ms,
  );

test.describe('where motion is unwelcome', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('playing jumps from beat to beat, and nothing moves in between', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.part('speed').selectOption('4');
    await figure.button('play').click();
    const seen = await sample(figure, 3000);
    const beats = trace.beats.map((beat) => eventOf(trace, beat).at_us / end_us);
    const between = seen.filter((share) => !beats.some((beat) => Math.abs(beat - share) < 1e-6));
    expect(between).toEqual([]);
    expect(new Set(seen).size).toBeGreaterThan(1);
  });

  test('no transition and no animation runs on the page', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    await figure.button('beat').click();
    await figure.button('beat').hover();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior)).toBe('auto');
  });

  test('a remedy’s button brings the figure into view at once', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await page.locator('a.run-it[href*="preset="]').first().click();
    expect((await figure.root.boundingBox())?.y).toBeLessThan(100);
  });
});

test.describe('where motion is welcome', () => {
  test('playing moves through the waits', async ({ page }) => {
    const figure = await FigurePage.open(page, `?preset=${INITIAL}&event=${trace.beats[2]}`);
    await figure.part('speed').selectOption('4');
    await figure.button('play').click();
    const seen = await sample(figure, 1200);
    expect(new Set(seen).size).toBeGreaterThan(8);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('nothing goes on playing off the screen', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.button('play').click();
    await expect(figure.button('play')).toHaveText('Pause');
    await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
    await expect(figure.button('play')).toHaveText('Play');
    const seen = await sample(figure, 300);
    expect(new Set(seen).size).toBe(1);
  });
});
