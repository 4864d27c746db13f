/** Lights where both ends are in each region of their statechart, and the region that decided. */
import type { TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import type { RegionTable as Table } from '../figures/figure.ts';
import { isLit, type StateOf } from '../views/regions.ts';

export class RegionTable {
  readonly #cells: readonly HTMLElement[];
  readonly #fields: readonly HTMLElement[];
  readonly #table: Table;

  constructor(root: HTMLElement, table: Table) {
    this.#table = table;
    this.#cells = [...root.querySelectorAll<HTMLElement>('[data-cell]')];
    this.#fields = [...root.querySelectorAll<HTMLElement>('[data-field]')];
  }

  show({ events, worldAt }: Trace, cursor: number): void {
    const decided = this.#decided(events, cursor);
    const deciding = decided ? `${decided.actor}.${decided.region}` : null;
    const world = worldAt(cursor);
    const stateOf: StateOf = (side, region) => this.#table.stateIn(world, side, region);
    for (const cell of this.#cells) {
      const name = cell.dataset.cell ?? '';
      const isNow = isLit(name, stateOf);
      cell.toggleAttribute('data-now', isNow);
      cell.toggleAttribute('data-decides', isNow && deciding !== null && name.startsWith(`${deciding}.`));
    }
    for (const place of this.#fields) {
      const [side = '', region = ''] = (place.dataset.field ?? '').split('.');
      place.textContent = stateOf(side, region) ?? '–';
      place.toggleAttribute('data-decides', place.dataset.field === deciding);
    }
  }

  /** Only what decided at this very moment counts. */
  #decided(events: readonly TraceEvent[], cursor: number) {
    for (let index = cursor; index >= 0; index--) {
      const event = events[index];
      if (!event || event.at_us !== events[cursor]?.at_us) return null;
      const decided = this.#table.decidedBy(event);
      if (decided) return decided;
    }
    return null;
  }
}
