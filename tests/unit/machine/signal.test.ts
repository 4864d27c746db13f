import { describe, expect, it } from 'vitest';
import { settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { Actions } from '#simulations/machine/actions.ts';
import { sys } from '#simulations/machine/calls.ts';
import type { Program } from '#simulations/machine/program.ts';
import { straceLines } from '#simulations/tools/strace/strace.ts';
import { Lab } from './lab.ts';

function* asleep(): Program {
  yield* sys.pause();
}

/** A process 50 that sleeps, and what kill() answers to a signal for it. */
function sent(signal: string, ignoresSigpipe = false) {
  const lab = new Lab();
  const process = lab.process({ pid: 50, ignoresSigpipe });
  lab.run(asleep, process);
  const answer = lab.hand().call('kill', { pid: 50, signal });
  return [answer, process.status, process.state().signal];
}

describe('kill()', () => {
  it.each(['SIGHUP', 'SIGINT', 'SIGKILL', 'SIGPIPE', 'SIGTERM'])('ends a process with %s', (signal) => {
    expect(sent(signal)).toEqual([0, 'killed', signal]);
  });

  it.each(['SIGCONT', 'SIGCHLD', 'SIGURG', 'SIGWINCH'])('does nothing with %s', (signal) => {
    expect(sent(signal)).toEqual([0, 'running', null]);
  });

  it('does nothing with SIGPIPE to who ignores it', () => {
    expect(sent('SIGPIPE', true)).toEqual([0, 'running', null]);
  });

  it('only looks whether the process is there with 0', () => {
    expect(sent('0')).toEqual([0, 'running', null]);
    expect(new Lab().hand().call('kill', { pid: 50, signal: '0' })).toBe('ESRCH');
  });

  it.each(['SIGFOO', 'KILL', '', 'constructor'])(
    'is EINVAL for %j, and ESRCH first without a process',
    (signal) => {
      expect(sent(signal)).toEqual(['EINVAL', 'running', null]);
      expect(new Lab().hand().call('kill', { pid: 50, signal })).toBe('ESRCH');
    },
  );
});

describe('a signal that a person sends', () => {
  const sends = (signal: string) =>
    connectTimeout.run(
      settleParameters(connectTimeout.parameters, {}).values,
      new Actions([{ at: 20, do: 'signal', machine: 'client', pid: 2001, signal }]),
    );

  it('is named by the sentence and by strace', () => {
    const { events } = sends('SIGTERM');
    const end = events.find(({ kind }) => kind === 'process-killed');
    expect(end?.says).toBe('SIGTERM ends the worker, asleep in connect().');
    expect(straceLines(events, ['-p', '2001']).at(-1)?.text).toBe('+++ killed by SIGTERM +++');
  });

  it('is refused where there is no such signal, with those that there are', () => {
    const { events } = sends('SIGFOO');
    expect(events.some(({ kind }) => kind === 'process-killed')).toBe(false);
    expect(events.find(({ kind }) => kind === 'action-refused')?.says).toMatch(
      /there is no signal "SIGFOO" here; there is 0, SIGHUP, SIGINT, SIGKILL, /,
    );
  });
});
