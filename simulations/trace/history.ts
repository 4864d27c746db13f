/**
 * What a thing was at each event of a run, kept by what changed: memory grows with the changes, and a moment is found
 * by binary search.
 */
import type { Lookup } from '../machine/state.ts';

/** A thing that can say what it is now. */
export interface Source<T> {
  state(): T;
}

/** One thing's place in the trace. */
export class Cell<T> {
  readonly #ledger: Ledger;
  #source: Source<T> | null;
  #isTouched = false;
  #indices: number[] | null = null;
  #values: (T | undefined)[] | null = null;
  /** Puts it on its shelf, with the first value that it keeps: what comes and goes between two events leaves nothing. */
  readonly #onKept: (() => void) | null;

  constructor(ledger: Ledger, source: Source<T> | null, onKept: (() => void) | null = null) {
    this.#ledger = ledger;
    this.#source = source;
    this.#onKept = onKept;
    if (source) this.touch();
  }

  /** It has changed, and will be looked at before the next event. */
  touch(): void {
    if (this.#isTouched) return;
    this.#isTouched = true;
    this.#ledger.add(this);
  }

  /** From now on it is what another source says. */
  become(source: Source<T>): void {
    this.#source = source;
    this.touch();
  }

  /** It is gone. */
  end(): void {
    this.#source = null;
    this.touch();
  }

  /** For the ledger: keeps what it is now as what it was after an event. */
  keep(index: number): void {
    this.#isTouched = false;
    const value = this.#source?.state();
    if (this.#indices === null || this.#values === null) {
      if (value === undefined) return;
      this.#indices = [index];
      this.#values = [value];
      this.#onKept?.();
      return;
    }
    const last = this.#indices.length - 1;
    if (this.#values[last] === value) return;
    if (this.#indices[last] === index) this.#values[last] = value;
    else {
      this.#indices.push(index);
      this.#values.push(value);
    }
  }

  /** What it was after an event; undefined before it came into being and after it was gone. */
  at(index: number): T | undefined {
    const indices = this.#indices;
    if (!indices || !this.#values) return undefined;
    let low = 0;
    let high = indices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((indices[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.#values[low - 1];
  }
}

/** The cells that have changed since they were last looked at. */
export class Ledger {
  #touched: Cell<unknown>[] = [];

  add<T>(cell: Cell<T>): void {
    this.#touched.push(cell as Cell<unknown>);
  }

  /** Keeps all changes as what was so after an event. */
  keep(index: number): void {
    if (this.#touched.length === 0) return;
    const touched = this.#touched;
    this.#touched = [];
    for (const cell of touched) cell.keep(index);
  }
}

/** Things of one kind by key, each with its history. */
export class Shelf<K, T> {
  readonly #ledger: Ledger;
  readonly #cells = new Map<K, Cell<T>>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A thing that is there from now on. A key that was used before goes on with the new thing. */
  open(key: K, source: Source<T>): Cell<T> {
    const known = this.#cells.get(key);
    if (known) {
      known.become(source);
      return known;
    }
    const cell: Cell<T> = new Cell(this.#ledger, source, () => this.#cells.set(key, cell));
    return cell;
  }

  /** The things as they were after an event. */
  at(index: number): Lookup<K, T> {
    const cells = this.#cells;
    return {
      get: (key) => cells.get(key)?.at(index),
      *entries() {
        for (const [key, cell] of cells) {
          const value = cell.at(index);
          if (value !== undefined) yield [key, value] as const;
        }
      },
      *values() {
        for (const cell of cells.values()) {
          const value = cell.at(index);
          if (value !== undefined) yield value;
        }
      },
    };
  }
}
