/**
 * Virtual time: a clock that jumps from one deadline to the next.
 *
 * Time is a whole number of microseconds since the run began. Nothing here reads the wall clock.
 * The shape is XState's `clock` option, so a root actor and all its children run on it.
 *
 * Left out: timer-wheel granularity. A deadline is met exactly; a real kernel is late (never early).
 */

/** What must happen first when two things fall on the same microsecond. */
export type Rank = 'arrival' | 'hrtimer' | 'timer';

interface Entry {
  readonly due_us: number;
  readonly rank: number;
  readonly sequence: number;
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * At the same instant an arrival goes before a timer, because a real timer is only ever late, and a
 * high-resolution timer (poll()'s) before one on the timer wheel, which is later.
 */
const RANKS: Record<Rank, number> = { arrival: 0, hrtimer: 1, timer: 2 };

const before = (a: Entry, b: Entry): boolean =>
  a.due_us !== b.due_us ? a.due_us < b.due_us : a.rank !== b.rank ? a.rank < b.rank : a.sequence < b.sequence;

/** A deadline-ordered clock. Equal deadlines of equal rank fire in the order in which they were set. */
export class VirtualClock {
  #now_us = 0;
  #sequence = 0;
  readonly #heap: Entry[] = [];
  /** Called once, before time next moves on; what is set here takes the place of what was. */
  beforeNextMove: (() => void) | null = null;

  /** Microseconds since the run began. */
  get now_us(): number {
    return this.#now_us;
  }

  /** XState's entry point. @param delay_ms milliseconds, fractions down to 1 µs are kept. */
  setTimeout = (run: () => void, delay_ms: number): Entry => this.after(Math.round(delay_ms * 1000), run);

  /** XState's entry point; the counterpart of {@link setTimeout}. Constant time: the heap skips it later. */
  clearTimeout = (entry: Entry | undefined): void => {
    if (entry) entry.cancelled = true;
  };

  /** Runs `run` after `delay_us` microseconds; a negative delay counts as 0. */
  after(delay_us: number, run: () => void, rank: Rank = 'timer'): Entry {
    const entry: Entry = {
      due_us: this.#now_us + Math.max(0, Math.round(delay_us)),
      rank: RANKS[rank],
      sequence: this.#sequence++,
      run,
      cancelled: false,
    };
    this.#push(entry);
    return entry;
  }

  /** Runs the next deadline. @returns false when nothing is left. */
  step(): boolean {
    const entry = this.#pop();
    if (!entry) return false;
    this.#moveTo(entry.due_us);
    entry.run();
    return true;
  }

  /** When the next deadline is, in µs, or null when nothing is due. */
  get next_us(): number | null {
    return this.#peek()?.due_us ?? null;
  }

  /** Runs the arrivals that are due at this very instant. */
  deliver(): void {
    for (
      let next = this.#peek();
      next && next.due_us <= this.#now_us && next.rank === RANKS.arrival;
      next = this.#peek()
    )
      this.step();
  }

  /** Runs everything due within the next `duration_us` microseconds and leaves the clock at its end. */
  advance(duration_us: number): void {
    const end_us = this.#now_us + duration_us;
    for (let next = this.#peek(); next && next.due_us <= end_us; next = this.#peek()) this.step();
    this.#moveTo(end_us);
  }

  #moveTo(at_us: number): void {
    if (at_us === this.#now_us) return;
    const before = this.beforeNextMove;
    this.beforeNextMove = null;
    before?.();
    this.#now_us = at_us;
  }

  /**
   * Runs until nothing is due.
   * @throws RangeError after `limit` deadlines: a run that never ends is a defect of the simulation.
   */
  drain(limit = 5_000_000): void {
    for (let count = 0; this.step(); count++)
      if (count >= limit) throw new RangeError(`the run did not end within ${limit} deadlines`);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #peek(): Entry | undefined {
    while (this.#heap[0]?.cancelled) this.#removeTop();
    return this.#heap[0];
  }

  #pop(): Entry | undefined {
    const top = this.#peek();
    if (top) this.#removeTop();
    return top;
  }

  #removeTop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!before(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}
