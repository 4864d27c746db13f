/** What looks alike, printed once or a few times: nobody reads ten thousand lines. */
import { count } from '../engine/wording.ts';

export interface Group<T> {
  readonly shown: readonly T[];
  /** How many more there are. */
  readonly more: number;
}

/**
 * Puts together what looks alike, in the order in which the first of each came.
 *
 * @param look the same for what looks alike
 * @param most at most so many of each are shown
 */
export function alike<T>(things: Iterable<T>, look: (thing: T) => string, most: number): readonly Group<T>[] {
  const groups = new Map<string, { shown: T[]; more: number }>();
  for (const thing of things) {
    const key = look(thing);
    const group = groups.get(key);
    if (!group) groups.set(key, { shown: [thing], more: 0 });
    else if (group.shown.length < most) group.shown.push(thing);
    else group.more++;
  }
  return [...groups.values()];
}

/** A comment in place of lines that would be alike. @param like what they are like */
export const moreLike = (more: number, like = 'it'): string => `# … and ${count(more)} more like ${like}`;
