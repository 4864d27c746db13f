/** Choosing another run: presets, parameters, and two runs side by side. */
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { figure as connectTimeoutFigure } from '#site/figures/connect-timeout/index.ts';
import { FigurePage, INITIAL, preset, traceOf } from './figure-page.ts';
import { expect, test } from './site-page.ts';

const initial = traceOf(preset(INITIAL).given);

/** What the figure says about the outcome of a run. */
const outcomeOf = (trace: Parameters<typeof connectTimeoutFigure.summary>[0]): string =>
  connectTimeoutFigure
    .summary(trace)
    .map(([name, value]) => `${name} ${value}`)
    .join(' · ');

test.describe('presets', () => {
  test('run at a press of their button, and say what they show', async ({ page }) => {
    const figure = await FigurePage.open(page);
    for (const { id, label, help, given } of connectTimeout.presets) {
      const trace = traceOf(given);
      await figure.root.getByRole('button', { name: label, exact: true }).click();
      await figure.standsOn(trace, trace.beats[0] ?? 0);
      await expect(figure.part('outcome')).toHaveText(outcomeOf(trace));
      await expect(figure.part('preset-help')).toHaveText(help);
      await expect(figure.root.locator('[data-preset][aria-pressed=true]')).toHaveCount(1);
      await expect(figure.preset(id)).toHaveAttribute('aria-pressed', 'true');
    }
  });

  test('run at the keys 1 to 9', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    for (const [i, { id, given }] of connectTimeout.presets.slice(0, 9).entries()) {
      await page.keyboard.press(String(i + 1));
      await expect(figure.preset(id)).toHaveAttribute('aria-pressed', 'true');
      const trace = traceOf(given);
      await figure.standsOn(trace, trace.beats[0] ?? 0);
    }
  });

  test('are in the address, so that a reload keeps them', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.preset('absent').click();
    await page.reload();
    await figure.isReady();
    await expect(figure.preset('absent')).toHaveAttribute('aria-pressed', 'true');
    await expect(figure.notices).toBeEmpty();
  });
});

