/** The parts of a picture that appear and go with events. */
import type { TraceEvent } from '#simulations/trace/event.ts';
import { type Phase, phaseAt } from '../views/phase.ts';

interface Part {
  readonly element: Element;
  readonly from: number;
  readonly until: number | undefined;
  /** How far down it is in its picture, where that matters. */
  readonly y: number;
  /** What it was given last: most parts stay as they are from one moment to the next. */
  phase: Phase | undefined;
}

/** What a cursor's move has left on the screen. */
export interface Shown {
  /** The y of the lowest part of this moment, or else of the latest before it, in the picture's own units. */
  readonly lowest: number | null;
  /** The last part that is there. */
  readonly last: Element | null;
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
      y: Number(element.dataset.y ?? Number.NaN),
      phase: undefined,
    }));
  }

  /** Gives each part its phase as its class. @param cursor index of the last event that has happened */
  show(events: readonly TraceEvent[], cursor: number): Shown {
    let lowest: number | null = null;
    let latest: Part | null = null;
    let last: Element | null = null;
    for (const part of this.#parts) {
      const phase = phaseAt(events, cursor, part.from, part.until);
      if (phase === 'now' && part.y >= (lowest ?? 0)) lowest = part.y;
      if (phase === 'now' || phase === 'past') last = part.element;
      if (part.from <= cursor && part.from >= (latest?.from ?? 0) && !Number.isNaN(part.y)) latest = part;
      if (phase === part.phase) continue;
      part.phase = phase;
      part.element.setAttribute('class', phase);
    }
    return { lowest: lowest ?? latest?.y ?? null, last };
  }
}
