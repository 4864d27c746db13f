/**
 * `<site-search>`: finds the step that an error leads to, then sentences of the chapters. Loaded when the box is first used;
 * the table of errors comes with it, and Pagefind with the first words.
 */
import { type FoundError, loadErrors, notCovered } from '#site/search/found.ts';
import { Index, type Match } from '#site/search/match.ts';
import { type FoundPage, type FoundSection, queryOf, sectionsOf } from '#site/search/prose.ts';
import { keep, recall } from './kept.ts';

interface Pagefind {
  options(options: { baseUrl: string }): Promise<void>;
  debouncedSearch(words: string): Promise<{ results: readonly { data(): Promise<FoundPage> }[] } | null>;
}

/** Shown for one search: errors, pages of prose, and sections of one page. */
const MOST = { errors: 5, pages: 5, sections: 2 } as const;
/** An error that fits much worse than the best one only distracts. */
const WORTH = 0.4;
/** More words than these are a log line, and no chapter has it as a sentence. */
const PROSE_words = 8;
/** The last words looked for, so that whoever went to a result finds the way back to the others. */
const LAST = 'search';

export class SiteSearch extends HTMLElement {
  #errors: Promise<Index<FoundError>> | undefined;
  #pagefind: Promise<Pagefind> | undefined;
  /** Of the search under way: an earlier one that ends later shows nothing. */
  #turn = 0;
  /** What the results are of. */
  #shown = '';
  /** Enter was pressed before there was a result of what was typed. */
  #isAwaited = false;

