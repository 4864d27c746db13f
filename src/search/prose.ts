/**
 * What the chapters say about some words, as sentences. Pagefind finds the pages; which of their sections and sentences
 * have the words is found here, for Pagefind also takes a word’s beginning for the word, and a page for a place.
 */
import { wordsOf } from './words.ts';

/** A page that Pagefind found. */
export interface FoundPage {
  readonly url: string;
  readonly meta: { readonly title?: string };
  /** The text of the page, with `<`, `>` and `&` as HTML has them. */
  readonly raw_content?: string;
  readonly content: string;
  /** What can be linked to, with the number of words before it. */
  readonly anchors: readonly {
    readonly element: string;
    readonly id: string;
    readonly text: string;
    readonly location: number;
  }[];
}

/** Words in a row, and whether they are among those that were looked for. */
export interface Passage {
  readonly text: string;
  readonly isFound: boolean;
}

export interface FoundSection {
  readonly href: string;
  readonly page: string;
  /** The heading that it stands under; empty before the first one. */
  readonly section: string;
  readonly sentence: readonly Passage[];
}

interface Candidate extends FoundSection {
  /** How many of the words stand in the sentence. */
  readonly hits: number;
}

/** A sentence that goes on longer is cut; commands have no full stop. */
const LONGEST_words = 40;
/** Words shown before the first hit of a sentence that is cut. */
const BEFORE_words = 12;
/** Chapters come before pages that tell of the chapters. */
const LATER = /\/(?:checked|workshop)\/(?:#|$)/;
const HEADING = /^h[1-6]$/i;

/**
 * What to ask Pagefind for, or nothing where there is no word. A number alone is in every chapter: as a version, a count,
 * a time.
 */
export const queryOf = (text: string): string =>
  wordsOf(text)
    .filter(({ isNumber }) => !isNumber)
    .map(({ written }) => written)
    .join(' ');

/**
 * The sections that have all of the words, one sentence of each; first those with all of them in one sentence. Pages
 * are in Pagefind’s order, but that chapters come first. @param text what was typed @param most of one page
 */
export function sectionsOf(pages: readonly FoundPage[], text: string, most: number): FoundSection[] {
  const asked = termsOf(text);
  const found = pages.flatMap((page) =>
    partsOf(page)
      .flatMap((part) => candidateOf(part, asked) ?? [])
      .sort((a, b) => b.hits - a.hits)
      .slice(0, most),
  );
  const rank = ({ hits, href }: Candidate) => (hits === asked.length ? 0 : 1) + (LATER.test(href) ? 2 : 0);
  return found.sort((a, b) => rank(a) - rank(b));
}

/** What was typed, term by term: the words of `pipe_write` are one term, and stand together. */
function termsOf(text: string): string[] {
  const terms = text.split(/\s+/).map((term) =>
    wordsOf(term)
      .filter(({ isNumber }) => !isNumber)
      .map(({ word }) => word)
      .join(' '),
  );
  return [...new Set(terms)].filter((term) => term !== '');
}

interface Part {
  readonly href: string;
  readonly page: string;
  readonly section: string;
  readonly words: readonly string[];
}

/** A page by its headings. */
function partsOf({ url, meta, raw_content, content, anchors }: FoundPage): Part[] {
  const words = decoded(raw_content ?? content).split(/\s+/);
  const page = meta.title ?? url;
  const headings = anchors.filter(({ element }) => HEADING.test(element));
  const starts = [{ id: '', text: '', location: 0 }, ...headings];
  return starts.map(({ id, text, location }, i) => ({
    href: id ? `${url.replace(/#.*$/, '')}#${id}` : url,
    page,
    section: text.trim(),
    words: words.slice(location, starts[i + 1]?.location),
  }));
}

/** The best sentence of a part that has all of the terms somewhere. */
function candidateOf({ words, ...where }: Part, asked: readonly string[]): Candidate | null {
  const heard = words.map(
    (word) =>
      ` ${wordsOf(word)
        .map(({ word }) => word)
        .join(' ')} `,
  );
  const isIn = (term: string, from: number, to: number) =>
    heard.slice(from, to + 1).some((words) => words.includes(` ${term} `));
  if (!asked.every((term) => isIn(term, 0, words.length))) return null;
  let best = { from: 0, to: 0, hits: -1 };
  for (let from = 0; from < words.length; ) {
    let to = from;
    while (to < words.length - 1 && !isEnd(words[to])) to++;
    const hits = asked.filter((term) => isIn(term, from, to)).length;
    if (hits > best.hits) best = { from, to, hits };
    from = to + 1;
  }
  const isHit = (i: number) => asked.some((term) => isIn(term, i, i));
  return { ...where, hits: best.hits, sentence: cut(words, best.from, best.to, isHit) };
}

function cut(words: readonly string[], from: number, to: number, isHit: (i: number) => boolean): Passage[] {
  let start = from;
  if (to - from >= LONGEST_words) {
    while (start < to && !isHit(start)) start++;
    start = Math.max(from, start - BEFORE_words);
  }
  const end = Math.min(to, start + LONGEST_words);
  const passages: Passage[] = start > from ? [{ text: '… ', isFound: false }] : [];
  for (let i = start; i <= end; i++)
    passages.push({ text: words[i] ?? '', isFound: isHit(i) }, { text: ' ', isFound: false });
  if (end < to) passages.push({ text: '…', isFound: false });
  return passages;
}

const isEnd = (word = ''): boolean => /[.?!][”’)"]?$/.test(word);

const decoded = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
