/** The parts of a picture that appear and go with events, and the panes that scroll after them. */
import type { TraceEvent } from '#simulations/engine/trace.ts';
import { phaseAt } from '../views/phase.ts';

interface Part {
  readonly element: Element;
  readonly from: number;
  readonly until: number | undefined;
}

export class Parts {
  #parts: Part[] = [];

  /** Takes up the parts within these roots, in place of those of an earlier drawing. */
  collect(roots: readonly Element[]): void {
    const elements = roots.flatMap((root) => [
      ...root.querySelectorAll<HTMLElement | SVGElement>('[data-from]'),
    ]);
    this.#parts = elements.map((element) => ({
      element,
      from: Number(element.dataset.from),
      until: element.dataset.until === undefined ? undefined : Number(element.dataset.until),
    }));
  }

  /** Gives each part its phase as its class. @param cursor index of the last event that has happened */
  show(events: readonly TraceEvent[], cursor: number): void {
    for (const { element, from, until } of this.#parts)
      element.setAttribute('class', phaseAt(events, cursor, from, until));
  }
}

/** Scrolls a pane, and only it, so that what happens now can be seen. */
export function follow(pane: HTMLElement): void {
  const now = [...pane.querySelectorAll<SVGElement>('.now')].at(-1)?.getBoundingClientRect();
  if (!now) return;
  const { top, bottom } = pane.getBoundingClientRect();
  if (now.bottom > bottom - 40) pane.scrollTop += now.bottom - bottom + 80;
  else if (now.top < top + 20) pane.scrollTop -= top - now.top + 60;
}

/** In a tool's output the last line that is there is the one to look at. */
export function followLines(pane: HTMLElement): void {
  const lines = [...pane.children].filter((line) => /now|past/.test(line.className)) as HTMLElement[];
  const last = lines.at(-1);
  for (const line of lines) line.setAttribute('class', line === last ? 'now' : 'past');
  if (last) pane.scrollTop = last.offsetTop - pane.offsetTop - pane.clientHeight + last.offsetHeight + 12;
}