test.describe('parameters', () => {
  test('have a field each, with unit, limits and the kernel’s name', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    for (const [name, parameter] of Object.entries(connectTimeout.parameters)) {
      const field = figure.field(name);
      await expect(field).toBeVisible();
      await expect(field).toHaveAttribute('aria-describedby', `h-${name}`);
      const hint = figure.root.locator(`#h-${name}`);
      await expect(hint).not.toBeEmpty();
      const label = figure.root.locator(`label[for=p-${name}]`);
      await expect(label).toHaveText('names' in parameter ? parameter.names.replace('net.ipv4.', '') : name);
      if (parameter.type !== 'integer') continue;
      await expect(field).toHaveAttribute('min', String(parameter.min));
      await expect(hint).toContainText(/a whole number from -?\d+ to \d+|only 0/);
      if ('unit' in parameter)
        await expect(field.locator('xpath=following-sibling::i')).toHaveText(parameter.unit);
    }
  });

  for (const { what, name, set, given } of [
    { what: 'a choice', name: 'peer', set: 'refuses', given: { ...preset(INITIAL).given, peer: 'refuses' } },
    {
      what: 'a number',
      name: 'heartbeat_s',
      set: '10',
      given: { ...preset(INITIAL).given, heartbeat_s: 10 },
    },
    { what: 'a box', name: 'nonblocking', set: true, given: { ...preset(INITIAL).given, nonblocking: true } },
    {
      what: 'a special value',
      name: 'heartbeat_s',
      set: '0',
      given: { ...preset(INITIAL).given, heartbeat_s: 0 },
    },
  ] as const) {
    test(`run with ${what}: ${name} ${set}`, async ({ page }) => {
      const figure = await FigurePage.open(page);
      await figure.openParameters();
      const field = figure.field(name);
      if (set === true) await field.check();
      else if (name === 'peer') await field.selectOption(set);
      else await field.fill(set);
      const trace = traceOf(given);
      await figure.standsOn(trace, trace.beats[0] ?? 0);
      await expect(figure.part('outcome')).toHaveText(outcomeOf(trace));
      await expect(figure.notices).toBeEmpty();
      await field.blur();
      await expect(field.locator('xpath=ancestor::div[contains(@class,"given")]')).toHaveCount(1);
      await expect(page).toHaveURL(new RegExp(`[?&]${name}=${set}(&|#|$)`));
    });
  }

  test('are not lost when typed digit by digit, and digits do not choose presets', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    await figure.field('rtt_ms').click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('2500');
    await expect(figure.field('rtt_ms')).toBeFocused();
    await expect(figure.field('rtt_ms')).toHaveValue('2500');
    const trace = traceOf({ ...preset(INITIAL).given, rtt_ms: 2500 });
    await figure.standsOn(trace, trace.beats[0] ?? 0);
    await expect(figure.part('preset-help')).toHaveText('Your own parameters.');
    await page.keyboard.press('Tab');
    await expect(figure.field('tcp_syn_retries')).toBeFocused();
  });

  test('out of range say what is allowed, keep what was typed, and keep the run', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    await figure.button('beat').click();
    const before = await figure.said();
    const field = figure.field('tcp_syn_retries');
    for (const [typed, message] of [
      ['200', 'tcp_syn_retries cannot be "200": allowed is a whole number from 1 to 127.'],
      ['0', 'tcp_syn_retries cannot be "0": allowed is a whole number from 1 to 127.'],
      ['1.5', 'tcp_syn_retries cannot be "1.5": allowed is a whole number from 1 to 127.'],
      ['', 'tcp_syn_retries cannot be "": allowed is a whole number from 1 to 127.'],
    ] as const) {
      await field.fill(typed);
      await expect(figure.notices).toHaveText(message);
      await expect(field).toHaveAttribute('aria-invalid', 'true');
      await field.blur();
      await expect(field).toHaveValue(typed);
      expect(await figure.said()).toEqual(before);
    }
    await field.fill('3');
    await expect(field).not.toHaveAttribute('aria-invalid', 'true');
    await expect(figure.notices).toBeEmpty();
    const trace = traceOf({ ...preset(INITIAL).given, tcp_syn_retries: 3 });
    await figure.standsOn(trace, trace.beats[0] ?? 0);
  });

  test('that are unsound stay explained while another is changed', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    await figure.field('tcp_syn_retries').fill('200');
    await figure.field('heartbeat_s').fill('10');
    await expect(figure.field('tcp_syn_retries')).toHaveAttribute('aria-invalid', 'true');
    await expect(figure.notices).toContainText('tcp_syn_retries cannot be "200"');
  });

  test('that are unsound are gone when a preset is chosen', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    await figure.field('tcp_syn_retries').fill('200');
    await figure.preset('today').click();
    await expect(figure.preset('today')).toHaveAttribute('aria-pressed', 'true');
    await expect(figure.field('tcp_syn_retries')).toHaveValue('6');
    await expect(figure.field('tcp_syn_retries')).not.toHaveAttribute('aria-invalid', 'true');
  });

  test('have the kernel’s defaults, which change with the kernel', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    const linear = figure.field('tcp_syn_linear_timeouts');
    await expect(figure.field('tcp_syn_retries')).toHaveValue('5');
    await expect(linear).toHaveValue('0');
    await expect(linear).toHaveAttribute('max', '0');
    await figure.field('kernel').focus();
    await figure.field('kernel').selectOption('6.12');
    await expect(figure.field('tcp_syn_retries')).toHaveValue('6');
    await expect(linear).toHaveValue('4');
    await expect(linear).toHaveAttribute('max', '127');
    await expect(figure.field('kernel')).toBeFocused();
    await linear.fill('2');
    await linear.blur();
    await figure.field('kernel').selectOption('3.2');
    await expect(figure.notices).toContainText('tcp_syn_linear_timeouts cannot be "2": allowed is only 0');
    // What was typed is kept, for the kernel may be changed back; the run goes on without it.
    await expect(linear).toHaveValue('2');
    await expect(linear).toHaveAttribute('aria-invalid', 'true');
    await figure.field('kernel').selectOption('6.12');
    await expect(linear).toHaveAttribute('aria-invalid', 'false');
    await expect(figure.notices).toBeEmpty();
  });
});

