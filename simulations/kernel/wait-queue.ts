/**
 * A queue of sleepers (`wait_queue_head_t`, `kernel/sched/wait.c`).
 *
 * Left out: priorities, signals other than death.
 */
import type { Sleeper } from '../machine/state.ts';

/** One that sleeps until it is woken. */
export interface Waiter extends Sleeper {
  /** WQ_FLAG_EXCLUSIVE: a wake-up stops at it, and takes it off the queue. poll() waits without. */
  readonly exclusive: boolean;
  /** Makes it runnable. */
  wake(): void;
}

const NOBODY: readonly string[] = [];

export class WaitQueue {
  #waiters: Waiter[] = [];
  #sleepers: readonly Sleeper[] | null = null;

  /** Exclusive waiters queue up at the end, the others stand before them: `prepare_to_wait_event`. */
  add(waiter: Waiter): void {
    if (waiter.exclusive) this.#waiters.push(waiter);
    else this.#waiters.unshift(waiter);
    this.#sleepers = null;
  }

  remove(waiter: Waiter): void {
    const at = this.#waiters.indexOf(waiter);
    if (at < 0) return;
    this.#waiters.splice(at, 1);
    this.#sleepers = null;
  }

  get length(): number {
    return this.#waiters.length;
  }

  /** Who sleeps here; the exclusive ones in the order in which they will be woken. */
  get sleepers(): readonly Sleeper[] {
    this.#sleepers ??= this.#waiters.map(({ tid, name }) => ({ tid, name }));
    return this.#sleepers;
  }

  /** Their names. */
  get names(): readonly string[] {
    return this.sleepers.map(({ name }) => name);
  }

  /** `wake_up_interruptible_sync_poll`: all that are not exclusive, and the first that is. @returns who was woken */
  wake(): readonly string[] {
    if (this.#waiters.length === 0) return NOBODY;
    const first = this.#waiters.findIndex(({ exclusive }) => exclusive);
    return this.#wake(first < 0 ? this.#waiters : this.#waiters.slice(0, first + 1));
  }

  /** `wake_up_interruptible_all`. @returns who was woken */
  wakeAll(): readonly string[] {
    return this.#wake([...this.#waiters]);
  }

  #wake(woken: readonly Waiter[]): readonly string[] {
    if (woken.length === 0) return NOBODY;
    this.#waiters = this.#waiters.filter((one) => !one.exclusive || !woken.includes(one));
    this.#sleepers = null;
    for (const waiter of woken) waiter.wake();
    return woken.map(({ name }) => name);
  }
}
