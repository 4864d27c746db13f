/** `<error-filter>`: shows, of the page of errors, what fits a text. It loads the table when it is first used. */
import type { Index } from '#site/search/match.ts';

type Find = (text: string) => ReadonlySet<number>;

export class ErrorFilter extends HTMLElement {
  #find: Promise<Find> | undefined;

  connectedCallback(): void {
    const field = this.querySelector('input') as HTMLInputElement;
    field.addEventListener('input', () => this.#filter(field.value));
    // The browser's own way back brings the words and not what they hid.
    addEventListener('pageshow', () => {
      if (field.value) this.#filter(field.value);
    });
  }

  async #filter(text: string): Promise<void> {
    const status = this.querySelector('[data-part=status]') as HTMLElement;
    const articles = [...document.querySelectorAll<HTMLElement>('[data-entry]')];
    let shown: ReadonlySet<number> | null = null;
    try {
      this.#find ??= load(this.dataset.base ?? '/');
      const find = await this.#find;
      if (text.trim()) shown = find(text);
    } catch {
      this.#find = undefined;
      status.textContent = 'The list cannot be filtered at the moment; all of it is below.';
    }
    for (const article of articles)
      article.hidden = shown !== null && !shown.has(Number(article.dataset.entry));
    for (const part of [
      ...document.querySelectorAll<HTMLElement>('.error'),
      ...document.querySelectorAll<HTMLElement>('.kind:has([data-entry])'),
    ])
      part.hidden = !part.querySelector('[data-entry]:not([hidden])');
    (document.querySelector('.kinds') as HTMLElement).hidden = shown !== null;
    if (!this.#find) return;
    if (shown === null) status.textContent = `${articles.length} entries`;
    else if (shown.size === 0)
      status.textContent =
        'None of the entries fits. Try the error’s own words, without what is around them.';
    else status.textContent = `${shown.size} of ${articles.length} entries`;
  }
}

async function load(base: string): Promise<Find> {
  const [{ Index }, { loadErrors }] = await Promise.all([
    import('#site/search/match.ts'),
    import('#site/search/found.ts'),
  ]);
  const errors = await loadErrors(base);
  const index: Index<(typeof errors)[number]> = new Index(errors);
  return (text) => new Set(index.find(text).map(({ entry }) => errors.indexOf(entry)));
}

customElements.define('error-filter', ErrorFilter);
