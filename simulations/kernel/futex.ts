/**
 * futex() (`kernel/futex/waitwake.c`): threads of one process that wait at an address in memory.
 *
 * Left out: the value that is compared (a thread waits when its program says so), timeouts, priorities, requeueing.
 */
import type { VirtualClock } from '../engine/clock.ts';
import type { Answer, Waiting } from '../machine/program.ts';
import type { Thread } from '../machine/thread.ts';
import { failure, success } from './answer.ts';
import { type Waiter, WaitQueue } from './wait-queue.ts';

export class Futexes {
  readonly #clock: VirtualClock;
  readonly #wchan: string;
  /** By process, as FUTEX_PRIVATE_FLAG has it, then by address. */
  readonly #queues = new Map<string, WaitQueue>();

  /** @param wchan the function that a thread sleeps in here */
  constructor(clock: VirtualClock, wchan: string) {
    this.#clock = clock;
    this.#wchan = wchan;
  }

  /** FUTEX_WAIT. */
  wait(thread: Thread, uaddr: number): Waiting {
    return {
      wchan: this.#wchan,
      until_us: null,
      wait: (done) => {
        const queue = this.#at(thread, uaddr);
        const waiter: Waiter = {
          tid: thread.tid,
          name: thread.name,
          exclusive: true,
          wake: () => this.#clock.after(0, () => done(success()), 'arrival'),
        };
        queue.add(waiter);
        return () => queue.remove(waiter);
      },
      interrupted: () => failure('EINTR'),
    };
  }

  /** FUTEX_WAKE, by a thread of the same process. @returns how many were woken */
  wake(thread: Thread, uaddr: number, most: number): Answer {
    const queue = this.#at(thread, uaddr);
    let woken = 0;
    while (woken < most && queue.wake().length > 0) woken++;
    return success(woken);
  }

  #at({ pid }: Thread, uaddr: number): WaitQueue {
    const key = `${pid} ${uaddr}`;
    const known = this.#queues.get(key);
    if (known) return known;
    const queue = new WaitQueue();
    this.#queues.set(key, queue);
    return queue;
  }
}
