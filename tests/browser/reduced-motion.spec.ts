/** Motion: none where it is unwelcome, none off the screen. */
import { eventOf, FigurePage, INITIAL, preset, traceOf } from './figure-page.ts';
import { expect, test } from './site-page.ts';

const trace = traceOf(preset(INITIAL).given);
const end_us = trace.events.at(-1)?.at_us ?? 1;

/**
 * Where the cursor stands at each frame, as shares of the run, until so many frames have passed or it has been seen in
 * so many places: a busy machine paints fewer frames a second.
 */
const sample = (figure: FigurePage, enough: { frames: number } | { places: number }): Promise<number[]> =>
  figure.part('timeline').evaluate(
    (timeline, enough) =>
      new Promise<number[]>((done) => {
        const seen: number[] = [];
        const look = () => {
          seen.push(
            Number.parseFloat(timeline.querySelector('[data-cursor]')?.getAttribute('x1') ?? '') / 100,
          );
          const isEnough =
            'frames' in enough ? seen.length >= enough.frames : new Set(seen).size >= enough.places;
          if (isEnough) done(seen);
          else requestAnimationFrame(look);
        };
        look();
      }),
    enough,
  );

/** Those of these places in which no beat stands. */
const between = (seen: readonly number[]): number[] => {
  const beats = trace.beats.map((beat) => eventOf(trace, beat).at_us / end_us);
  return seen.filter((share) => !beats.some((beat) => Math.abs(beat - share) < 1e-6));
};

test.describe('where motion is unwelcome', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('playing jumps from beat to beat, and nothing moves in between', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.part('speed').selectOption('4');
    await figure.button('play').click();
    expect(between(await sample(figure, { places: 3 }))).toEqual([]);
  });

  test('no transition and no animation runs on the page', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    await figure.button('beat').click();
    await figure.button('beat').hover();
    // What takes no time does not move: the playbook unfolds so should its script never come.
    const moving = await page.evaluate(() =>
      document
        .getAnimations()
        .filter(({ effect }) => Number(effect?.getComputedTiming().duration) > 0)
        .map((animation) => (animation as CSSAnimation).animationName),
    );
    expect(moving).toEqual([]);
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
    const seen = await sample(figure, { places: 9 });
    expect(new Set(between(seen)).size).toBeGreaterThan(5);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('nothing goes on playing off the screen', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.button('play').click();
    await expect(figure.button('play')).toHaveText('Pause');
    await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
    await expect(figure.button('play')).toHaveText('Play');
    const seen = await sample(figure, { frames: 20 });
    expect(new Set(seen).size).toBe(1);
  });
});
