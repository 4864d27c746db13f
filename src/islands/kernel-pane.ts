/** Lights the kernel lines that decided, with the values that they decided on, and brings them into view. */
import type { KernelMark, TraceEvent } from '#simulations/trace/event.ts';
import { type CodeLine, cameTo, evaluated } from '../views/evaluated.ts';

type Marks = Readonly<Record<string, readonly [first: number, last: number]>>;

/** What the pane needs of an event. */
type Marked = Pick<TraceEvent, 'index' | 'at_us' | 'mark' | 'decision'>;

export class KernelPane {
  readonly #root: HTMLElement;
  #shown: Marked | null = null;
  /** Lines that have values in them, as they were. */
  readonly #plain = new Map<HTMLElement, string>();

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
    const marked = events.findLast(({ index, mark }) => index <= cursor && mark !== null) ?? null;
    this.#root.classList.toggle('earlier', marked?.at_us !== events[cursor]?.at_us);
    if (marked?.mark === this.#shown?.mark && marked?.decision === this.#shown?.decision) return;
    this.#shown = marked;
    this.#darken();
    if (!marked?.mark) return;
    const { mark, decision } = marked;
    const condition = decision?.mark ?? mark;
    const [id] = condition.split(':');
    for (const excerpt of this.#root.querySelectorAll<HTMLDetailsElement>('[data-excerpt]')) {
      const isShown = excerpt.dataset.excerpt === id;
      excerpt.open = isShown;
      if (!isShown) continue;
      // The line that acts on it is marked too, where it stands in the same excerpt.
      if (condition !== mark) this.#light(excerpt, mark, 'acts');
      const lines = this.#light(excerpt, condition, 'lit');
      if (decision) this.#evaluate(lines, decision);
      const pane = excerpt.querySelector<HTMLElement>('.code');
      const [first] = lines;
      if (pane && first)
        pane.scrollTop = first.offsetTop - pane.offsetTop - pane.clientHeight / 2 + first.clientHeight;
    }
  }

  #darken(): void {
    for (const line of this.#root.querySelectorAll('.lit, .acts')) line.classList.remove('lit', 'acts');
    for (const [line, markup] of this.#plain) line.innerHTML = markup;
    this.#plain.clear();
  }

  /** @returns the lines, from the first on; none where the mark is in another excerpt */
  #light(excerpt: HTMLElement, mark: KernelMark, how: 'lit' | 'acts'): HTMLElement[] {
    const [id, name = ''] = mark.split(':');
    if (id !== excerpt.dataset.excerpt) return [];
    const [first, last] = (JSON.parse(excerpt.dataset.marks ?? '{}') as Marks)[name] ?? [0, -1];
    const lines: HTMLElement[] = [];
    for (let number = first; number <= last; number++) {
      const line = excerpt.querySelector<HTMLElement>(`[data-line="${number}"]`);
      if (!line) continue;
      line.classList.add(how);
      lines.push(line);
    }
    return lines;
  }

  #evaluate(lines: readonly HTMLElement[], decision: NonNullable<Marked['decision']>): void {
    const written = evaluated(lines.map(piecesOf), decision);
    for (const [i, line] of lines.entries()) {
      this.#plain.set(line, line.innerHTML);
      const isLast = i === lines.length - 1;
      line.innerHTML = `${written[i]}${isLast ? `<span class="came-to">${cameTo(decision)}</span>` : ''}`;
    }
  }
}

/** A highlighted line as the view takes it. */
const piecesOf = (line: HTMLElement): CodeLine =>
  [...line.childNodes].map((node) => ({
    text: node.textContent ?? '',
    kind: node instanceof HTMLElement ? node.className : null,
  }));
