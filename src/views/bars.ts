/**
 * One bar for each of many equal things, such as the latency of each request. A bar appears when its thing is over.
 *
 * Positions are shares of the width, so that the picture stretches and its type does not.
 */
import { duration } from '#simulations/engine/duration.ts';
import { roundUp } from './scale.ts';
import { appearing, escapeText, px } from './svg.ts';

export interface Bar {
  /** Index of the event with which it appears. */
  readonly from: number;
  readonly number: number;
  readonly value_us: number;
  /** Drawn in the colour of what decides, and hatched. */
  readonly isMarked: boolean;
  /** A few words for those who point at it. */
  readonly title: string;
}

const TOP = 26;
const BASE = 100;
const HEIGHT = 120;
/** The bars' share of the width; the scale stands in the rest. */
const ROOM = 95;
/** Most bars that each have their value and number. */
const LABELLED = 14;

/** The least that the scale's length stands for. */
const UNIT_us = 50_000;

const inMs = (us: number): string => String(Math.round(us / 100) / 10);

/**
 * @param label what the bars are, for those who cannot see them
 * @param whole how many there are to be
 * @param beside other bars that share the scale
 */
export function bars(all: readonly Bar[], whole: number, label: string, beside: readonly Bar[] = []): string {
  const end_us = roundUp(Math.max(0, ...[...all, ...beside].map(({ value_us }) => value_us)), UNIT_us);
  const slot = ROOM / Math.max(whole, 8);
  const width = slot * (whole > 60 ? 0.8 : 0.62);
  const every = Math.ceil(whole / LABELLED);
  const y = (us: number): number => BASE - Math.max(1.5, ((BASE - TOP) * us) / end_us);
  const lines = [0.5, 1].map((share) => end_us * share);
  const grid = lines.map((us) => `<line class="grid" x1="0" x2="100%" y1="${y(us)}" y2="${y(us)}"/>`);
  const scale = lines.map(
    (us) => `<text class="time" x="100%" y="${px(y(us) - 4)}" text-anchor="end">${duration(us)}</text>`,
  );
  const drawn = all.map(({ from, number, value_us, isMarked, title }) => {
    const x = (number - 1 + 0.5) * slot;
    const top = y(value_us);
    const rect = (className: string, fill = '') =>
      `<rect class="${className}"${fill} x="${px1000(x - width / 2)}%" y="${px(top)}" width="${px1000(width)}%" height="${px(BASE - top)}"/>`;
    const isShown = number % every === 1 || every === 1;
    const value = isShown
      ? `<svg x="${px1000(x)}%" y="${px(top - 5)}" overflow="visible"><text class="value${isMarked ? ' decide' : ''}" text-anchor="middle">${inMs(value_us)}</text></svg>`
      : '';
    return appearing(
      from,
      `<g class="bar">${rect(isMarked ? 'latency marked' : 'latency')}${isMarked ? rect('hatch', ' fill="url(#hatch)"') : ''}${value}<title>${escapeText(title)}</title></g>`,
    );
  });
  const numbers = Array.from({ length: whole }, (_, i) => i + 1)
    .filter((number) => every === 1 || number % every === 1)
    .map(
      (number) =>
        `<svg x="${px1000((number - 0.5) * slot)}%" y="${BASE + 15}" overflow="visible"><text class="time" text-anchor="middle">${number}</text></svg>`,
    );
  return `<svg class="view bars" xmlns="http://www.w3.org/2000/svg" width="100%" height="${HEIGHT}" overflow="visible" role="img" aria-label="${escapeText(label)}"><defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="stripe" d="M0 0v5"/></pattern></defs>${grid.join('')}${drawn.join('')}${scale.join('')}<line class="axis" x1="0" x2="100%" y1="${BASE}" y2="${BASE}"/>${numbers.join('')}</svg>`;
}

const px1000 = (share: number): number => Math.round(share * 1000) / 1000;
