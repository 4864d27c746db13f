/**
 * `npm test`: everything that is tested, one step after another, and a summary.
 *
 *     npm test                     all of it
 *     npm test -- unit [args…]     vitest only (arguments go to vitest)
 *     npm test -- browser [args…]  the builds, their links and Playwright only (arguments go to Playwright)
 *
 * A failing step does not keep the others from running, but one that needs a build is not run on an old one.
 * The exit code is the first failure's.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { sites } from './browser/serve.ts';

/** How many tests did what. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Step {
  name: string;
  part: 'unit' | 'browser';
  /** Commands, run one after another until one fails. */
  commands: string[][];
  /** Output is shown only on failure. */
  quiet?: boolean;
  /** Steps without which this one means nothing. */
  needs?: string[];
  environment?: Record<string, string>;
  /** Reads the counts from what the step left behind. */
  counts?: () => Counts;
}

interface Outcome {
  name: string;
  /** Nothing when the step was not run. */
  code?: number;
  seconds: number;
  counts?: Counts | undefined;
}

const project = join(import.meta.dirname, '..');
const reports = mkdtempSync(join(tmpdir(), 'test-reports-'));
process.once('exit', () => rmSync(reports, { recursive: true, force: true }));

function report(name: string) {
  return JSON.parse(readFileSync(join(reports, name), 'utf8'));
}

function vitestCounts(): Counts {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report('vitest.json');
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}

function playwrightCounts(): Counts {
  const { stats } = report('playwright.json');
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
}

const [part, ...rest] = process.argv.slice(2);
if (part !== undefined && part !== 'unit' && part !== 'browser') {
  console.error('Usage: npm test -- [unit | browser] [arguments for vitest or Playwright]');
  process.exit(2);
}

const { root, sub } = sites;
const node = process.execPath;
const steps: Step[] = [
  {
    name: 'unit, property and conformance tests',
    part: 'unit',
    commands: [
      [
        'vitest',
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${join(reports, 'vitest.json')}`,
        ...rest,
      ],
    ],
    counts: vitestCounts,
  },
  { name: 'build', part: 'browser', commands: [['npm', 'run', 'build']], quiet: true },
  {
    name: `build below ${sub.base}`,
    part: 'browser',
    commands: [
      ['astro', 'build', '--base', sub.base, '--outDir', sub.directory],
      ['pagefind', '--site', sub.directory],
    ],
    quiet: true,
  },
  {
    name: 'links',
    part: 'browser',
    commands: [[node, 'tests/links.ts', root.directory, '--base', root.base]],
    needs: ['build'],
  },
  {
    name: `links below ${sub.base}`,
    part: 'browser',
    commands: [[node, 'tests/links.ts', sub.directory, '--base', sub.base]],
    needs: [`build below ${sub.base}`],
  },
  {
    name: 'browser tests',
    part: 'browser',
    commands: [['playwright', 'test', ...rest]],
    needs: ['build', `build below ${sub.base}`],
    environment: { PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, 'playwright.json') },
    counts: playwrightCounts,
  },
];

/** Runs a command in the project and returns its exit code, the way a shell would give it. */
function run([command = '', ...parameters]: string[], { quiet, environment }: Step): Promise<number> {
  return new Promise((done) => {
    const child = spawn(command, parameters, {
      cwd: project,
      env: {
        ...process.env,
        ASTRO_TELEMETRY_DISABLED: '1',
        ...environment,
        PATH: join(project, 'node_modules', '.bin') + delimiter + process.env.PATH,
      },
      shell: process.platform === 'win32', // where npm's commands are scripts for one
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    const output: Buffer[] = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      done(127);
    });
    child.once('close', (code, signal) => {
      if (code !== 0) process.stderr.write(Buffer.concat(output));
      done(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
    });
  });
}

async function take(step: Step, before: Outcome[]): Promise<Outcome> {
  const { name, commands, needs = [] } = step;
  const missing = before.find((outcome) => needs.includes(outcome.name) && outcome.code !== 0);
  if (missing) {
    console.log(`\n— ${name}: not run, for "${missing.name}" failed`);
    return { name, seconds: 0 };
  }
  console.log(`\n— ${name}`);
  const started = performance.now();
  let code = 0;
  for (const command of commands) code ||= await run(command, step);
  const seconds = (performance.now() - started) / 1000;
  console.log(`— ${name}: ${code === 0 ? 'done' : 'failed'} in ${seconds.toFixed(1)} s`);
  let counts: Counts | undefined;
  try {
    counts = step.counts?.();
  } catch {
    if (code === 0) code = 1; // a step that lost its report cannot say that all is well
  }
  return { name, code, seconds, counts };
}

const outcomes: Outcome[] = [];
for (const step of steps) {
  if (part === undefined || step.part === part) outcomes.push(await take(step, outcomes));
}

const width = Math.max(...outcomes.map(({ name }) => name.length));
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
console.log();
for (const { name, code, seconds, counts } of outcomes) {
  const state = code === undefined ? 'not run' : code === 0 ? 'passed' : 'failed';
  const tests = counts ? `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` : '';
  console.log(
    `${name.padEnd(width)}  ${state.padEnd(7)}  ${seconds.toFixed(1).padStart(6)} s  ${tests}`.trimEnd(),
  );
  total.passed += counts?.passed ?? 0;
  total.skipped += counts?.skipped ?? 0;
  // A step can fail without a failing test (a build, a file that does not load): it must not read as "0 failed".
  total.failed += counts?.failed || (code ? 1 : 0);
}

process.exitCode = outcomes.find(({ code }) => code)?.code ?? 0;
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
