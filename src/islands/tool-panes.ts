/** What the tools print, one pane for each, following the cursor. */
import type { Trace } from '#simulations/engine/trace.ts';
import { tools } from '#simulations/tools/catalogue.ts';
import { toolPane } from '../views/toolpane.ts';
import { followLines, Parts } from './parts.ts';

interface Pane {
  readonly element: HTMLElement;
  readonly parts: Parts;
}

export class ToolPanes {
  readonly #panes: readonly Pane[];
  #trace: Trace | undefined;
  #cursor = 0;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(root: Element) {
    this.#panes = [...root.querySelectorAll<HTMLElement>('[data-tool]')].map((element) => ({
      element,
      parts: new Parts(),
    }));
  }

  /** Another run. The panes behind the other tabs are drawn once the new run is on the screen. */
  draw(trace: Trace): void {
    this.#trace = trace;
    const isShown = ({ element }: Pane) => !element.closest('[data-hidden]');
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
    for (const { element, parts } of this.#panes) {
      parts.show(this.#trace?.events ?? [], cursor);
      followLines(element);
    }
  }

  #fill(panes: readonly Pane[]): void {
    for (const { element, parts } of panes) {
      const tool = tools.find(({ name }) => name === element.dataset.tool);
      if (!tool || !this.#trace) continue;
      element.innerHTML = toolPane(tool, this.#trace);
      parts.collect([element]);
    }
  }
}