  connectedCallback(): void {
    const field = this.#field;
    field.addEventListener('input', () => this.#search(field.value));
    this.addEventListener('keydown', (event) => this.#key(event));
    // A result on this very page loads nothing, so the dialog has to make way itself.
    this.addEventListener('click', (event) => {
      if (!(event.target as Element).closest('[data-part=results] a')) return;
      keep('sessionStorage', LAST, field.value);
      this.closest('dialog')?.close();
    });
    const left = recall('sessionStorage', LAST);
    if (!field.value && typeof left === 'string' && left) {
      field.value = left;
      field.select();
    }
    // Somebody types faster than this loads.
    this.#search(field.value);
  }

  get #field(): HTMLTextAreaElement {
    return this.querySelector('textarea') as HTMLTextAreaElement;
  }

  #key(event: KeyboardEvent): void {
    const links = [...this.querySelectorAll<HTMLAnchorElement>('[data-part=results] a')];
    const at = links.indexOf(event.target as HTMLAnchorElement);
    const isField = event.target === this.#field;
    if (isField && event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      if (links[0] && this.#shown === this.#field.value) links[0].click();
      else this.#isAwaited = true;
    } else if (event.key === 'ArrowDown' && (at >= 0 || (isField && isAtEnd(this.#field)))) {
      const next = links[at + 1];
      if (!next) return;
      event.preventDefault();
      next.focus();
    } else if (event.key === 'ArrowUp' && at >= 0) {
      event.preventDefault();
      (links[at - 1] ?? this.#field).focus();
    } else if (event.key === 'Escape' && this.#field.value && !this.closest('dialog')) {
      this.#field.value = '';
      this.#field.focus();
      this.#search('');
    }
  }

  async #search(text: string): Promise<void> {
    const turn = ++this.#turn;
    this.#isAwaited = false;
    keep('sessionStorage', LAST, text.trim() ? text : '');
    if (!text.trim())
      return this.#show(text, [], 'Paste an error as it is, or type a state, a call, or what you see.');
    const { found, isBroken } = await this.#matches(text);
    if (turn !== this.#turn) return;
    const query = queryOf(text);
    const asksProse = query !== '' && query.split(' ').length <= PROSE_words;
    this.#show(text, found, asksProse ? 'Searching …' : told(found, []));
    if (asksProse) await this.#showProse(turn, text, query, found);
    if (isBroken && turn === this.#turn) this.#fail();
  }

  async #showProse(
    turn: number,
    text: string,
    query: string,
    found: readonly Match<FoundError>[],
  ): Promise<void> {
    const status = this.querySelector('[data-part=status]') as HTMLElement;
    try {
      const sections = await this.#prose(text, query);
      if (turn !== this.#turn || !sections) return;
      const known = new Set(found.map(({ entry }) => entry.href));
      const others = sections.filter(({ href }) => !known.has(href));
      status.textContent = told(found, others);
      this.#list(others.map(sectionItem), found[0]?.fit === 'some words' ? 'afterbegin' : 'beforeend');
    } catch {
      this.#pagefind = undefined;
      if (turn !== this.#turn) return;
      status.textContent = `${told(found, [])} The text of the chapters cannot be searched at the moment.`;
    }
  }

  async #matches(text: string): Promise<{ found: Match<FoundError>[]; isBroken: boolean }> {
    try {
      this.#errors ??= loadErrors(this.#base).then((errors) => new Index(errors));
      const all = (await this.#errors).find(text);
      const best = all[0]?.score ?? 0;
      return {
        found: all.filter(({ score }) => score >= WORTH * best).slice(0, MOST.errors),
        isBroken: false,
      };
    } catch {
      this.#errors = undefined;
      return { found: [], isBroken: true };
    }
  }

  async #prose(text: string, query: string): Promise<FoundSection[] | null> {
    this.#pagefind ??= this.#load();
    const answer = await (await this.#pagefind).debouncedSearch(query);
    if (!answer) return null;
    const pages = await Promise.all(answer.results.slice(0, MOST.pages).map((result) => result.data()));
    return sectionsOf(pages, text, MOST.sections);
  }

  get #base(): string {
    return this.dataset.base ?? '/';
  }

  async #load(): Promise<Pagefind> {
    const pagefind = (await import(/* @vite-ignore */ `${this.#base}pagefind/pagefind.js`)) as Pagefind;
    await pagefind.options({ baseUrl: this.#base });
    return pagefind;
  }

  #fail(): void {
    const status = this.querySelector('[data-part=status]') as HTMLElement;
    const link = Object.assign(document.createElement('a'), {
      href: `${this.#base}errors/`,
      textContent: 'The page of all errors',
    });
    status.replaceChildren(
      'The search could not be loaded. ',
      link,
      ' can be read without it; or try again in a moment.',
    );
  }

  /** Shows the errors that were found, and nothing else yet. */
  #show(text: string, found: readonly Match<FoundError>[], words: string): void {
    (this.querySelector('[data-part=status]') as HTMLElement).textContent = words;
    (this.querySelector('[data-part=results]') as HTMLElement).replaceChildren();
    this.#list(found.map(errorItem), 'beforeend');
    this.#shown = text;
  }

  /** Adds results, so that one that has the focus keeps it. Where only some words fit, a sentence with all comes before. */
  #list(items: readonly HTMLLIElement[], where: 'afterbegin' | 'beforeend'): void {
    const list = this.querySelector('[data-part=results]') as HTMLElement;
    if (where === 'afterbegin') list.prepend(...items);
    else list.append(...items);
    if (!this.#isAwaited) return;
    this.#isAwaited = items.length === 0;
    items[0]?.querySelector('a')?.click();
  }
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

/** How much there is, for eyes and ears. */
function told(found: readonly Match<FoundError>[], sections: readonly FoundSection[]): string {
  if (found.length + sections.length === 0)
    return 'Nothing about this yet. Try the error’s own words, without what is around them.';
  const isGuess = found[0]?.fit === 'some words';
  const steps = found.length
    ? [count(found.length, 'step', 'steps') + (isGuess ? ' with some of these words' : '')]
    : [];
  const places = sections.length ? [`${count(sections.length, 'place', 'places')} in the text`] : [];
  return `${[...steps, ...places].join(', ')}.`;
}

/** An error: what happened, what it means, and the step to begin with. */
function errorItem({ entry }: Match<FoundError>): HTMLLIElement {
  const { name, title, means, missing, href, page, step } = entry;
  const li = document.createElement('li');
  const link = Object.assign(document.createElement('a'), { href });
  link.append(...(name ? [element('strong', name), ' '] : []), title);
  const where = element('p', '');
  where.className = 'where';
  if (missing) where.append(element('em', `${notCovered(missing)} `), 'The nearest is: ');
  where.append(`${page} – ${step}`);
  li.append(link, element('p', means), where);
  return li;
}

/** A sentence of a chapter, with the words in it that were looked for. */
function sectionItem({ href, page, section, sentence }: FoundSection): HTMLLIElement {
  const li = document.createElement('li');
  const p = document.createElement('p');
  p.append(...sentence.map(({ text, isFound }) => (isFound ? element('mark', text) : text)));
  li.append(
    Object.assign(document.createElement('a'), {
      href,
      textContent: section ? `${page} – ${section}` : page,
    }),
    p,
  );
  return li;
}

function element(name: string, text: string): HTMLElement {
  return Object.assign(document.createElement(name), { textContent: text });
}

const isAtEnd = ({ selectionStart, value }: HTMLTextAreaElement): boolean =>
  !value.slice(selectionStart).includes('\n');

customElements.define('site-search', SiteSearch);
