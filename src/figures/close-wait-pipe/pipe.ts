/** The pipe behind standard error, and who is at its other end. */
import { bytes, count } from '#simulations/engine/wording.ts';
import { BODY, link } from '../../views/chain.ts';
import { drawSlots, gridOf } from '../../views/pipe-slots.ts';
import { px } from '../../views/svg.ts';
import type { Chain, Reading } from './moment.ts';

/** @param passes whether somebody takes out what is in it */
export function drawPipe({ pipe, reading }: Chain, passes: boolean): string {
  const { slots, used, stranded_bytes, isFull } = pipe;
  const { columns, rows } = gridOf(slots.length);
  const pitch = Math.min(40, BODY / rows);
  const isGone = reading === 'gone';
  const isStuck = isFull && !passes && !isGone;
  const frame = isStuck
    ? `<svg x="-4" y="-3" width="106%" height="${px(rows * pitch + 2)}" overflow="visible"><rect class="stuck" width="100%" height="100%" rx="4"/></svg>`
    : '';
  const words = isGone
    ? ['broken', 'write(): EPIPE']
    : [
        `${count(used)} of ${count(slots.length)} slots`,
        ...(isFull ? ['full'] : []),
        ...(isFull && stranded_bytes ? [`${bytes(stranded_bytes).replace(/ bytes?/, ' B')} stranded`] : []),
      ];
  const drawn = drawSlots(pipe, 0, 1, 0, { columns, rows, pitch });
  return link('pipe', isStuck ? 'stopped' : 'open', drawn + frame, words, isGone ? null : passes);
}

const DOING: Readonly<Record<Reading, string>> = {
  reads: '<circle class="end-running" r="6"/>',
  holds: '<path class="pause" d="M-3 -5v10M3 -5v10"/>',
  gone: '<path class="loss" d="M-5 -5l10 10m0 -10l-10 10"/>',
};

const HEIGHT = 46;

/** Height of the reader where it is a line of its own. */
export const READER_LINE = 30;

const LOOKS: Readonly<Record<Reading, string>> = { reads: 'idle', holds: 'asleep-in-write', gone: 'dead' };

const box = (reading: Reading, x: number, y: number, width: number, height: number): string =>
  `<svg x="${x}" y="${y}" width="${width}" height="${height}" overflow="visible"><rect class="thread ${LOOKS[reading]}" width="100%" height="100%" rx="3"/><svg x="50%" y="50%" overflow="visible">${DOING[reading]}</svg></svg>`;

/** @param isNobody the read end was never held @returns in the chain, and as a line of its own */
export function drawReader({ reading, ssh }: Chain, isNobody: boolean): { markup: string; compact: string } {
  const all: Readonly<Record<Reading, readonly string[]>> = {
    reads: ssh ? ['reads', 'for an ssh', 'that stopped'] : ['reads'],
    holds: ssh ? ['stopped', 'window shut'] : ['never reads', 'holds its end'],
    gone: isNobody ? ['nobody'] : ['gone'],
  };
  const [doing = '', ...more] = all[reading];
  const name = ssh ? 'sshd' : 'reader';
  const state = reading === 'holds' ? ' decide' : '';
  const body = box(reading, 0, (BODY - HEIGHT) / 2, 72, HEIGHT);
  return {
    markup: link(name, state ? 'stopped' : 'open', body, all[reading], null),
    compact: `<text class="link-name${state}" y="20">${name}</text>${box(reading, 50, 0, 48, READER_LINE)}<text class="link-count${state}" x="108" y="20">${doing}<tspan class="link-words${state}" dx="7">${more.join(' ')}</tspan></text>`,
  };
}
