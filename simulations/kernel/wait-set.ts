/** Who waits for a change of a socket. A woken process runs after the softirq that woke it. */
import type { Rank, VirtualClock } from '../engine/clock.ts';

export class WaitSet {
  readonly #clock: VirtualClock;
  readonly #waiters = new Set<() => void>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Calls `wake` at the next change, after it. @returns a function that ends that */
  add(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => this.#waiters.delete(wake);
  }

  /** @param rank what they wait for, among what is due at the same moment */
  wake(rank: Rank = 'timer'): void {
    if (this.#waiters.size === 0) return;
    for (const wake of [...this.#waiters])
      this.#clock.after(
        0,
        () => {
          if (this.#waiters.has(wake)) wake();
        },
        rank,
      );
  }
}
