/** What the tools print, one pane for each, following the cursor. */

import type { Tool } from '#simulations/tools/tool.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { toolPane } from '../views/toolpane.ts';
import { Parts } from './parts.ts';

interface Pane {
  readonly element: HTMLElement;
  readonly parts: Parts;
  /** The line to look at: the last that is there. */
  last: HTMLElement | null;
}

const isShown = ({ element }: Pane): boolean => !element.closest('[data-hidden]');

/** How long a new run stays as it is before the panes behind the other tabs are drawn too, ms. */
const REST_ms = 200;

export class ToolPanes {
  readonly #panes: readonly Pane[];
  readonly #load: () => Promise<readonly Tool[]>;
  #tools: readonly Tool[] | undefined;
  /** Panes that do not show the run yet. */
  #waiting: readonly Pane[] = [];
  #isAsBuilt = true;
  #trace: Trace | undefined;
  #cursor = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  /** @param load gets the tools: only for another run than the one that the panes were built with */
  constructor(root: Element, load: () => Promise<readonly Tool[]>) {
    this.#load = load;
    this.#panes = [...root.querySelectorAll<HTMLElement>('[data-tool]')].map((element) => ({
      element,
      parts: new Parts(),
      last: null,
    }));
    addEventListener('beforeprint', () => {
      this.#fill(() => true);
      this.show(this.#cursor);
    });
  }

  /** Another run. @param isBuilt whether it is the run that the panes were built with */
  draw(trace: Trace, isBuilt: boolean): void {
    this.#trace = trace;
    clearTimeout(this.#later);
    this.#isAsBuilt &&= isBuilt;
    if (this.#isAsBuilt) for (const { element, parts } of this.#panes) parts.collect([element]);
    else if (this.#tools) this.#redraw();
    else this.#redrawWhenLoaded(trace);
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
    this.#follow();
  }

  /** Another tab was opened. */
  open(): void {
    this.#fill(isShown);
    this.show(this.#cursor);
  }

  /** Brings the newest line of the pane that can be seen into view, with the next frame. */
  #follow(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      for (const { element, last } of this.#panes.filter(isShown))
        if (last)
          // What is higher than the pane is read from its top.
          element.scrollTop =
            last.offsetTop - element.offsetTop - Math.max(0, element.clientHeight - last.offsetHeight - 12);
    });
  }

  /** The panes behind the other tabs are drawn when one is opened, or one after another once the reader rests. */
  #redraw(): void {
    for (const { parts } of this.#panes) parts.collect([]);
    this.#waiting = this.#panes;
    this.#fill(isShown);
    this.#later = setTimeout(() => this.#fillRest(), REST_ms);
  }

  #fillRest(): void {
    const [next] = this.#waiting;
    if (!next) return;
    this.#fill((pane) => pane === next);
    this.show(this.#cursor);
    this.#later = setTimeout(() => this.#fillRest());
  }

  async #redrawWhenLoaded(trace: Trace): Promise<void> {
    this.#say('');
    try {
      this.#tools = await this.#load();
    } catch {
      this.#say('The tools could not be loaded. Reload the page.');
      return;
    }
    if (trace !== this.#trace) return;
    this.#redraw();
    this.show(this.#cursor);
  }

  /** Instead of the lines of a run that is no longer shown. */
  #say(text: string): void {
    for (const pane of this.#panes) {
      pane.element.textContent = text;
      pane.parts.collect([]);
      pane.last = null;
    }
  }

  /** Draws the panes that wait and are wanted. */
  #fill(isWanted: (pane: Pane) => boolean): void {
    for (const pane of this.#waiting.filter(isWanted)) {
      const { element, parts } = pane;
      const tool = this.#tools?.find(({ name }) => name === element.dataset.tool);
      if (!tool || !this.#trace) continue;
      element.innerHTML = toolPane(tool, this.#trace);
      parts.collect([element]);
      pane.last = null;
    }
    this.#waiting = this.#waiting.filter((pane) => !isWanted(pane));
  }
}
