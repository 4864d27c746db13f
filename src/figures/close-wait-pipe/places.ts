/** Where the links of the chain stand, in a wide picture and on a phone. */
import { linkHeight, type Place } from '../../views/chain.ts';
import { CHANNEL_HEIGHT } from './channel.ts';
import { pileHeight } from './pile.ts';
import { READER_LINE } from './pipe.ts';
import { STACK_HEIGHT } from './threads.ts';

type Name = 'clients' | 'accept' | 'main' | 'pool' | 'workers' | 'pipe' | 'reader';

/** Left edge and width, in a hundredth of the picture's width; the row on a phone, from 0. */
type Column = readonly [
  name: Name,
  wide: readonly [number, number],
  narrow: readonly [number, number, number],
];

const POOL: readonly Column[] = [
  ['clients', [0, 14], [0, 0, 35]],
  ['accept', [18, 10.5], [0, 42, 24]],
  ['main', [30.8, 10], [0, 74, 23]],
  ['pool', [43.2, 10], [1, 0, 24]],
  ['workers', [55.2, 14], [1, 30, 30]],
  ['pipe', [71.5, 14.5], [1, 66, 34]],
  ['reader', [88.8, 11.2], [2, 0, 100]],
];
const INLINE: readonly Column[] = [
  ['clients', [0, 18], [0, 0, 35]],
  ['accept', [22, 15], [0, 42, 24]],
  ['main', [41, 14], [0, 74, 23]],
  ['pipe', [60, 22], [1, 0, 60]],
  ['reader', [86, 14], [2, 0, 100]],
];

/** Lines of words below each link, of a row on a phone the most. */
const WORDS = 3;
const HEAD = 50;
const GAP = 16;

/** Places from the top down; what is not there takes no room. */
export function layout(withPool: boolean, withChannel: boolean) {
  const row = linkHeight(WORDS);
  const columns = withPool ? POOL : INLINE;
  const links = Object.fromEntries(
    columns.map(([name, [x, width], [line, left, narrow]]) => [
      name,
      {
        wide: { x: x / 100, y: HEAD, width: width / 100 },
        narrow: { x: left / 100, y: HEAD + line * (row + GAP), width: narrow / 100 },
        height: row,
      },
    ]),
  ) as Record<Name, { wide: Place; narrow: Place; height: number }>;
  let wide = HEAD + row + GAP;
  let narrow = HEAD + 2 * (row + GAP) + READER_LINE + GAP;
  const below = (height: number, x: number, width: number, down = 0) => ({
    wide: { x, y: wide, width },
    narrow: { x: 0, y: narrow + down, width: 1 },
    height,
  });
  const stack = below(STACK_HEIGHT, 0, 0.45);
  const kernel = below(STACK_HEIGHT, 0.45, 0.55, STACK_HEIGHT + 6);
  wide += STACK_HEIGHT + GAP;
  narrow += 2 * STACK_HEIGHT + 6 + GAP;
  const channel = below(CHANNEL_HEIGHT, 0, 1);
  if (withChannel) {
    wide += CHANNEL_HEIGHT + GAP / 2;
    narrow += CHANNEL_HEIGHT + GAP / 2;
  }
  const pile = below(pileHeight(withPool), 0, 1);
  const height = pileHeight(withPool);
  return { links, stack, kernel, channel, pile, heights: { wide: wide + height, narrow: narrow + height } };
}
