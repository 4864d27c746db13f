/**
 * `npm run bench`: how long the built page of each figure takes to show another run and another moment, for every preset
 * and for the largest run that a page shows.
 *
 * A change counts from the field's input event until the page has been painted: two animation frames later. On a
 * screen of 60 Hz these two take up to 33 ms by themselves, so the time in the handler is shown as well. The budget
 * holds for a change as a reader waits for it, and for a seek as the handler takes it, since a seek must fit a frame. A
 * large run is made in slices while the page goes on: there the budget holds for the handler.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { registered } from '#simulations/catalogue.ts';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { MOST_EVENTS, type Simulation } from '#simulations/simulation.ts';
import { commandLine } from '#site/command.ts';
import { findChromium } from './browser/chromium.ts';
import { serve, sites } from './browser/serve.ts';

const TIMES = 20;
const WARM_UP = 4;
const CHANGE_BUDGET_ms = 50;
const SEEK_BUDGET_ms = 16;

/** Milliseconds, one for each time: in the handler, and until the frame after it was painted. */
interface Measured {
  handler: number[];
  painted: number[];
  /** The run was not there when the handler was over. */
  isSliced: boolean;
}

/** One run of a figure, and the field that is changed in it. */
interface Case {
  /** Of its page. */
  path: string;
  name: string;
  query: string;
  field: string;
  /** The field's values, in turns. */
  values: [string, string];
}

/** A field that makes another run of about the same size: the seed, or else the first size in bytes. */
function fieldOf({ parameters }: Simulation): string {
  const integers = Object.entries(parameters).filter(([, { type }]) => type === 'integer');
  const [field] =
    integers.find(([name]) => name === 'seed') ??
    integers.find(([, parameter]) => 'unit' in parameter && parameter.unit === 'bytes') ??
    [];
  if (!field) throw new Error('no field makes another run');
  return field;
}

/** Two values beside a run's own that a page would show the run of. */
function valuesOf(simulation: Simulation, given: Given, field: string): [string, string] {
  const { parameters } = simulation;
  const own = Number(settleParameters(parameters, given).values[field]);
  const isSound = (value: number) => {
    const { values, problems } = settleParameters(parameters, { ...given, [field]: value });
    return problems.length === 0 && simulation.size(values).events <= MOST_EVENTS;
  };
  const [first, second] = [1, 2, -1, -2].map((step) => own + step).filter(isSound);
  if (first === undefined || second === undefined) throw new Error(`${field} has no values beside ${own}`);
  return [`${first}`, `${second}`];
}

const queryOf = (given: Given): string =>
  `?${new URLSearchParams({ v: '1', ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, `${value}`])) })}`;

/** Every preset and the largest run of every simulation that has a figure. */
const cases: Case[] = Object.values(registered)
  .filter(({ slug }) => existsSync(join(import.meta.dirname, '../src/figures', slug, 'live.ts')))
  .flatMap(({ kind, slug, simulation }) => {
    const field = fieldOf(simulation);
    const runs = [
      ...simulation.presets.map(({ id, given }) => ({ name: id, given, query: `?preset=${id}` })),
      { name: 'largest run', given: simulation.largest, query: queryOf(simulation.largest) },
    ];
    return runs.map(({ name, given, query }) => ({
      path: `${kind}/${slug}/`,
      name: `${slug}, ${name}`,
      query,
      field,
      values: valuesOf(simulation, given, field),
    }));
  });

commandLine(
  'npm run bench --',
  `Prints how long the built page takes to show another run and another moment. Exit code 1: longer than the budget.`,
).parse();

const { directory, base } = sites.root;
const site = await serve({ directory, base });
const browser = await chromium.launch(await findChromium());
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });

/** Gives a field of the figure other values, again and again. */
const measure = (selector: string, values: string[]): Promise<Measured> =>
  page.evaluate(
    async ({ selector, values, warmUp }) => {
      const painted = () =>
        new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined))));
      const measured: Measured = { handler: [], painted: [], isSliced: false };
      const making = document.querySelector('[data-part=making]') as HTMLElement;
      for (const [i, value] of values.entries()) {
        const field = document.querySelector(selector) as HTMLInputElement;
        field.value = value;
        await painted(); // so that nothing from the time before is measured
        const began = performance.now();
        field.dispatchEvent(new Event('input', { bubbles: true }));
        const handled = performance.now();
        await Promise.resolve();
        measured.isSliced ||= !making.hidden;
        while (!making.hidden) await new Promise(requestAnimationFrame);
        await painted();
        if (i < warmUp) continue;
        measured.handler.push(handled - began);
        measured.painted.push(performance.now() - began);
      }
      return measured;
    },
    { selector, values, warmUp: WARM_UP },
  );

/** The time that a share of all does not exceed. */
function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

const rows: { what: string; times: number[]; budget_ms?: number }[] = [];
try {
  for (const { path, name, query, field, values } of cases) {
    await page.goto(site.url + path + query);
    await page.mouse.move(1, 1); // the engine is loaded when somebody is there
    await page.locator('simulation-figure.ready').waitFor();
    await page.locator('simulation-figure').scrollIntoViewIfNeeded();
    await page.locator('.all-parameters > summary').click();
    const count = await page.locator('[data-part=count]').textContent();
    const events = Number(/of (\d+)/.exec(count ?? '')?.[1]);
    const turns = Array.from({ length: WARM_UP + TIMES }, (_, i) => values[i % 2] ?? '');
    const change = await measure(`#p-${field}`, turns);
    const { isSliced } = change;
    rows.push({
      what: `change, ${name} (${events} events${isSliced ? ', in slices' : ''}): painted`,
      times: change.painted,
      ...(!isSliced && { budget_ms: CHANGE_BUDGET_ms }),
    });
    rows.push({
      what: `change, ${name}: handler`,
      times: change.handler,
      ...(isSliced && { budget_ms: CHANGE_BUDGET_ms }),
    });

    const end_us = Number(await page.locator('[data-part=scrub]').getAttribute('max'));
    let seed = 1;
    const moments = turns.map(() => {
      seed = (seed * 48271) % 2147483647; // the same moments each time
      return String(Math.round((seed / 2147483647) * end_us));
    });
    const seek = await measure('[data-part=scrub]', moments);
    rows.push({ what: `seek, ${name}: handler`, times: seek.handler, budget_ms: SEEK_BUDGET_ms });
    rows.push({ what: `seek, ${name}: painted`, times: seek.painted });
  }
} finally {
  await browser.close();
  await site.close();
}

const width = Math.max(...rows.map(({ what }) => what.length));
const ms = (value: number) => value.toFixed(1).padStart(8);
console.log(`${''.padEnd(width)}    median       p95       max    budget   (ms, ${TIMES} times each)`);
for (const { what, times, budget_ms } of rows) {
  const median = quantile(times, 0.5);
  const isOver = budget_ms !== undefined && median > budget_ms;
  if (isOver) process.exitCode = 1;
  const budget = budget_ms === undefined ? '       –' : ms(budget_ms);
  console.log(
    `${what.padEnd(width)}  ${ms(median)}  ${ms(quantile(times, 0.95))}  ${ms(quantile(times, 1))}  ${budget}${isOver ? '  over' : ''}`,
  );
}
