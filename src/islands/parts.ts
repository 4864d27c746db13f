/** The parts of a picture that appear and go with events, and the panes that scroll after them. */
import type { TraceEvent } from '#simulations/engine/trace.ts';
import { type Phase, phaseAt } from '../views/phase.ts';

interface Part {
  readonly element: Element;
  readonly from: number;
  readonly until: number | undefined;
  /** What it was given last: most parts stay as they are from one moment to the next. */
  phase: Phase | undefined;
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
      phase: undefined,
    }));
  }

  /** Gives each part its phase as its class. @param cursor index of the last event that has happened */
  show(events: readonly TraceEvent[], cursor: number): void {
    for (const part of this.#parts) {
      const phase = phaseAt(events, cursor, part.from, part.until);
      if (phase === part.phase) continue;
      part.phase = phase;
      part.element.setAttribute('class', phase);
    }
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
  const last = [...pane.querySelectorAll<HTMLElement>(':scope > :is(.now, .past)')].at(-1);
  for (const line of pane.querySelectorAll('[data-last]')) line.removeAttribute('data-last');
  last?.setAttribute('data-last', '');
  if (last) pane.scrollTop = last.offsetTop - pane.offsetTop - pane.clientHeight + last.offsetHeight + 12;
}
