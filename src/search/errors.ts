/** The table of errors as entries of the index. An errno’s own words belong to each of its situations, the first of them first. */
import type { Group, Situation } from '#content/errors/schema.ts';
import type { Entry } from './match.ts';

/** An errno as the C library has it. */
export interface LibcErrno {
  readonly number: number;
  readonly text: string;
}

/** A result: what happened, what it means, and where to go. */
export interface ErrorEntry extends Entry {
  /** The errno, the state or the function that it stands under; empty where that is words, and the title says it. */
  readonly name: string;
  readonly title: string;
  readonly means: string;
  /** The step or section that it leads to, as `page/fragment`. */
  readonly to: string;
  /** What this site does not tell yet; the link then leads to the nearest. */
  readonly missing?: string;
}

/** How an errno is written where neither name nor words are: by its number, with the word that each runtime has for it. */
const numbered = (number: number): string[] => [
  `errno ${number}`,
  `os error ${number}`,
  `error ${number}`,
  `errno=${number}`,
];

function entryOf(group: Group, situation: Situation, errno: LibcErrno | undefined): ErrorEntry {
  const { title, means, to, missing, says, sources, typed } = situation;
  const isFirst = situation === group.situations[0];
  const own = errno ? [group.name, errno.text, ...numbered(errno.number)] : [];
  const named = isFirst && !errno && group.kind !== 'words' ? [group.name] : [];
  return {
    name: group.kind === 'words' ? '' : group.name,
    title,
    means,
    to,
    ...(missing && { missing }),
    wordings: [
      ...new Set([
        ...own,
        ...named,
        ...Object.values(says).flat(),
        ...sources.map(({ text }) => text),
        ...typed,
      ]),
    ],
    prose: [group.name, title, means].join(' '),
  };
}

/** @param numbers the C library’s errno, by name */
export const entriesOf = (
  groups: readonly Group[],
  numbers: Readonly<Record<string, LibcErrno>>,
): ErrorEntry[] =>
  groups.flatMap((group) =>
    group.situations.map((situation) => entryOf(group, situation, numbers[group.name])),
  );
