/** A page is whole before any script runs. */
import { tools } from '#simulations/incidents/connect-timeout/tools.ts';
import { connectionOf, machineOf } from '#simulations/machine/lookups.ts';
import { finalLines } from '#simulations/tools/line.ts';
import { figure as connectTimeoutFigure } from '#site/figures/connect-timeout/index.ts';
import {
  eventOf,
  expectedAt,
  expectedLight,
  FigurePage,
  INITIAL,
  preset,
  spaced,
  traceOf,
} from './figure-page.ts';
import { CHAPTER, expect, pages, test } from './site-page.ts';

test.use({ javaScriptEnabled: false });

const trace = traceOf(preset(INITIAL).given);
const first = trace.beats[0] ?? 0;

test.describe('without JavaScript', () => {
  test('the figure stands at its first beat, and says that stepping needs JavaScript', async ({ page }) => {
    await page.goto(CHAPTER);
    const figure = new FigurePage(page);
    expect(await figure.said()).toEqual(expectedAt(trace, first));
    await expect(figure.root.locator('noscript p')).toContainText('Stepping needs JavaScript.');
    await expect(figure.root.locator('noscript p')).toBeVisible();
    await expect(figure.root.locator('.chart [data-state][data-now]')).toHaveText(
      connectionOf(machineOf(trace.worldAt(first), 'client'))?.state ?? 'CLOSE',
    );
    const { gauges } = connectTimeoutFigure.gauges(trace, first, eventOf(trace, first).at_us);
    await expect(figure.part('gauges').locator('.gauge')).toHaveText(
      gauges.map(({ label, value }) => label + value),
    );
    await expect(figure.part('picture').locator('svg')).toBeVisible();
    await expect(figure.scrub).toBeDisabled();
    for (const button of await figure.root.locator('button').all()) await expect(button).toBeHidden();
  });

  test('every tool has printed the whole run, and the transcript can be read', async ({ page }) => {
    await page.goto(CHAPTER);
    const figure = new FigurePage(page);
    for (const tool of tools) {
      await expect(figure.root.locator(`[data-tool="${tool.name}"]`)).toBeVisible();
      const lines = await figure.lines(tool.name);
      for (const { text } of finalLines(tool.lines(trace))) expect(lines, tool.name).toContain(text);
    }
    const words = await figure.root.locator('[data-tool=words]').innerText();
    for (const beat of trace.beats) expect(spaced(words)).toContain(spaced(expectedAt(trace, beat).sentence));
  });

  test('the line that decided is lit, and every excerpt can be opened', async ({ page }) => {
    await page.goto(CHAPTER);
    const figure = new FigurePage(page);
    const light = await figure.light();
    const expected = expectedLight(trace, first);
    expect(light.open).toEqual([expected?.excerpt]);
    expect(light.text).toContain(expected?.at);
    const excerpts = figure.root.locator('details[data-excerpt]');
    await expect(excerpts).toHaveCount(connectTimeoutFigure.excerpts.size);
    const closed = figure.root.locator('details[data-excerpt]:not([open])').first();
    const id = await closed.getAttribute('data-excerpt');
    await closed.locator('> summary').click();
    await expect(figure.root.locator(`details[data-excerpt="${id}"] .code`)).toBeVisible();
  });

  test('the guess, the answers and the links can be used', async ({ page }) => {
    await page.goto(CHAPTER);
    const predict = page.locator('predict-question');
    await expect(predict.getByRole('button')).toBeHidden();
    await predict.locator('summary').click();
    await expect(predict.locator('details')).toContainText(/SYN/);
    await page.locator('details.question > summary').first().click();
    await expect(page.locator('details.question > div').first()).toBeVisible();
    await page.getByRole('navigation', { name: 'Parts of this chapter' }).getByText('Fix').click();
    await expect(page).toHaveURL(/#fix$/);
    await expect(page.getByRole('heading', { name: 'Fix', exact: true })).toBeInViewport();
  });

  test('no control is shown that does nothing, on any page', async ({ page }) => {
    const idle: string[] = [];
    for (const path of pages) {
      await page.goto(path);
      await expect(page.locator('main')).not.toBeEmpty();
      await expect(page.locator('header').getByRole('link').first()).toBeVisible();
      for (const button of await page.locator('button:visible').all())
        idle.push(
          `/${path}: ${(await button.textContent())?.trim() || (await button.getAttribute('title'))}`,
        );
    }
    expect(idle).toEqual([]);
  });
});
