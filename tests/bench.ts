/**
 * `npm run bench`: how long the built page takes to show another run and another moment.
 *
 * A change counts from the field's input event until the page has been painted: two animation frames later. On a
 * screen of 60 Hz these two take up to 33 ms by themselves, so the time in the handler is shown as well. The budget
 * holds for a change as a reader waits for it, and for a seek as the handler takes it, since a seek must fit a frame.
 */
import { chromium } from '@playwright/test';
import { commandLine } from '#site/command.ts';
import { findChromium } from './browser/chromium.ts';
import { serve, sites } from './browser/serve.ts';

const TIMES = 40;
const WARM_UP = 8;
const CHANGE_BUDGET_ms = 50;
const SEEK_BUDGET_ms = 16;

/** Milliseconds, one for each time: in the handler, and until the frame after it was painted. */
interface Measured {
  handler: number[];
  painted: number[];
}

/** One run of a figure, and the field that is changed in it. */
interface Case {
  incident: string;
  name: string;
  query: string;
  field: string;
  /** The field's values, in turns. */
  values: [string, string];
}

const cases: Case[] = [
  { incident: 'connect-timeout', name: 'default run', query: '', field: 'seed', values: ['2', '3'] },
  {
    incident: 'connect-timeout',
    name: 'largest run',
    query: '?v=1&tcp_syn_retries=127&tcp_syn_linear_timeouts=127',
    field: 'seed',
    values: ['2', '3'],
  },
  {
    incident: 'nagle-delayed-ack',
    name: 'default run',
    query: '',
    field: 'header_bytes',
    values: ['121', '122'],
  },
  {
    incident: 'nagle-delayed-ack',
    name: '50 requests',
    query: '?v=1&rtt_ms=1&requests=50',
    field: 'header_bytes',
    values: ['121', '122'],
  },
  {
    incident: 'close-wait-pipe',
    name: 'default run',
    query: '',
    field: 'request_bytes',
    values: ['300', '301'],
  },
  {
    incident: 'close-wait-pipe',
    name: '10,000 clients',
    query: '?v=1&requests_per_s=100&duration_s=100&nofile=65536',
    field: 'request_bytes',
    values: ['300', '301'],
  },
];

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
      const measured: Measured = { handler: [], painted: [] };
      for (const [i, value] of values.entries()) {
        const field = document.querySelector(selector) as HTMLInputElement;
        field.value = value;
        await painted(); // so that nothing from the time before is measured
        const began = performance.now();
        field.dispatchEvent(new Event('input', { bubbles: true }));
        const handled = performance.now();
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
  for (const { incident, name: run, query, field, values } of cases) {
    const name = `${incident}, ${run}`;
    await page.goto(`${site.url}incidents/${incident}/${query}`);
    await page.mouse.move(1, 1); // the engine is loaded when somebody is there
    await page.locator('simulation-figure.ready').waitFor();
    await page.locator('simulation-figure').scrollIntoViewIfNeeded();
    await page.locator('.all-parameters > summary').click();
    const count = await page.locator('[data-part=count]').textContent();
    const events = Number(/of (\d+)/.exec(count ?? '')?.[1]);
    const turns = Array.from({ length: WARM_UP + TIMES }, (_, i) => values[i % 2] ?? '');
    const change = await measure(`#p-${field}`, turns);
    rows.push({
      what: `change, ${name} (${events} events): painted`,
      times: change.painted,
      budget_ms: CHANGE_BUDGET_ms,
    });
    rows.push({ what: `change, ${name}: handler`, times: change.handler });

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
