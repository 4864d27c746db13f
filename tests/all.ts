/**
 * `npm test`: everything that is tested, and a summary.
 *
 *     npm test                     all of it
 *     npm test -- unit [args…]     vitest only (arguments go to vitest)
 *     npm test -- browser [args…]  the builds, their links and Playwright only (arguments go to Playwright)
 *
 * What needs no browser goes on beside the builds, and the labs, which mostly wait, beside everything. What a step says
 * is shown when those before it have said all.
 *
 * A failing step does not keep the others from running, but one that needs a build is not run on an old one.
 * The exit code is the first failure's.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
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
  /** Measures how long things take: it goes before whatever runs beside it, where the system lets us say so. */
  isUrgent?: boolean;
  /** Steps without which this one means nothing. Like those of `after`, they stand before it. */
  needs?: string[];
  /** Steps that must be over, whatever became of them. */
  after?: string[];
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

/** A run of vitest with these arguments, and how to read its counts. */
function vitest(name: string, ...args: string[]): Pick<Step, 'commands' | 'counts'> {
  const file = `${name}.json`;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${join(reports, file)}`];
  return {
    commands: [['vitest', 'run', ...reporters, ...args]],
    counts: () => {
      const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report(file);
      return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
    },
  };
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
/**
 * What is measured on this kernel, now: the labs’ short cases, and every command of a playbook in its situation. One
 * file after the other, for a tracepoint sees what all of them do.
 */
const LIVE = ['tests/conformance/live.test.ts', 'tests/conformance/playbooks/'];
const ALL_UNIT = 'unit, property and conformance tests';
/** Those mostly wait, so they run beside whatever there is; arguments are for one run of vitest. */
const unit: Step[] = rest.length
  ? [{ name: ALL_UNIT, part: 'unit', ...vitest('unit', ...rest) }]
  : [
      {
        name: ALL_UNIT,
        part: 'unit',
        ...vitest('unit', ...LIVE.flatMap((path) => ['--exclude', path.endsWith('/') ? `${path}**` : path])),
      },
      {
        name: 'labs and playbooks on this kernel',
        part: 'unit',
        isUrgent: true,
        ...vitest('labs', '--no-file-parallelism', ...LIVE),
      },
    ];
const allSteps: Step[] = [
  ...unit,
  { name: 'build', part: 'browser', commands: [['npm', 'run', 'build']], quiet: true },
  {
    name: `build below ${sub.base}`,
    part: 'browser',
    commands: [
      ['astro', 'build', '--base', sub.base, '--outDir', sub.directory],
      ['pagefind', '--site', sub.directory],
    ],
    quiet: true,
    after: ['build'],
    // The one build knows where it is and where it comes from, the other does not.
    environment: { SITE_URL: sub.site, REPOSITORY_URL: sub.repository },
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
    after: [ALL_UNIT],
    environment: { PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, 'playwright.json') },
    counts: playwrightCounts,
  },
];
const steps = allSteps.filter((step) => part === undefined || step.part === part);

/** What a step has said and is not shown yet. */
interface Speech {
  chunks: (string | Buffer)[];
  isOver: boolean;
}
const speeches: Speech[] = [];

/** Shows what the first step that is not over has said, and all before it. */
function show(): void {
  for (let first = speeches[0]; first; first = speeches[0]) {
    for (const chunk of first.chunks.splice(0)) process.stdout.write(chunk);
    if (!first.isOver) return;
    speeches.shift();
  }
}

/** Runs a command in the project and returns its exit code, the way a shell would give it. */
function run(
  [command = '', ...parameters]: string[],
  { quiet, environment, isUrgent }: Step,
  say: (chunk: string | Buffer) => void,
): Promise<number> {
  return new Promise((done) => {
    const child = spawn(command, parameters, {
      cwd: project,
      env: {
        ...process.env,
        ...(process.stdout.isTTY && !process.env.NO_COLOR && { FORCE_COLOR: '1' }),
        ASTRO_TELEMETRY_DISABLED: '1',
        // Hundreds of processes load the same modules: each is compiled once.
        NODE_COMPILE_CACHE: join(project, '.cache', 'compiled'),
        ...environment,
        PATH: join(project, 'node_modules', '.bin') + delimiter + process.env.PATH,
      },
      shell: process.platform === 'win32', // where npm's commands are scripts for one
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      if (isUrgent && child.pid) setPriority(child.pid, constants.priority.PRIORITY_HIGH);
    } catch {
      // only root may; others wait as long as the system makes them
    }
    const kept: Buffer[] = [];
    const hear = (chunk: Buffer) => (quiet ? kept.push(chunk) : say(chunk));
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', (error) => {
      say(`${command}: ${error.message}\n`);
      done(127);
    });
    child.once('close', (code, signal) => {
      if (code !== 0) for (const chunk of kept) say(chunk);
      done(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
    });
  });
}

/** Takes a step. @param before what became of the steps that it waited for */
async function take(step: Step, before: Outcome[]): Promise<Outcome> {
  const { name, commands, needs = [] } = step;
  const speech: Speech = { chunks: [], isOver: false };
  speeches.push(speech);
  const say = (chunk: string | Buffer) => {
    speech.chunks.push(chunk);
    show();
  };
  const end = (outcome: Outcome, words: string) => {
    speech.isOver = true;
    say(`— ${name}: ${words}\n`);
    return outcome;
  };
  say('\n');
  const missing = before.find((outcome) => needs.includes(outcome.name) && outcome.code !== 0);
  if (missing) return end({ name, seconds: 0 }, `not run, for "${missing.name}" failed`);
  say(`— ${name}\n`);
  const started = performance.now();
  let code = 0;
  for (const command of commands) code ||= await run(command, step, say);
  const seconds = (performance.now() - started) / 1000;
  let counts: Counts | undefined;
  try {
    counts = step.counts?.();
  } catch {
    if (code === 0) code = 1; // a step that lost its report cannot say that all is well
  }
  return end({ name, code, seconds, counts }, `${code === 0 ? 'done' : 'failed'} in ${seconds.toFixed(1)} s`);
}

const started = performance.now();
const taken = new Map<string, Promise<Outcome>>();
for (const step of steps) {
  const waited = [...(step.needs ?? []), ...(step.after ?? [])].flatMap((name) => taken.get(name) ?? []);
  taken.set(
    step.name,
    Promise.all(waited).then((before) => take(step, before)),
  );
}
const outcomes = await Promise.all(taken.values());

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
console.log(
  `${'in all'.padEnd(width)}           ${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s`,
);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
