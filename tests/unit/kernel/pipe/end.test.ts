import { describe, expect, it } from 'vitest';
import { sys } from '#simulations/machine/calls.ts';
import { Lab } from '../../machine/lab.ts';

/** A process with a pipe: read end 3, write end 4. */
function onePipe() {
  const lab = new Lab();
  const process = lab.process();
  const hand = lab.hand(process);
  expect(hand.out('pipe2')).toEqual({ pipefd: [3, 4] });
  return { lab, process, hand };
}

describe('a reader of an empty pipe', () => {
  it('sleeps until somebody writes', () => {
    const { lab, process, hand } = onePipe();
    const reader = lab.run(function* (say) {
      say((yield* sys.read(3, 100)).value);
    }, process);
    expect(reader.state().call).toMatchObject({ name: 'read', wchan: 'pipe_read' });
    lab.wait(5);
    hand.call('write', { fd: 4, bytes: 30 });
    expect(lab.log).toEqual(['5 30']);
  });

  it('does not block with O_NONBLOCK: EAGAIN', () => {
    const { hand } = onePipe();
    hand.call('fcntl', { fd: 3, cmd: 'F_SETFL', arg: 'O_NONBLOCK' });
    expect(hand.call('read', { fd: 3, bytes: 1 })).toBe('EAGAIN');
  });

  it('that a signal interrupts when data has just come loses none of it', () => {
    const { lab, process, hand } = onePipe();
    const reader = lab.run(function* (say) {
      say((yield* sys.read(3, 100)).errno);
      yield* sys.nanosleep(5);
      say((yield* sys.read(3, 100)).value);
    }, process);
    hand.thread.make({ name: 'write', args: { fd: 4, bytes: 30 } });
    reader.interrupt();
    lab.wait(10);
    expect(lab.log).toEqual(['0 EINTR', '5 30']);
  });
});

describe('the wrong end', () => {
  it('is EBADF: reading from the write end, writing to the read end', () => {
    const { hand } = onePipe();
    expect([hand.call('read', { fd: 4, bytes: 1 }), hand.call('write', { fd: 3, bytes: 1 })]).toEqual([
      'EBADF',
      'EBADF',
    ]);
  });
});
