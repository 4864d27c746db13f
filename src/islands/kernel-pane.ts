/** Lights the kernel lines that an event's mark names, and brings them into view. */
import type { KernelMark, TraceEvent } from '#simulations/trace/event.ts';

type Marks = Readonly<Record<string, readonly [first: number, last: number]>>;

/** What the pane needs of an event. */
type Marked = Pick<TraceEvent, 'index' | 'at_us' | 'mark'>;

export class KernelPane {
  readonly #root: HTMLElement;
  #lit: KernelMark | null = null;

  constructor(root: HTMLElement) {
    this.#root = root;
    // The cursor decides which excerpt is open; without a script a reader does.
    for (const heading of root.querySelectorAll<HTMLElement>('[data-excerpt] > summary')) {
      heading.tabIndex = -1;
      heading.addEventListener('click', (event) => event.preventDefault());
    }
  }

  /** Shows the last mark at or before an event; it is dimmed when it belongs to an earlier moment. */
  show(events: readonly Marked[], cursor: number): void {
    const marked = events.findLast(({ index, mark }) => index <= cursor && mark !== null);
    this.#root.classList.toggle('earlier', marked?.at_us !== events[cursor]?.at_us);
    const mark = marked?.mark ?? null;
    if (mark === this.#lit) return;
    this.#lit = mark;
    for (const line of this.#root.querySelectorAll('.lit')) line.classList.remove('lit');
    if (!mark) return;
    const [id, name] = mark.split(':') as [string, string];
    for (const excerpt of this.#root.querySelectorAll<HTMLDetailsElement>('[data-excerpt]')) {
      const isShown = excerpt.dataset.excerpt === id;
      excerpt.open = isShown;
      if (isShown) this.#light(excerpt, name);
    }
  }

  #light(excerpt: HTMLDetailsElement, name: string): void {
    const [first, last] = (JSON.parse(excerpt.dataset.marks ?? '{}') as Marks)[name] ?? [0, -1];
    for (let number = first; number <= last; number++) {
      const line = excerpt.querySelector<HTMLElement>(`[data-line="${number}"]`);
      line?.classList.add('lit');
      const pane = excerpt.querySelector<HTMLElement>('.code');
      if (line && pane && number === first)
        pane.scrollTop = line.offsetTop - pane.offsetTop - pane.clientHeight / 2 + line.clientHeight;
    }
  }
}
