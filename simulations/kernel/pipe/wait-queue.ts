/**
 * A queue of sleepers (`wait_queue_head_t`, `kernel/sched/wait.c`).
 *
 * Left out: priorities, signals other than death, epoll.
 */

/** One that sleeps until it is woken. */
export interface Waiter {
  readonly name: string;
  /** WQ_FLAG_EXCLUSIVE: a wake-up stops at it, and takes it off the queue. poll() waits without. */
  readonly exclusive: boolean;
  /** Makes it runnable. */
  wake(): void;
}

export class WaitQueue {
  #waiters: Waiter[] = [];

  /** Exclusive waiters queue up at the end, the others stand before them: `prepare_to_wait_event`. */
  add(waiter: Waiter): void {
    if (waiter.exclusive) this.#waiters.push(waiter);
    else this.#waiters.unshift(waiter);
  }

  remove(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((one) => one !== waiter);
  }

  /** Who sleeps here; the exclusive ones in the order in which they will be woken. */
  get names(): readonly string[] {
    return this.#waiters.map(({ name }) => name);
  }

  /** `wake_up_interruptible_sync_poll`: all that are not exclusive, and the first that is. @returns who was woken */
  wake(): readonly string[] {
    const first = this.#waiters.findIndex(({ exclusive }) => exclusive);
    return this.#wake(first < 0 ? this.#waiters : this.#waiters.slice(0, first + 1));
  }

  /** `wake_up_interruptible_all`. @returns who was woken */
  wakeAll(): readonly string[] {
    return this.#wake([...this.#waiters]);
  }

  #wake(woken: readonly Waiter[]): readonly string[] {
    this.#waiters = this.#waiters.filter((one) => !one.exclusive || !woken.includes(one));
    for (const waiter of woken) waiter.wake();
    return woken.map(({ name }) => name);
  }
}