test.describe('two runs side by side', () => {
  test('are pinned, compared and let go', async ({ page }) => {
    const figure = await FigurePage.open(page);
    const b = traceOf(preset('today').given);
    await expect(figure.part('compared')).toBeHidden();
    await figure.button('compare').click();
    await expect(figure.button('compare')).toHaveText('Unpin A');
    await expect(figure.button('compare')).toHaveAttribute('aria-pressed', 'true');
    await expect(figure.notices).toContainText('pinned as A');
    await figure.preset('today').click();
    await figure.standsOn(b, b.beats[0] ?? 0);
    await expect(figure.part('picture-a').locator('svg')).toBeVisible();
    await expect(figure.part('picture').locator('svg')).toBeVisible();

    const rows = figure.part('summary').locator('tbody tr');
    const [theirs, ours] = [connectTimeoutFigure.summary(initial), connectTimeoutFigure.summary(b)];
    const names = [...new Set([...theirs, ...ours].map(([name]) => name))];
    const of = (rows: typeof ours, name: string) => rows.find((row) => row[0] === name)?.[1] ?? '–';
    const changed = Object.entries(initial.parameters).filter(
      ([name, value]) => b.parameters[name] !== value,
    );
    expect(changed.length).toBeGreaterThan(2);
    await expect(rows).toHaveText([
      ...changed.map(([name, value]) => `${name}${value}${b.parameters[name]}`),
      ...names.map((name) => name + of(theirs, name) + of(ours, name)),
    ]);

    await figure.button('compare').click();
    await expect(figure.part('compared')).toBeHidden();
    await expect(figure.button('compare')).toHaveText('Compare');
    await figure.standsOn(b, b.beats[0] ?? 0);
  });

  test('have one scale and one moment', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    await page.keyboard.press('c');
    await page.keyboard.press('3'); // Today's default
    await expect(figure.preset('today')).toHaveAttribute('aria-pressed', 'true');
    await figure.scrub.fill('6000000');
    // B has sent SYNs at 1, 2, 3, 4 and 5 s, and A at 1 and 3 s: neither gives away what comes after 6 s.
    for (const ladder of ['picture', 'picture-a']) {
      const times = await figure
        .part(ladder)
        .evaluate((ladder) =>
          [...ladder.querySelectorAll('[data-from]:not(.future) > text.time')].map(
            ({ textContent }) => textContent,
          ),
        );
      expect(times.at(-1), ladder).toBe(ladder === 'picture' ? '5 s' : '3 s');
    }
    const heightOf = async (ladder: string, time: string) =>
      (await figure.part(ladder).locator('text.time').getByText(time, { exact: true }).getAttribute('y')) ??
      '';
    for (const time of ['1 s', '3 s'])
      expect(await heightOf('picture', time)).toBe(await heightOf('picture-a', time));
  });

  test('keep A while parameters of B change, and keep A’s place when A is pinned late', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    await figure.button('beat').click();
    const moment = await figure.said();
    await figure.button('compare').click();
    expect(await figure.said()).toEqual(moment);
    await figure.field('tcp_syn_retries').fill('2');
    const row = figure.part('summary').getByRole('row', { name: /^tcp_syn_retries/ });
    await expect(row).toHaveText('tcp_syn_retries52');
    await figure.field('tcp_syn_retries').fill('3');
    await expect(row).toHaveText('tcp_syn_retries53');
  });
});
