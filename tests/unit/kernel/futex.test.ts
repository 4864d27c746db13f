import { describe, expect, it } from 'vitest';
import { sys } from '#simulations/machine/calls.ts';
import type { Process } from '#simulations/machine/process.ts';
import { Lab } from '../machine/lab.ts';

const UADDR = 0x7f00;

/** Threads of one process that wait at an address, and one that wakes. */
function waiting(names: readonly string[]) {
  const lab = new Lab();
  const process = lab.process();
  const wait = (name: string, of: Process = process, uaddr = UADDR) =>
    lab.run(
      function* (say) {
        const { errno } = yield* sys.futexWait(uaddr);
        say(name, errno ?? 'goes on');
        yield* sys.pause();
      },
      of,
      name,
    );
  const threads = names.map((name) => wait(name));
  const hand = lab.hand(process);
  const wake = (most: number) => hand.call('futex', { uaddr: UADDR, op: 'FUTEX_WAKE_PRIVATE', most });
  return { lab, process, threads, wake, wait };
}

describe('threads that wait at an address', () => {
  it('are woken in the order in which they came, so many as asked for', () => {
    const { lab, wake } = waiting(['a', 'b', 'c', 'd']);
    expect(wake(1)).toBe(1);
    expect(lab.log).toEqual(['0 a goes on']);
    lab.wait(3);
    expect([wake(2), wake(9), wake(9)]).toEqual([2, 1, 0]);
    expect(lab.log.slice(1)).toEqual(['3 b goes on', '3 c goes on', '3 d goes on']);
  });

  it('sleep in the kernel without a deadline, and a wake-up that came before does not count', () => {
    const { wake, wait } = waiting([]);
    expect(wake(1)).toBe(0);
    const thread = wait('late');
    expect(thread.state().call).toMatchObject({
      name: 'futex',
      wchan: 'futex_wait_queue',
      deadline_us: null,
    });
  });

  it('are EINTR when a signal comes, and are not woken in place of another', () => {
    const { lab, threads, wake } = waiting(['a', 'b']);
    threads[0]?.interrupt();
    expect([wake(1), lab.log]).toEqual([1, ['0 a EINTR', '0 b goes on']]);
  });

  it('leave the queue when they are killed with their process', () => {
    const { lab, process, wait } = waiting(['a']);
    process.kill();
    const other = lab.process();
    const survivor = wait('b', other);
    const hand = lab.hand(other);
    expect(hand.call('futex', { uaddr: UADDR, op: 'FUTEX_WAKE_PRIVATE', most: 9 })).toBe(1);
    expect([lab.log, survivor.status]).toEqual([['0 b goes on'], 'asleep']);
  });

  it('are those of one process, and of one address', () => {
    const { lab, process, wake, wait } = waiting([]);
    const stranger = wait('stranger', lab.process());
    const elsewhere = wait('elsewhere', process, UADDR + 4);
    expect([wake(9), stranger.status, elsewhere.status]).toEqual([0, 'asleep', 'asleep']);
  });
});
