/** What the tools print, one pane for each, following the cursor. */
import type { Trace } from '#simulations/engine/trace.ts';
import type { Tool } from '#simulations/tools/line.ts';
import { toolPane } from '../views/toolpane.ts';
import { Parts } from './parts.ts';

interface Pane {
  readonly element: HTMLElement;
  readonly parts: Parts;
  /** The line to look at: the last that is there. */
  last: HTMLElement | null;
}

const isShown = ({ element }: Pane): boolean => !element.closest('[data-hidden]');

export class ToolPanes {
  readonly #panes: readonly Pane[];
  readonly #tools: readonly Tool[];
  #trace: Trace | undefined;
  #cursor = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  constructor(root: Element, tools: readonly Tool[]) {
    this.#tools = tools;
    this.#panes = [...root.querySelectorAll<HTMLElement>('[data-tool]')].map((element) => ({
      element,
      parts: new Parts(),
      last: null,
    }));
  }

  /** Another run. The panes behind the other tabs are drawn once the new run is on the screen. */
  draw(trace: Trace): void {
    this.#trace = trace;
    for (const { parts } of this.#panes) parts.collect([]);
    this.#fill(this.#panes.filter(isShown));
    clearTimeout(this.#later);
    this.#later = setTimeout(() => {
      this.#fill(this.#panes.filter((pane) => !isShown(pane)));
      this.show(this.#cursor);
    });
  }

  /** @param cursor index of the last event that has happened */
  show(cursor: number): void {
    this.#cursor = cursor;
    for (const pane of this.#panes) {
      const { last } = pane.parts.show(this.#trace?.events ?? [], cursor);
      if (last === pane.last) continue;
      pane.last?.removeAttribute('data-last');
      last?.setAttribute('data-last', '');
      pane.last = last as HTMLElement | null;
    }
    this.follow();
  }

  /** Brings the newest line of the pane that can be seen into view, with the next frame. */
  follow(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      for (const { element, last } of this.#panes.filter(isShown))
        if (last)
          element.scrollTop =
            last.offsetTop - element.offsetTop - element.clientHeight + last.offsetHeight + 12;
    });
  }

  #fill(panes: readonly Pane[]): void {
    for (const pane of panes) {
      const { element, parts } = pane;
      const tool = this.#tools.find(({ name }) => name === element.dataset.tool);
      if (!tool || !this.#trace) continue;
      element.innerHTML = toolPane(tool, this.#trace);
      parts.collect([element]);
      pane.last = null;
    }
  }
}
