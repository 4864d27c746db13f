/** Finds what a pasted text is about, in a table of wordings. All words before any word, longer wordings before shorter. */
import { type Word, wordsOf } from './words.ts';

/** What can be found. */
export interface Entry {
  /** Texts that are looked for in what was pasted. `…` stands for anything. */
  readonly wordings: readonly string[];
  /** What it says in prose, for people who type words of their own. */
  readonly prose: string;
}

/** How well it fits: a wording stands in the text; all words of the text are in the entry; some are. */
export type Fit = 'wording' | 'all words' | 'some words';

export interface Match<E extends Entry> {
  readonly entry: E;
  readonly fit: Fit;
  readonly score: number;
}

/** A wording in parts; between two of them anything may stand. */
type Wording = readonly (readonly Word[])[];

interface Compiled<E extends Entry> {
  readonly entry: E;
  readonly wordings: readonly Wording[];
  readonly bag: ReadonlySet<string>;
}

/** Words that no wording knows, and numbers, that may stand inside of one: a name, a count. */
const MOST_BETWEEN = 4;
/** Words of any kind where a wording has `…`. */
const MOST_ELSE = 40;
/** A text of so few words is typed, and then small letters mean large ones as well. */
const FEW = 4;
/** More words than these were pasted: nobody looks for all of them in prose. */
const TYPED = 9;
/** Of the other wordings that stand in the text as well, so much counts. */
const BESIDE = 0.1;
/** Of the weight of what was typed, an entry that has some words must have so much. */
const ENOUGH = 0.5;

/** A text of more words is a log, not a question. */
const QUESTION = 30;
/** Words of a wording that is a span of time alone, such as `40 ms`. */
const UNITS = new Set(['ms', 's', 'seconds']);

/** Words that say nothing about an error. */
const EMPTY = new Set(
  'a an and any are as at be but by can do does error failed for from get has have how http https i in into is it its my no not of on or our post so than that the their them then there this to us was we what when which who why will with you'.split(
    ' ',
  ),
);

/** An index of entries, made once. */
export class Index<E extends Entry> {
  readonly #entries: readonly Compiled<E>[];
  readonly #weights = new Map<string, number>();

