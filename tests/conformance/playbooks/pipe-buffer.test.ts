/** Every command of the page about the pipe, at a pipe that is full as in its figure, and what the page says of its output. */
import { describe, expect, test } from 'vitest';
import { Playbook } from './playbook.ts';

const playbook = new Playbook('pipe-buffer');

const COMMANDS = {
  limits: playbook.take('grep . /proc/sys/fs/pipe-*'),
  sleepers: playbook.take('grep -Hs pipe_write'),
  holders: playbook.take('lsof +E'),
  everybody: playbook.take('readlink /proc/PID/fd/1'),
  flags: playbook.take('cat /proc/PID/fdinfo/1'),
  held: playbook.take('python3 - PID'),
  // In a sentence of the page.
  page: 'getconf PAGESIZE',
};

/** Tests of the lab's own run these. */
const LAB = ['npm run lab', 'python3 lab.py'].map((begins) => playbook.take(begins));

const played = playbook.play('full pipe', COMMANDS);

describe.skipIf(typeof played === 'string')('at a pipe full of lines of 120 bytes', () => {
  const stdout = (name: keyof typeof COMMANDS): string =>
    typeof played === 'string' ? '' : played[name].stdout;

  test('the limits are those of the page', () => {
    expect(stdout('limits')).toContain('/proc/sys/fs/pipe-max-size:1048576');
    expect(stdout('limits')).toContain('/proc/sys/fs/pipe-user-pages-soft:16384');
    expect(stdout('limits')).toContain('/proc/sys/fs/pipe-user-pages-hard:0');
  });

  test('the writer sleeps in pipe_write, by its old name or by its new one', () => {
    expect(stdout('sleepers')).toMatch(/^\/proc\/\d+\/task\/\d+\/wchan:(anon_)?pipe_write$/m);
  });

  test('lsof lists the other end with PID, command, descriptor and r', () => {
    expect(stdout('holders')).toMatch(/^writer +\d+ \w+ +1w +FIFO .* \d+,reader,0r/m);
  });

  test('without lsof, l-w is a write end and lr- a read end', () => {
    expect(stdout('everybody')).toMatch(/^pipe:\[\d+\]$/m);
    expect(stdout('everybody')).toMatch(/^\/proc\/\d+\/fd\/1 l-wx------$/m);
    expect(stdout('everybody')).toMatch(/^\/proc\/\d+\/fd\/0 lr-x------$/m);
  });

  test('its flags end with 1, and it is not O_NONBLOCK', () => {
    const [, flags = ''] = /^flags:\t(\d+)$/m.exec(stdout('flags')) ?? [];
    expect(flags.at(-1)).toBe('1');
    expect(Number(flags.at(-4) ?? 0) & 4).toBe(0);
  });

  test('what is in it is asked on the pipe itself, and is what the page prints', () => {
    if (stdout('page').trim() === '4096') expect(stdout('held')).toBe('65536 65280\n');
  });
});

test('the page has no command that is not tried', () => {
  expect(LAB).toHaveLength(2);
  expect(playbook.untaken).toEqual([]);
});
