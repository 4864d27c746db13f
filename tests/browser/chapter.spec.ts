import { heldRecording } from '#site/recordings.ts';
import { PARTS } from '../chapter-parts.ts';
import { eventOf, FigurePage, INITIAL, preset, traceOf } from './figure-page.ts';
import { CHAPTER, expect, test } from './site-page.ts';

/** What the table of contents has. */
const CONTENTS = ['First five minutes', ...PARTS];

test.describe('a reader on call', () => {
  test.beforeEach(async ({ page }) => {
    await page.goto(CHAPTER);
  });

  test('finds the playbook first, the eight parts in order, and the sources', async ({ page }) => {
    await expect(page.locator('main h2')).toHaveText([...CONTENTS, 'Sources', 'Changes']);
    const sources = page
      .getByRole('heading', { name: 'Sources' })
      .locator('xpath=following-sibling::ul[1]/li');
    expect(await sources.count()).toBeGreaterThan(3);
    for (const link of await sources.locator('a').all())
      expect(await link.getAttribute('href')).toMatch(/^https:\/\//);
  });

  test('has errno, state and how many figures agree in the line of facts', async ({ page }) => {
    const { recording, figures, agreeing } = await heldRecording('connect-timeout');
    const facts = page.locator('.facts');
    await expect(facts).toContainText('ETIMEDOUT');
    await expect(facts).toContainText('SYN-SENT');
    await expect(facts).toContainText(
      `Held against Linux ${recording.kernel}: ${agreeing} of ${figures} recorded values agree`,
    );
  });

  test('gets from the table of contents to each part', async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' }); // so that nobody waits for smooth scrolling
    const links = page.getByRole('navigation', { name: 'Parts of this chapter' }).getByRole('link');
    await expect(links).toHaveText(CONTENTS);
    for (const part of CONTENTS) {
      await links.getByText(part, { exact: true }).click();
      const heading = page.getByRole('heading', { level: 2, name: part, exact: true });
      await expect(heading).toBeInViewport();
      await expect
        .poll(async () => ((await heading.boundingBox())?.y ?? -1) >= 0, `${part} is not cut off at the top`)
        .toBe(true);
      await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
    }
  });

  test('is told where each measured figure comes from', async ({ page }) => {
    const { recording, cases } = await heldRecording('connect-timeout');
    const figures = await page
      .locator('main data')
      .evaluateAll((all) =>
        all.map((data) => ({ title: (data as HTMLElement).title, value: data.getAttribute('value') })),
      );
    expect(figures.length).toBeGreaterThan(10);
    for (const { title, value } of figures) {
      if (title.startsWith('From the simulation: ')) {
        const given = Object.fromEntries(new URLSearchParams(title.slice(21)));
        expect(value, title).toBe(String(traceOf(given).outcome.returned_at_ms));
        continue;
      }
      const [, name, figure] = /^Recorded on Linux .+: “(.+)”, (.+)$/.exec(title) ?? [];
      expect(title).toContain(`Linux ${recording.kernel}, ${recording.recorded_on}`);
      const found = cases.find(({ recorded }) => recorded.name === name);
      const observed = found?.compared.find((compared) => compared.figure === figure)?.observed;
      expect(value, title).toBe(String(observed));
    }
  });

  test('sees the recording beside the simulation, with the difference', async ({ page }) => {
    const table = page.getByRole('region', { name: 'Recorded cases, scrollable' });
    await expect(table.locator('tbody tr').first()).toContainText('the post: n=5, no linear timeouts');
    await expect(table.locator('tbody td:last-child').filter({ hasNotText: 'yes' })).toHaveCount(0);
    await expect(page.locator('.overlay-figure svg[role=img]').first()).toBeVisible();
  });
});