  constructor(entries: readonly E[]) {
    this.#entries = entries.map((entry) => {
      const wordings = entry.wordings.map((text) =>
        text
          .split('…')
          .map(wordsOf)
          .filter((part) => part.length > 0),
      );
      const words = wordings.flat(2).map(({ word }) => word);
      return { entry, wordings, bag: new Set([...words, ...wordsOf(entry.prose).map(({ word }) => word)]) };
    });
    const counts = new Map<string, number>();
    for (const { wordings } of this.#entries)
      for (const word of new Set(wordings.flat(2).map(({ word }) => word)))
        counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const [word, count] of counts) this.#weights.set(word, Math.log(1 + entries.length / count));
  }

  /** The best fits first; of equal ones the earlier entry. */
  find(text: string): Match<E>[] {
    const words = wordsOf(text);
    const asked = words.filter(({ word, isNumber }) => !isNumber && !EMPTY.has(word));
    const byWording = this.#matches('wording', (entry) => this.#byWording(entry, words));
    const isTyped = words.length <= TYPED && asked.length > 0;
    const byAll = isTyped
      ? this.#matches('all words', (entry) => this.#byAll(entry, asked, /[\w-]$/.test(text)))
      : [];
    // Where a wording has all that was typed, nothing else is meant.
    const isWhole = byWording.some(({ entry }) => byAll.some((match) => match.entry === entry));
    if (isWhole) return byWording;
    const known = new Set(byWording.map(({ entry }) => entry));
    const found = [...byWording, ...byAll.filter(({ entry }) => !known.has(entry))];
    if (found.length > 0) return found;
    return isTyped ? this.#matches('some words', (entry) => this.#bySome(entry, asked)) : [];
  }

  #matches(fit: Fit, score: (entry: Compiled<E>) => number): Match<E>[] {
    return this.#entries
      .map((compiled) => ({ entry: compiled.entry, fit, score: score(compiled) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
  }

  #byWording({ wordings }: Compiled<E>, words: readonly Word[]): number {
    const scores = wordings
      .filter((wording) => this.#stands(wording, words))
      .map((wording) => this.#weight(wording.flat()));
    const best = Math.max(0, ...scores);
    const others = scores.reduce((sum, score) => sum + score, 0) - best;
    return best + BESIDE * Math.min(others, best);
  }

  /** An entry of which a single wording has all of the words comes first, and the shorter that wording the earlier. */
  #byAll({ wordings, bag }: Compiled<E>, asked: readonly Word[], isOpen: boolean): number {
    const isIn = (words: ReadonlySet<string>) =>
      asked.every(
        ({ word }, i) =>
          words.has(word) ||
          (isOpen && i === asked.length - 1 && [...words].some((other) => other.startsWith(word))),
      );
    if (!isIn(bag)) return 0;
    const shares = wordings
      .map((wording) => new Set(wording.flat().map(({ word }) => word)))
      .filter(isIn)
      .map(({ size }) => asked.length / size);
    return 1 + Math.max(0, ...shares);
  }

  #bySome({ wordings }: Compiled<E>, asked: readonly Word[]): number {
    const known = new Set(wordings.flat(2).map(({ word }) => word));
    const shared = asked.filter(({ word }) => known.has(word));
    const weight = this.#weight(shared);
    const all = asked.reduce((sum, { word }) => sum + this.#of(word), 0);
    return new Set(shared.map(({ word }) => word)).size >= 2 && weight >= ENOUGH * all ? weight : 0;
  }

  /** A word that no wording has weighs as much as one that a single wording has. */
  #of(word: string): number {
    return this.#weights.get(word) ?? Math.log(1 + this.#entries.length);
  }

  #weight(words: readonly Word[]): number {
    return words.reduce((sum, { word }) => sum + this.#of(word), 0);
  }

  /** Whether a wording stands in the text. A span of time alone counts in a question: in a log every line may have one. */
  #stands(wording: Wording, words: readonly Word[]): boolean {
    if (words.length > QUESTION && wording.flat().every(({ word, isNumber }) => isNumber || UNITS.has(word)))
      return false;
    const isTyped = words.length <= FEW;
    const from = (part: number, at: number, most: number): boolean => {
      const wanted = wording[part];
      if (!wanted) return true;
      for (let start = at; start <= Math.min(at + most, words.length - 1); start++) {
        const end = this.#endOf(wanted, words, start, isTyped);
        if (end !== null && from(part + 1, end, MOST_ELSE)) return true;
      }
      return false;
    };
    return wording.length > 0 && from(0, 0, words.length);
  }

  /** Where a part ends that begins at this word, or null. */
  #endOf(wanted: readonly Word[], words: readonly Word[], start: number, isTyped: boolean): number | null {
    let at = start;
    for (const [i, want] of wanted.entries()) {
      let skipped = 0;
      // A number belongs to the word before it.
      while (
        i > 0 &&
        !want.isNumber &&
        skipped < MOST_BETWEEN &&
        this.#isStrange(words[at]) &&
        words[at]?.word !== want.word
      ) {
        at++;
        skipped++;
      }
      const word = words[at];
      if (!word || !isSame(want, word, isTyped)) return null;
      at++;
    }
    return at;
  }

  /** Whether no wording has this word, or it is a number. */
  #isStrange(word: Word | undefined): boolean {
    return word !== undefined && (word.isNumber || !this.#weights.has(word.word));
  }
}

/** An errno or a state is written in capitals, so that “closing” in a sentence is not CLOSING. */
function isSame(want: Word, word: Word, isTyped: boolean): boolean {
  if (want.word !== word.word) return false;
  const isName = /[A-Z]/.test(want.written.slice(1)) || /^[A-Z]$/.test(want.written);
  return isTyped || !isName || want.written === word.written;
}
