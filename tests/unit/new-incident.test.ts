/**
 * A new incident is registered by lying there. `tests/unit/new-incident/` has the folders of a small one, which are put
 * into a temporary copy of the repository, and nothing else of the copy is touched.
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Figure } from '#site/figures/figure.ts';
import type { liveFigureOf } from '#site/figures/live.ts';
import { presetRun } from '../preset.ts';

const SLUG = 'far-listener';
const COPIED = [
  'simulations',
  'src',
  'content',
  'package.json',
  'tsconfig.json',
  'astro.config.mjs',
  'ec.config.mjs',
];

const repository = join(import.meta.dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'new-incident-'));
const execute = promisify(execFile);

/** Runs a program in the copy. @returns what it printed @throws Error with its output where it fails */
async function inCopy(program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' };
  try {
    return (await execute(process.execPath, [program, ...args], { cwd: copy, env, maxBuffer: 1e8 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

const sim = (...args: string[]): Promise<string> => inCopy('simulations/cli.ts', ...args);

beforeAll(() => {
  for (const name of COPIED) cpSync(join(repository, name), join(copy, name), { recursive: true });
  // One link for each package: Astro keeps what it has read of the content in node_modules, and must do so in the copy.
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(repository, 'node_modules')))
    if (!name.startsWith('.'))
      symlinkSync(join(repository, 'node_modules', name), join(copy, 'node_modules', name));
  cpSync(join(import.meta.dirname, 'new-incident'), copy, {
    recursive: true,
    errorOnExist: true,
    force: false,
  });
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe.concurrent('on the command line, a new incident', () => {
  it('is listed, in the order of the alphabet', async () => {
    const names = (await sim('--list'))
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(names).toContain(SLUG);
    expect(names).toEqual([...names].sort());
  });

  it('explains its parameters, presets and outcome', async () => {
    const help = await sim('--help', SLUG);
    expect(help).toMatch(/rtt_ms +round-trip time\n +a whole number from 0 to 10000 \(ms\); default 80\n/);
    expect(help).toMatch(/moon +Light takes 2\.6 s/);
    expect(help).toMatch(/connected_at_ms +when connect\(\) returned/);
  });

  it('runs on two machines, and connect() takes a round trip', async () => {
    const { simulation, outcome } = JSON.parse(await sim(SLUG, '--set', 'rtt_ms=300', '--format', 'json'));
    expect(simulation).toBe(SLUG);
    expect(outcome).toEqual({ errno: null, connected_at_ms: 300 });
  });

  it('tells its story in words, with the outcome below', async () => {
    expect(await sim(SLUG)).toMatch(
      /^0\.080 s {2}connect\(\) returns 0 after 80 ms\.\n[\s\S]*\nconnected_at_ms +80\n$/m,
    );
  });

  it('is printed by its tools: ss from the snapshot, strace from the calls', async () => {
    const [ss, strace] = await Promise.all(['ss', 'strace'].map((format) => sim(SLUG, '--format', format)));
    expect(ss).toMatch(/^SYN-SENT +0 +1 +192\.0\.2\.1:\d+ +192\.0\.2\.2:8080 *$/m);
    expect(ss).toMatch(/^ESTAB +0 +0 +192\.0\.2\.1:\d+ +192\.0\.2\.2:8080 *$/m);
    expect(strace).toMatch(/ connect\(3, \{sa_family=AF_INET, sin_port=htons\(8080\), .* = 0 <0\.080000>$/m);
  });

  it('takes what a person does on the way', async () => {
    const signal = { do: 'signal', at: 0, wait_us: 10_000, machine: 'client', pid: 2001, signal: 'SIGKILL' };
    const { outcome } = JSON.parse(await sim(SLUG, '--do', JSON.stringify(signal), '--format', 'json'));
    expect(outcome.connected_at_ms).toBeNull();
  });
});

describe.concurrent('on the site, a new incident', () => {
  it('has its figure, which draws its run, and the part that a page loads', async () => {
    const { figureOf } = (await import(join(copy, 'src/figures/catalogue.ts'))) as {
      figureOf(name: string): (() => Promise<Figure>) | undefined;
    };
    const figure = await figureOf(SLUG)?.();
    expect(figure?.tools.map(({ name }) => name)).toEqual(['strace', 'ss', 'words']);
    const { simulation, picture } = figure as Figure;
    const trace = presetRun(simulation, 'moon');
    expect(picture.shows === 'run' && picture.draw(trace)).toMatch(/^<svg[\s\S]*SYN-ACK/);
    const loader = (await import(join(copy, 'src/figures/live.ts'))) as {
      liveFigureOf: typeof liveFigureOf;
    };
    const loads = loader.liveFigureOf(SLUG);
    expect((await loads?.figure())?.initial).toBe('moon');
    expect((await loads?.tools())?.length).toBe(3);
  });

  it('has its chapter among the content', async () => {
    await inCopy('node_modules/astro/bin/astro.mjs', 'sync');
    const store = readFileSync(join(copy, 'node_modules/.astro/data-store.json'), 'utf8');
    expect(store).toContain('The listener that is far away');
  });
});

it.concurrent('passes the type check of the repository', async () => {
  const project = {
    extends: './tsconfig.json',
    compilerOptions: { types: ['node', 'vite/client'] },
    include: [],
    files: [
      'simulations/catalogue.ts',
      `simulations/incidents/${SLUG}/index.ts`,
      `src/figures/${SLUG}/index.ts`,
    ],
  };
  writeFileSync(join(copy, 'new-incident.json'), JSON.stringify(project));
  expect(await inCopy('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'new-incident.json')).toBe('');
});
