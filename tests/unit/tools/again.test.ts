/** Commands that are run again and again while a run goes on. */
import { describe, expect, it } from 'vitest';
import type { TcpState, World } from '#simulations/machine/state.ts';
import { again, type Run } from '#simulations/tools/again.ts';
import { runCommand } from '#simulations/tools/commands.ts';
import { shellWords } from '#simulations/tools/shell-words.ts';
import { machine, tcp } from './machine-state.ts';

/** A run in which the server has the socket that is given for each event; every event tells the story. */
function runOf(sockets: readonly TcpState[], beat = true): Run {
  return {
    events: sockets.map((_, index) => ({ index, at_us: index * 1_000_000, beat })),
    worldAt: (index): World => ({
      at_us: index * 1_000_000,
      machines: { server: machine(sockets.slice(index, index + 1)) },
      wire: [],
      programs: undefined,
    }),
  };
}

const timer = { name: 'on', set_us: 0, due_us: 60_000_000, retransmits: 0 } as const;

describe('a command that is run again', () => {
  it('prints again when something has changed, each in the place of the one before', () => {
    const same = tcp({});
    const printed = again(
      runOf([same, same, tcp({ recv_q_bytes: 5 }), tcp({ recv_q_bytes: 5 }), same]),
      'server',
      'ss -tan',
    );
    expect(printed.map(({ event, until }) => [event, until])).toEqual([
      [0, 2],
      [2, 4],
      [4, undefined],
    ]);
    expect(printed[1]?.text).toMatch(/^# 00:00:02\.000000\nState .*\nESTAB 5 /);
  });

  it('does not print again because a timer has less left', () => {
    const run = runOf([tcp({ timer }), tcp({ timer }), tcp({ timer: { ...timer, retransmits: 1 } })]);
    expect(again(run, 'server', 'ss -tano').map(({ event }) => event)).toEqual([0, 2]);
    expect(again(run, 'server', 'ss -tano')[1]?.text).toContain('timer:(on,58sec,1)');
  });

  it('is run at every sixth event too, and at the last', () => {
    const sockets = Array.from({ length: 14 }, (_, i) => tcp({ recv_q_bytes: i }));
    expect(again(runOf(sockets, false), 'server', 'ss -tan').map(({ event }) => event)).toEqual([
      0, 6, 12, 13,
    ]);
  });

  it('prints nothing of a machine that is not there', () => {
    expect(again(runOf([tcp({})]), 'client', 'ss -tan')).toEqual([]);
  });
});

describe('a line of a shell', () => {
  it.each([
    ["ss -tanp 'sport = :8080'", ['ss', '-tanp', 'sport = :8080']],
    ['py-spy dump --pid 2001   # server.py, line 12', ['py-spy', 'dump', '--pid', '2001']],
    ['ss dst "10.0.0.1"', ['ss', 'dst', '10.0.0.1']],
    ['', []],
  ])('%s', (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  it('with a command that is none says so', () => {
    expect(runCommand(machine([]), 0, 'frobnicate -x')).toEqual({
      stdout: '',
      stderr: 'sh: 1: frobnicate: not found\n',
      exit: 127,
    });
  });

  it.each(['constructor', '__proto__', 'toString'])('does not take %s for a command', (name) => {
    expect(runCommand(machine([]), 0, name).exit).toBe(127);
  });
});
