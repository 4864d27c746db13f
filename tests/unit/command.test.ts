/** The project's programs as a person calls them. What they do with right arguments is tested elsewhere. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';

async function run(file: string, ...args: string[]) {
  const child = spawn(process.execPath, [file, ...args]);
  const code = new Promise((done) => child.once('close', done));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

describe('a program of this project', () => {
  test('explains itself with --help', async () => {
    expect(await run('tests/links.ts', '--help')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^Usage: npm run links -- \[options\] \[directory\]\n/),
      stderr: '',
    });
  });

  // Those that load a browser are left out: they take seconds to say the same.
  test.concurrent.each([
    'src/excerpts/fetch.ts',
    'src/pictures/draw.ts',
    'tests/conformance/table.ts',
    'tests/fuzz.ts',
    'tests/links.ts',
    'tests/lock.ts',
  ])('refuses an option that there is not, with exit code 2: %s', async (file) => {
    expect(await run(file, '--nonsense')).toEqual({
      code: 2,
      stdout: '',
      stderr: "error: unknown option '--nonsense'\n--help shows what is allowed\n",
    });
  });
});

describe('a wrong argument is named, with what is allowed and exit code 2', () => {
  test.concurrent.each([
    ['tests/fuzz.ts', ['--cases', '0'], "argument '0' is invalid. It takes a whole number from 1."],
    ['tests/fuzz.ts', ['--cases', 'many'], "argument 'many' is invalid. It takes a whole number from 1."],
    ['tests/fuzz.ts', ['--seed', '1.5'], "argument '1.5' is invalid. It takes a whole number from 0."],
    ['tests/fuzz.ts', ['--path', '1:2'], '--path needs the --seed it belongs to'],
    ['tests/fuzz.ts', ['--seed', '7', '--path', 'a'], 'It takes numbers with colons, such as 41:0:3.'],
    ['tests/links.ts', ['--base', 'docs'], 'It begins and ends with a slash, such as /docs/sockets/.'],
    ['tests/links.ts', ['dist', 'more'], 'too many arguments. Expected 1 argument but got 2.'],
    ['tests/conformance/table.ts', ['nagle'], 'Allowed choices are close-wait-pipe, connect-timeout, '],
  ])('%s %j', async (file, args, complaint) => {
    const { code, stdout, stderr } = await run(file, ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(complaint);
  });
});
