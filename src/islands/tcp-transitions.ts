/** `<tcp-transitions>`: shows the transitions from and to one state. */
class TcpTransitions extends HTMLElement {
  connectedCallback(): void {
    const select = this.querySelector('select') as HTMLSelectElement;
    const show = () => this.#show(select.value);
    select.addEventListener('change', show);
    // A browser keeps the choice over a reload.
    show();
  }

  #show(state: string): void {
    const rows = [...this.querySelectorAll<HTMLElement>('tbody tr')];
    for (const row of rows)
      row.hidden = Boolean(state) && row.dataset.from !== state && row.dataset.to !== state;
    const shown = rows.filter(({ hidden }) => !hidden).length;
    (this.querySelector('output') as HTMLOutputElement).textContent =
      `${shown} transition${shown === 1 ? '' : 's'}${state && ` from or to ${state}`}`;
  }
}

customElements.define('tcp-transitions', TcpTransitions);
