/** Tabs, as the ARIA practices have them: arrows move, Home and End jump, one tab stop. */
export class Tabs {
  readonly #tabs: HTMLElement[];
  readonly #onSelect: (tab: HTMLElement) => void;

  /** @param onSelect is told when a reader has another pane shown */
  constructor(list: HTMLElement, onSelect: (tab: HTMLElement) => void) {
    this.#onSelect = onSelect;
    this.#tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')];
    list.addEventListener('click', (event) => {
      const tab = (event.target as Element).closest<HTMLElement>('[role=tab]');
      if (tab) this.#select(tab);
    });
    list.addEventListener('keydown', (event) => {
      const at = this.#tabs.indexOf(event.target as HTMLElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.#tabs.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const tab = this.#tabs[(to + this.#tabs.length) % this.#tabs.length];
      if (!tab) return;
      this.#select(tab);
      tab.focus();
    });
  }

  #select(tab: HTMLElement): void {
    this.show(tab);
    this.#onSelect(tab);
  }

  /** Shows the pane of a tab, and no other. */
  show(selected: HTMLElement): void {
    for (const tab of this.#tabs) {
      const isSelected = tab === selected;
      tab.setAttribute('aria-selected', String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
      const pane = document.getElementById(tab.getAttribute('aria-controls') ?? '');
      pane?.toggleAttribute('data-hidden', !isSelected);
    }
  }
}
