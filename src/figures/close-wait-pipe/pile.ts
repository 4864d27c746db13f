/** The connections in CLOSE_WAIT by what ss shows of them: Recv-Q, and with `-p` who has them. */
import { count } from '#simulations/engine/wording.ts';
import { socketCount } from '#simulations/machine/lookups.ts';
import type { Alike } from '#simulations/machine/state.ts';
import { escapeText, share } from '../../views/svg.ts';

const HEADING = 26;
const ROW = 36;
const BAR = 11;

/** A row of the pile: how its connections look in ss, and who has them. */
interface Row {
  readonly recv_q_bytes: number;
  readonly words: string;
  readonly isRead: boolean;
  has(alike: Alike): boolean;
}

/** @param unread_bytes Recv-Q of a request that nobody has read */
function rowsOf(unread_bytes: number, withPool: boolean): readonly Row[] {
  const unread = (words: string, has: (alike: Alike) => boolean): Row => ({
    recv_q_bytes: unread_bytes,
    words,
    isRead: false,
    has: (alike) => alike.recv_q_bytes > 1 && has(alike),
  });
  const read: Row = {
    recv_q_bytes: 1,
    words: withPool ? 'read, a worker has it' : 'read, the thread has it',
    isRead: true,
    has: ({ recv_q_bytes }) => recv_q_bytes <= 1,
  };
  return withPool
    ? [
        read,
        unread('unread, in the pool’s queue', ({ held }) => held !== 'accept queue'),
        unread('unread, in the accept queue', ({ held }) => held === 'accept queue'),
      ]
    : [read, unread('unread, in the accept queue', () => true)];
}

export const pileHeight = (withPool: boolean): number => HEADING + (withPool ? 3 : 2) * ROW;

/** @param most what a whole bar stands for */
export function drawPile(
  census: readonly Alike[],
  request_bytes: number,
  withPool: boolean,
  most: number,
): string {
  const pile = census.filter(({ state }) => state === 'CLOSE_WAIT');
  const all = socketCount(pile);
  const rows = rowsOf(request_bytes + 1, withPool).map(({ recv_q_bytes, words, isRead, has }, i) => {
    const number = socketCount(pile.filter(has));
    const y = HEADING + i * ROW;
    const width = number / Math.max(1, most);
    const bar = number
      ? `<rect class="pile ${isRead ? 'read' : 'unread'}" y="${y + 18}" width="${share(Math.max(0.006, width))}" height="${BAR}"/>${isRead ? '' : `<rect fill="url(#pile-unread)" y="${y + 18}" width="${share(Math.max(0.006, width))}" height="${BAR}"/>`}`
      : '';
    return `<rect class="place free" y="${y + 18}" width="100%" height="${BAR}"/>${bar}<text class="link-words${number ? '' : ' none'}" y="${y + 12}"><tspan class="number">${count(number)}</tspan> × Recv-Q ${count(recv_q_bytes)}: ${escapeText(words)}</text>`;
  });
  return `<text class="link-count${all ? ' decide' : ''}" y="13">${count(all)} in CLOSE-WAIT</text>${rows.join('')}`;
}

/** The texture of what is unread; once in each picture. */
export const pileTexture =
  '<pattern id="pile-unread" width="6" height="6" patternUnits="userSpaceOnUse"><path class="texture decide" d="M-1 1l2 -2M0 6l6 -6M5 7l2 -2"/></pattern>';
