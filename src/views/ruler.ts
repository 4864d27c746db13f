/** Waits on a logarithmic ruler: where each tick stands, and where its words do, so that they do not overlap. */

/** A wait on the ruler. */
export interface Tick {
  /** Share of the ruler's length, 0 … 1. */
  readonly at: number;
  /** The middle of its words, as such a share. */
  readonly words: number;
}

/** What the ruler begins with, in ms. */
const SHORTEST_ms = 10;
/** The rest of the ruler is for what never ends. */
const FINITE = 0.88;

/**
 * @param waits in ms, from the shortest to the longest; infinite stands at the end
 * @param widths of the words, as shares of the ruler's length
 */
export function ruler(waits: readonly number[], widths: readonly number[]): Tick[] {
  const longest = Math.max(10 * SHORTEST_ms, ...waits.filter(Number.isFinite));
  const at = waits.map((ms) =>
    Number.isFinite(ms)
      ? (FINITE * Math.log(Math.max(ms, SHORTEST_ms) / SHORTEST_ms)) / Math.log(longest / SHORTEST_ms)
      : 1,
  );
  return spread(at, widths).map((words, i) => ({ at: at[i] ?? 0, words }));
}

/** Moves words apart that would overlap, as little as can be: each group stands around the middle of its ticks. */
function spread(at: readonly number[], widths: readonly number[]): number[] {
  const groups: { members: number[]; middle: number; width: number }[] = [];
  for (const [i, place] of at.entries()) {
    let group = { members: [i], middle: place, width: widths[i] ?? 0 };
    for (let before = groups.at(-1); before && overlap(before, group); before = groups.at(-1)) {
      groups.pop();
      const members = [...before.members, ...group.members];
      const middle = members.reduce((sum, member) => sum + (at[member] ?? 0), 0) / members.length;
      group = { members, middle, width: before.width + group.width };
    }
    groups.push(group);
  }
  const words: number[] = [];
  for (const { members, middle, width } of groups) {
    let left = middle - width / 2;
    for (const member of members) {
      const own = widths[member] ?? 0;
      words[member] = left + own / 2;
      left += own;
    }
  }
  return words;
}

const overlap = (
  left: { readonly middle: number; readonly width: number },
  right: { readonly middle: number; readonly width: number },
): boolean => left.middle + left.width / 2 > right.middle - right.width / 2;
