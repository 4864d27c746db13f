/**
 * A queue of work between threads of one process (Python's `queue.Queue`, a lock in memory and futex() where a thread
 * must wait).
 *
 * Left out: a queue that is full.
 */
import { Fifo } from '../engine/fifo.ts';
import { sys } from '../machine/calls.ts';
import type { Program } from '../machine/program.ts';

export class WorkQueue<T> {
  readonly #uaddr: number;
  readonly #items = new Fifo<T>();
  /** Threads that wait, or have been woken and not yet run. */
  #idle = 0;

  /** @param uaddr where its lock lies in memory: any number that no other queue of the process has */
  constructor(uaddr: number) {
    this.#uaddr = uaddr;
  }

  /** Items that nobody has taken. */
  get length(): number {
    return this.#items.length;
  }

  /** Whether nobody waits for work. */
  get isBusy(): boolean {
    return this.#idle === 0;
  }

  *put(item: T): Program {
    this.#items.add(item);
    if (this.#idle > 0) yield* sys.futexWake(this.#uaddr, 1);
  }

  /** The oldest item; waits where there is none. */
  *get(): Program<T> {
    for (;;) {
      const item = this.#items.take();
      if (item !== undefined) return item;
      this.#idle++;
      yield* sys.futexWait(this.#uaddr);
      this.#idle--;
    }
  }

  /** The process is gone. */
  clear(): void {
    this.#items.clear();
  }
}
