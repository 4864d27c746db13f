/** What Pagefind finds in the chapters, as sentences. */
import { wordsOf } from './words.ts';

interface Section {
  readonly title: string;
  readonly url: string;
  readonly locations: readonly number[];
  readonly weighted_locations: readonly { readonly weight: number; readonly location: number }[];
}

/** A page that Pagefind found. */
export interface FoundPage {
  readonly url: string;
  readonly meta: { readonly title?: string };
  readonly raw_content?: string;
  readonly content: string;
  readonly sub_results: readonly Section[];
}

/** Words in a row, and whether they are among those that were looked for. */
export interface Passage {
  readonly text: string;
  readonly isFound: boolean;
}

export interface FoundSection {
  readonly href: string;
  readonly page: string;
  readonly section: string;
  readonly sentence: readonly Passage[];
}

/** Words before and after a hit that are shown where the sentence goes on longer. */
const AROUND = 18;
/** Chapters come before pages that tell of the chapters. */
const LATER = /\/(?:checked|workshop)\//;

/**
 * What to ask Pagefind for, or nothing where there is no word. A number alone is in every chapter: as a version, a count,
 * a time.
 */
export function queryOf(text: string): string {
  const words = wordsOf(text);
  return words
    .filter(({ isNumber }) => !isNumber)
    .map(({ written }) => written)
    .join(' ');
}

/** The sections of the pages found, chapters first. @param most of one page */
export function sectionsOf(pages: readonly FoundPage[], most: number): FoundSection[] {
  const sections = pages.flatMap((page) =>
    [...page.sub_results]
      .sort((a, b) => b.locations.length - a.locations.length)
      .slice(0, most)
      .map((section) => ({
        href: section.url,
        page: page.meta.title ?? page.url,
        section: section.title === page.meta.title ? '' : section.title,
        sentence: sentenceOf(page.raw_content ?? page.content, section),
      })),
  );
  return [
    ...sections.filter(({ href }) => !LATER.test(href)),
    ...sections.filter(({ href }) => LATER.test(href)),
  ];
}

/** The sentence around the section's best hit. */
function sentenceOf(content: string, { locations, weighted_locations }: Section): Passage[] {
  const words = content.split(/\s+/);
  const best = [...weighted_locations].sort((a, b) => b.weight - a.weight)[0]?.location ?? locations[0] ?? 0;
  let from = best;
  while (from > 0 && best - from < AROUND && !isEnd(words[from - 1])) from--;
  let to = best;
  while (to < words.length - 1 && to - best < AROUND && !isEnd(words[to])) to++;
  const hits = new Set(locations);
  const passages: Passage[] = [];
  if (from > 0 && !isEnd(words[from - 1])) passages.push({ text: '… ', isFound: false });
  for (let i = from; i <= to; i++) {
    passages.push({ text: words[i] ?? '', isFound: hits.has(i) });
    passages.push({ text: ' ', isFound: false });
  }
  if (!isEnd(words[to])) passages.push({ text: '…', isFound: false });
  return passages;
}

const isEnd = (word = ''): boolean => /[.?!:][”’)"]?$/.test(word);
