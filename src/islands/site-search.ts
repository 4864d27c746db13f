/** `<site-search>`: Pagefind in a box. Loaded when the box is first used, and Pagefind with the first word. */

interface Found {
  readonly url: string;
  readonly meta: { readonly title?: string };
  readonly excerpt: string;
  readonly sub_results: readonly { readonly title: string; readonly url: string; readonly excerpt: string }[];
}

interface Pagefind {
  options(options: { baseUrl: string }): Promise<void>;
  debouncedSearch(words: string): Promise<{ results: readonly { data(): Promise<Found> }[] } | null>;
}

/** Pages shown for one search. */
const MOST = 6;

export class SiteSearch extends HTMLElement {
  #pagefind: Promise<Pagefind> | undefined;

  connectedCallback(): void {
    const field = this.querySelector('textarea') as HTMLTextAreaElement;
    field.addEventListener('input', () => this.#search(field.value.trim()));
    field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.querySelector<HTMLAnchorElement>('[data-part=results] a')?.click();
    });
    // A result on this very page loads nothing, so the dialog has to make way itself.
    this.addEventListener('click', (event) => {
      if ((event.target as Element).closest('[data-part=results] a')) this.closest('dialog')?.close();
    });
    // Somebody types faster than this loads.
    this.#search(field.value.trim());
  }

  async #search(words: string): Promise<void> {
    const status = this.querySelector('[data-part=status]') as HTMLElement;
    const list = this.querySelector('[data-part=results]') as HTMLElement;
    if (!words) {
      list.replaceChildren();
      status.textContent = 'Type an errno, a state or what you see.';
      return;
    }
    try {
      this.#pagefind ??= this.#load();
      const found = await (await this.#pagefind).debouncedSearch(words);
      if (!found) return;
      const pages = await Promise.all(found.results.slice(0, MOST).map((result) => result.data()));
      status.textContent = pages.length
        ? `${found.results.length} ${found.results.length === 1 ? 'page' : 'pages'}`
        : `Nothing about “${words}” yet.`;
      list.replaceChildren(...pages.map(item));
    } catch {
      this.#pagefind = undefined;
      status.textContent = 'The search index is not here. It is made by npm run build.';
    }
  }

  async #load(): Promise<Pagefind> {
    const base = this.dataset.base ?? '/';
    const pagefind = (await import(/* @vite-ignore */ `${base}pagefind/pagefind.js`)) as Pagefind;
    await pagefind.options({ baseUrl: base });
    return pagefind;
  }
}

/** A page, and the sections of it that match best. Pagefind marks the words in its excerpts with `<mark>`. */
function item({ url, meta, sub_results }: Found): HTMLLIElement {
  const li = document.createElement('li');
  const title = Object.assign(document.createElement('a'), { href: url, textContent: meta.title ?? url });
  li.append(title);
  for (const { title, url, excerpt } of sub_results.slice(0, 3)) {
    const p = document.createElement('p');
    const text = document.createElement('span');
    text.innerHTML = excerpt;
    p.append(Object.assign(document.createElement('a'), { href: url, textContent: title }), ' ', text);
    li.append(p);
  }
  return li;
}

customElements.define('site-search', SiteSearch);
