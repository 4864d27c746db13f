/** The kernel's code beside the figure. */
import { figure as connectTimeoutFigure } from '#site/figures/connect-timeout/index.ts';
import { FigurePage, INITIAL, manifest, preset, traceOf } from './figure-page.ts';
import { expect, test } from './site-page.ts';

test.describe('the kernel code', () => {
  test('is there for every place that an event can point to', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const excerpts = await figure.root.locator('details[data-excerpt]').evaluateAll((all) =>
      all.map((excerpt) => ({
        id: (excerpt as HTMLElement).dataset.excerpt ?? '',
        summary: excerpt.querySelector('summary')?.textContent ?? '',
        first: (excerpt.querySelector('[data-line]') as HTMLElement | null)?.dataset.line,
        text: [...excerpt.querySelectorAll('[data-line]')].map((line) => line.textContent).join('\n'),
        numbers: [...excerpt.querySelectorAll<HTMLElement>('[data-line]')].map(({ dataset }) =>
          Number(dataset.line),
        ),
      })),
    );
    // In the order of content/kernel.json, each once.
    expect(excerpts.map(({ id }) => id)).toEqual(
      Object.keys(manifest.excerpts).filter((id) => connectTimeoutFigure.excerpts.has(id)),
    );
    expect(excerpts).toHaveLength(connectTimeoutFigure.excerpts.size);
    for (const { id, summary, first, text, numbers } of excerpts) {
      const { file = '', symbol = '', marks = {} } = manifest.excerpts[id] ?? {};
      expect(summary).toContain(symbol);
      const lines = `${file}:${first}–${numbers.at(-1)} · Linux ${manifest.version} · GPL-2.0`;
      expect(summary.replace(/\s+/g, ' ')).toContain(lines);
      expect(numbers, `${id} has every line`).toEqual(numbers.map((_, i) => Number(first) + i));
      for (const [name, { at }] of Object.entries(marks)) expect(text, `${id}:${name}`).toContain(at);
    }
    await expect(figure.root.locator('.missing')).toHaveCount(0);
  });

  test('opens where it is folded, by pointer and by keyboard', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const folds = figure.root.locator('details[data-excerpt][open] details.fold');
    expect(await folds.count()).toBeGreaterThan(1);
    for (const [i, open] of (
      [
        (at: number) => folds.nth(at).locator('summary').click(),
        (at: number) => folds.nth(at).locator('summary').press('Enter'),
      ] as const
    ).entries()) {
      const fold = folds.nth(i);
      await expect(fold.locator('[data-line]').first()).toBeHidden();
      await open(i);
      await expect(fold.locator('[data-line]').first()).toBeVisible();
      const lines = Number(/\d+/.exec((await fold.locator('summary').textContent()) ?? '')?.[0]);
      await expect(fold.locator('[data-line]')).toHaveCount(lines);
    }
  });

  test('keeps the lit line in sight when a fold above it was opened', async ({ page }) => {
    const trace = traceOf(preset(INITIAL).given);
    const figure = await FigurePage.open(page);
    await figure.root.locator('details[data-excerpt][open] details.fold > summary').first().click();
    await figure.button('last').click();
    await figure.button('first').click();
    expect(await figure.wrongLight(trace, trace.beats[0] ?? 0)).toBeNull();
  });

  test('cannot be closed for good by a key on its heading', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const heading = figure.root.locator('details[data-excerpt][open] > summary');
    const excerpt = await heading.locator('xpath=..').getAttribute('data-excerpt');
    await heading.focus().catch(() => undefined);
    await page.keyboard.press('Enter');
    await expect(figure.root.locator(`details[data-excerpt="${excerpt}"] .code`)).toBeVisible();
  });

  test('is dimmed while what it decided is past', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const kernel = figure.part('kernel');
    await expect(kernel).not.toHaveClass(/earlier/);
    await figure.scrub.fill('500000'); // half a second into the first wait: the line that set it decides still
    await figure.button('last').click(); // the supervisor's decision, which no kernel line made
    await expect(kernel).toHaveClass(/earlier/);
  });

  test('can be scrolled by keyboard without the run moving', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const pane = figure.root.locator('details[data-excerpt][open] .code');
    await pane.focus();
    const before = await figure.said();
    const top = await pane.evaluate((pane) => pane.scrollTop);
    await page.keyboard.press('Home');
    await expect.poll(() => pane.evaluate((pane) => pane.scrollTop)).toBeLessThan(top);
    await page.keyboard.press('ArrowRight');
    expect(await figure.said()).toEqual(before);
  });
});