test.describe('a remedy that runs', () => {
  test('shows its run, and brings the figure into view and into focus', async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const figure = await FigurePage.open(page);
    const links = page.locator('main a.run-it');
    const queries = await links.evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).search));
    expect(queries.length).toBeGreaterThanOrEqual(6);
    for (const [i, search] of queries.entries()) {
      const link = links.nth(i);
      await link.evaluate((link) => {
        const question = link.closest('details');
        if (question) question.open = true;
        const answer = link.closest<HTMLElement>('.answer');
        if (answer) answer.hidden = false;
      });
      await link.click();
      await expect(figure.root).toBeFocused();
      await expect(figure.part('sentence')).toBeInViewport();
      const query = new URLSearchParams(search);
      const id = query.get('preset');
      const trace = traceOf(id === null ? Object.fromEntries(query) : preset(id).given);
      await figure.standsOn(trace, eventOf(trace, trace.beats[0]).index);
      if (id !== null) await expect(figure.preset(id)).toHaveAttribute('aria-pressed', 'true');
      await expect(figure.notices).toBeEmpty();
      await expect(page).toHaveURL(/\?v=1/);
    }
  });

  test('can be stepped with the arrow keys at once', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await page.locator('a.run-it[href*="preset=sndtimeo"]').click();
    await expect(figure.part('sentence')).toBeInViewport();
    await figure.painted();
    await page.keyboard.press('ArrowRight');
    const trace = traceOf(preset('sndtimeo').given);
    await figure.standsOn(trace, trace.beats[1] ?? 0);
  });

  test('stays set beside the run that was pinned', async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const figure = await FigurePage.open(page);
    await figure.button('compare').click();
    await page.locator('a.run-it[href*="preset=poll"]').click();
    await expect(figure.preset('poll')).toHaveAttribute('aria-pressed', 'true');
    await expect(figure.part('compared')).toBeVisible();
    const killed_at_ms = traceOf(preset(INITIAL).given).outcome.killed_at_ms ?? 0;
    await expect(figure.part('summary')).toContainText(`${killed_at_ms / 1000} s`);
  });
});

test.describe('a guess', () => {
  test('must be made before the answer is shown, and is then called right', async ({ page }) => {
    await page.goto(CHAPTER);
    const predict = page.locator('predict-question');
    const answer = predict.locator('.answer');
    await expect(answer).toBeHidden();
    await predict.getByRole('button', { name: 'Commit to it' }).click();
    await expect(predict.locator('output')).toContainText('Pick one first');
    await expect(answer).toBeHidden();
    const right = (await predict.getAttribute('data-answer')) ?? '';
    await predict.getByLabel(right, { exact: true }).check();
    await predict.getByRole('button', { name: 'Commit to it' }).click();
    await expect(predict.locator('output')).toHaveText(`You said “${right}”, and so does the kernel.`);
    await expect(answer).toBeVisible();
    await expect(answer).not.toBeEmpty();
  });

  test('that is wrong is called wrong, by keyboard too', async ({ page }) => {
    await page.goto(CHAPTER);
    const predict = page.locator('predict-question');
    const wrong = await predict
      .locator('label')
      .filter({ hasNotText: (await predict.getAttribute('data-answer')) ?? '' })
      .nth(1)
      .innerText();
    await predict.getByRole('radio').first().focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(predict.locator('output')).toHaveText(
      `You said “${wrong.trim()}”. The kernel says otherwise.`,
    );
    await expect(predict.locator('.answer')).toBeVisible();
  });
});

test.describe('questions at the end', () => {
  test('have their answers folded, and open by keyboard', async ({ page }) => {
    await page.goto(CHAPTER);
    const questions = page.locator('details.question');
    expect(await questions.count()).toBeGreaterThan(3);
    for (const question of await questions.all()) {
      await expect(question.locator('> div')).toBeHidden();
      await question.locator('summary').focus();
      await page.keyboard.press('Enter');
      await expect(question.locator('> div')).toBeVisible();
    }
  });
});

test.describe('the page', () => {
  test('has no name twice', async ({ page }) => {
    await page.goto(CHAPTER);
    const ids = await page.locator('[id]').evaluateAll((all) => all.map(({ id }) => id));
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });
});

test.describe('the table of contents', () => {
  test('stays in view, marks the part that is read, and keeps its name in sight on a phone', async ({
    page,
  }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(CHAPTER);
    const contents = page.getByRole('navigation', { name: 'Parts of this chapter' });
    for (const part of ['Then and now', 'Symptom', 'Check yourself']) {
      await page
        .getByRole('heading', { level: 2, name: part, exact: true })
        .evaluate((heading) => heading.scrollIntoView({ block: 'start', behavior: 'instant' }));
      const link = contents.getByRole('link', { name: part, exact: true });
      await expect(link).toHaveAttribute('aria-current', 'true');
      await expect(link).toBeInViewport({ ratio: 0.9 });
      await expect(contents.locator('[aria-current]')).toHaveCount(1);
    }
  });
});
