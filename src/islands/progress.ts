/**
 * How far a reader is, page by page: what was read, guessed and solved. It stays in this browser, and where storage is
 * closed nothing is noted.
 */
import { keep, recall } from './kept.ts';

/** What is noted of one page. */
export interface Progress {
  /** Fragments of the parts that were read, and how many parts there are. */
  read: string[];
  parts: number;
  /** Question → whether the first guess was right. */
  guessed: Record<string, boolean>;
  /** Questions that the reader had right, and how many there are. */
  solved: string[];
  questions: number;
}

/** All of it is under this one key. */
const KEY = 'stalled-sockets';

/** By page: its path below the site’s base. */
export const progress = (): Record<string, Progress> =>
  (recall('localStorage', KEY) ?? {}) as Record<string, Progress>;

export const progressOf = (page: string): Progress => ({
  ...{ read: [], parts: 0, guessed: {}, solved: [], questions: 0 },
  ...progress()[page],
});

/** Notes a change. */
export function note(page: string, change: (progress: Progress) => void): void {
  const changed = progressOf(page);
  change(changed);
  keep('localStorage', KEY, { ...progress(), [page]: changed });
}

/** Forgets all of it. */
export const forget = (): void => localStorage.removeItem(KEY);
