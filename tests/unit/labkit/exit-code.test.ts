import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assembleLab, findLabs } from '#site/labs.ts';
import { CANNOT_RUN_HERE, labOutcome } from '../../conformance/lab-outcome.ts';

const labs = findLabs();
const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).stdout?.trim();
const canRun = process.platform === 'linux' && Boolean(python);
const temporary = mkdtempSync(join(tmpdir(), 'labkit-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** A lab, put together, with a change. */
function written(slug: string, change: (text: string) => string = (text) => text): string {
  const lab = labs.find((known) => known.slug === slug);
  const file = join(mkdtempSync(join(temporary, `${slug}-`)), 'lab.py');
  writeFileSync(file, change(assembleLab(lab?.folder ?? slug)));
  return file;
}

/** Puts another function in the place of the one that runs a case. */
const running = (body: string) => (text: string) =>
  text
    .replace(/^if __name__ == /m, `def injected(case, recorded):\n    ${body}\n\n\n$&`)
    .replace('run=run_case', 'run=injected')
    .replace(/check=check_\w+, */, '');

const run = (args: readonly string[], env = process.env) =>
  spawnSync(args[0] ?? '', args.slice(1), { encoding: 'utf8', env, timeout: 60_000 });

/** Runs a program, given after it, where no network namespace can be made: in a user namespace that may have none. */
const FORBIDDEN = [
  'unshare',
  '-rU',
  'sh',
  '-c',
  'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"',
  'sh',
];
const canForbid = canRun && run([...FORBIDDEN, 'true']).status === 0;

it('the exit code for "cannot run here" is the same in the labkit and in the tests', () => {
  expect(readFileSync('content/labkit/harness.py', 'utf8')).toContain(
    `\nCANNOT_RUN_HERE = ${CANNOT_RUN_HERE} `,
  );
});

describe.skipIf(!canRun)('a machine that cannot run a lab', { timeout: 60_000 }, () => {
  for (const slug of ['connect-timeout', 'nagle-delayed-ack', 'close-wait-pipe'])
    it.skipIf(!canForbid)(`says so where no network namespace is allowed (${slug})`, () => {
      const ran = run([...FORBIDDEN, python, written(slug), '--json']);
      expect(labOutcome(ran).cannotRun).toMatch(
        /^this machine does not let you make network namespaces \(.+\); /,
      );
      expect(ran.stdout).toBe('');
    });

  it('says so where a program is missing', () => {
    const ran = run([python, written('connect-timeout'), '--case', 'refuses'], { PATH: temporary });
    expect(labOutcome(ran).cannotRun).toBe('this lab needs ip (iproute2)');
  });

  it('says so where every case was skipped, and still prints why for each', () => {
    const file = written('pipe-buffer', running('raise Skip("no pipes here")'));
    const ran = run([python, file, '--json', '--case', 'F_SETPIPE_SZ 8192']);
    expect(labOutcome(ran).cannotRun).toBe('cannot run here: no pipes here');
    const { cases } = JSON.parse(ran.stdout);
    expect(cases.length).toBeGreaterThan(1);
    expect(cases.every(({ skipped }: { skipped?: string }) => skipped === 'no pipes here')).toBe(true);
  });

  it('has run the lab where only some cases were skipped', () => {
    const one = 'if case["name"].startswith("past"): raise Skip("no")\n    recorded["observed"] = {}';
    const ran = run([python, written('pipe-buffer', running(one)), '--json', '--case', 'F_SETPIPE_SZ 8192']);
    const kinds = JSON.parse(labOutcome(ran).stdout ?? '').cases.map((recorded: object) =>
      'skipped' in recorded ? 'skipped' : 'observed',
    );
    expect(new Set(kinds)).toEqual(new Set(['skipped', 'observed']));
  });
});

describe.skipIf(!canRun)('a lab that is broken fails, it is not skipped', { timeout: 60_000 }, () => {
  for (const { slug } of labs)
    it(`when a case raises, with the line in the traceback (${slug})`, () => {
      const file = written(slug, running('raise RuntimeError("broken on purpose")'));
      const line =
        readFileSync(file, 'utf8').split('\n').indexOf('    raise RuntimeError("broken on purpose")') + 1;
      const first = run([python, file, '--list']).stdout.split('\n')[0] ?? '';
      const ran = run([python, file, '--json', '--case', first]);
      expect(() => labOutcome(ran)).toThrow(/exit code 1:[\s\S]*RuntimeError: broken on purpose/);
      expect(ran.stderr).toContain(`lab.py", line ${line}, in injected`);
      expect(JSON.parse(ran.stdout).cases[0].skipped).toBe('lab failed: RuntimeError: broken on purpose');
    });

  it('when it does not even start', () => {
    const ran = run([
      python,
      written('connect-timeout', (text) => text.replace('def cases():', 'def caes():')),
      '--json',
    ]);
    expect(() => labOutcome(ran)).toThrow(/exit code 1:[\s\S]*NameError/);
  });

  it('when the process of a case is killed', () => {
    const file = written('pipe-buffer', running('os.kill(os.getpid(), 9)'));
    const ran = run([python, file, '--case', 'F_SETPIPE_SZ 2147483649']);
    expect(() => labOutcome(ran)).toThrow(/exit code 1/);
    expect(ran.stdout).toContain('skipped: lab failed: killed');
  });

  it('when a case hangs: it is killed in time, with what it started, and is not taken for measured', async () => {
    const child = join(temporary, 'child');
    const hang = `open("${child}", "w").write(str(spawn(time.sleep, 100)))\n    time.sleep(100)`;
    const file = written('pipe-buffer', (text) =>
      running(hang)(text).replace('at_most_s=lambda case: MAX_CASE_S', 'at_most_s=lambda case: 2'),
    );
    const ran = run([python, file, '--json', '--case', 'F_SETPIPE_SZ 2147483649']);
    expect(labOutcome(ran).cannotRun).toBeUndefined();
    expect(JSON.parse(ran.stdout).cases[0].skipped).toBe('out of time');
    const status = `/proc/${readFileSync(child, 'utf8')}/status`;
    const runs = () => existsSync(status) && !/^State:\tZ/m.test(readFileSync(status, 'utf8')); // Z: init has yet to look
    await expect.poll(runs, { timeout: 30_000 }).toBe(false);
  });

  it('when the arguments make no sense', () => {
    expect(() => labOutcome(run([python, written('pipe-buffer'), '--case', 'no such case']))).toThrow(
      /exit code 2/,
    );
  });

  it('when it is killed itself, or there is no program to run', () => {
    expect(() => labOutcome(run(['sh', '-c', 'kill -9 $$']))).toThrow(/ended with SIGKILL/);
    expect(() => labOutcome(run([join(temporary, 'no-such-program')]))).toThrow(/ENOENT/);
  });
});
