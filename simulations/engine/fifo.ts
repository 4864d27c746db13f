/** A queue that stays fast when it is long: first in, first out. */
export class Fifo<T> {
  #items: T[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  add(item: T): void {
    this.#items.push(item);
  }

  clear(): void {
    this.#items = [];
    this.#first = 0;
  }

  /** The oldest, or undefined. */
  take(): T | undefined {
    if (this.length === 0) return undefined;
    const taken = this.#items[this.#first++];
    if (this.#first > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return taken;
  }
}
