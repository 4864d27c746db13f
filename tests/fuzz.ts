/**
 * `npm run fuzz`: random sessions without end in sight, on all processors. Each is two hosts with random programs and a
 * random network between them (`tests/random/`), held to what must hold of any TCP connection.
 * The first failure is made as small as it gets, printed with its seed and path, and ends the run with exit code 1.
 */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { InvalidArgumentError, Option } from 'commander';
import fc from 'fast-check';
import { commandLine, wholeNumber } from '#site/command.ts';
import { play } from './random/play.ts';
import { anySession, type Session } from './random/session.ts';

/** Sessions that a worker plays at once. Each such batch has a seed of its own. */
const BATCH = 200;

interface Batch {
  readonly seed: number;
  readonly cases: number;
  readonly path?: string | undefined;
}

interface Failure {
  readonly seed: number;
  readonly path: string;
  readonly message: string;
  readonly session: Session;
}

/** A batch that takes longer hangs: it takes about a second, and a failure some to be made small. */
const PATIENCE_ms = 600_000;

/** What a worker sends back. */
interface Report {
  readonly cases: number;
  readonly packets: number;
  readonly failure: Failure | null;
}

function playBatch({ seed, cases, path }: Batch): Report {
  let packets = 0;
  const rule = fc.property(anySession, (session) => {
    packets += play(session).packets;
  });
  const details = fc.check(rule, { seed, numRuns: cases, ...(path && { path }) });
  const session = details.counterexample?.[0];
  const failure = session
    ? {
        seed,
        path: details.counterexamplePath ?? '',
        message: details.errorInstance instanceof Error ? (details.errorInstance.stack ?? '') : '',
        session,
      }
    : null;
  return { cases: details.numRuns, packets, failure };
}

function work(): void {
  parentPort?.on('message', (batch: Batch) => parentPort?.postMessage(playBatch(batch)));
}

function tell({ seed, path, message, session }: Failure): void {
  console.error(`\n${message}\n\n${JSON.stringify(session, null, 2)}\n`);
  console.error(`Again: npm run fuzz -- --seed ${seed} --path ${path}`);
}

async function fuzz(first: number, cases: number): Promise<number> {
  const started = performance.now();
  const sum = { cases: 0, packets: 0 };
  let batches = 0;
  let failed = false;
  const seconds = () => (performance.now() - started) / 1000;
  const show = () => {
    const share = ((100 * sum.cases) / cases).toFixed(1);
    const line = `${sum.cases} of ${cases} sessions (${share} %), ${sum.packets} packets, ${seconds().toFixed(0)} s`;
    if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
    else console.log(line);
  };
  let shown_s = 0;

  const run = () =>
    new Promise<void>((done) => {
      const worker = new Worker(new URL(import.meta.url));
      let batch: Batch | null = null;
      let watchdog: ReturnType<typeof setTimeout> | undefined;
      const fail = (why: string) => {
        clearTimeout(watchdog);
        failed = true;
        console.error(`\n${why}\n\nAgain: npm run fuzz -- --seed ${batch?.seed} --cases ${batch?.cases}`);
        void worker.terminate().then(() => done());
      };
      const next = () => {
        const from = batches * BATCH;
        if (failed || from >= cases) {
          void worker.terminate().then(() => done());
          return;
        }
        batch = { seed: first + batches++, cases: Math.min(BATCH, cases - from) };
        watchdog = setTimeout(() => fail('A session does not end.'), PATIENCE_ms);
        worker.postMessage(batch);
      };
      worker.on('message', ({ cases, packets, failure }: Report) => {
        clearTimeout(watchdog);
        sum.cases += cases;
        sum.packets += packets;
        if (failure && !failed) tell(failure);
        failed ||= failure !== null;
        if (seconds() - shown_s >= (process.stdout.isTTY ? 0.5 : 30)) {
          shown_s = seconds();
          show();
        }
        next();
      });
      worker.on('error', (error: unknown) => fail(String(error instanceof Error ? error.stack : error)));
      next();
    });
  await Promise.all(Array.from({ length: availableParallelism() }, run));
  show();
  console.log(`\n${failed ? 'FAILED' : 'All rules held'}; seed ${first}.`);
  return failed ? 1 : 0;
}

function again(seed: number, path: string): number {
  const { failure } = playBatch({ seed, cases: BATCH, path });
  if (failure) tell(failure);
  else console.log('All rules held.');
  return failure ? 1 : 0;
}

function pathOf(text: string): string {
  if (!/^\d+(:\d+)*$/.test(text))
    throw new InvalidArgumentError('It takes numbers with colons, such as 41:0:3.');
  return text;
}

async function main(): Promise<number> {
  const program = commandLine(
    'npm run fuzz --',
    'Plays random TCP sessions, held to what must always be true.',
  )
    .addOption(
      new Option('--cases <number>', 'how many').argParser(wholeNumber(1)).default(1_000_000, 'a million'),
    )
    .addOption(new Option('--seed <number>', 'where to begin; by default anywhere').argParser(wholeNumber(0)))
    .addOption(
      new Option('--path <path>', 'one session again, by the seed and the path that a failure has printed')
        .argParser(pathOf)
        .conflicts('cases'),
    )
    .addHelpText('after', '\nExit code 1: a rule did not hold.')
    .parse();
  const { cases, path, ...given } = program.opts<{ cases: number; seed?: number; path?: string }>();
  if (path !== undefined && given.seed === undefined)
    program.error('error: --path needs the --seed it belongs to');
  const seed = given.seed ?? randomInt(2 ** 31);
  console.log(`Seed ${seed}.`);
  return path === undefined ? fuzz(seed, cases) : again(seed, path);
}

if (isMainThread) process.exitCode = await main();
else work();
