/** Who is at the two ends of a pipe: writers that run, sleep in line, poll or are gone, and the reader. */
import { escapeText, share } from './svg.ts';

export type Doing = 'running' | 'woken' | 'asleep' | 'polling' | 'done' | 'dead';

export interface End {
  readonly name: string;
  readonly doing: Doing;
  /** A few words more, where there is room. */
  readonly words: string;
}

/** Height of a line, in px. */
const LINE = 20;
/** Between those who are awake and the line of those who sleep. */
const GAP = 14;

/** A shape and a colour for what somebody does. */
const MARKS: Readonly<Record<Doing, string>> = {
  running: '<circle class="end-running" r="4.5"/>',
  woken: '<circle class="end-woken" r="4.5"/>',
  asleep: '<path class="end-asleep" d="M1.5 -5a5 5 0 1 0 3.5 6.5a4.2 4.2 0 0 1 -3.5 -6.5z"/>',
  polling: '<circle class="end-polling" r="4"/>',
  done: '<path class="end-done" d="M-4.5 0l3.2 3.5l6 -7"/>',
  dead: '<path class="loss" d="M-4 -4l8 8m0 -8l-8 8"/>',
};

const row = ({ name, doing, words }: End, y: number): string =>
  `<g transform="translate(7 ${y})">${MARKS[doing]}<text class="end-name${doing === 'woken' ? ' decide' : ''}" x="13" y="4.5">${escapeText(name)}<tspan class="end-words wide-only" dx="6">${escapeText(words)}</tspan></text></g>`;

/** Lines of the column that these writers need at any moment. */
export const writersHeight = (writers: number): number => (writers + 2) * LINE + GAP;

/**
 * The writers, from the top: those that are not asleep in write(), then the line of those that are, the first to be
 * woken uppermost. @param asleep how many of them, at the end of the list, are in the line
 */
export function drawWriters(writers: readonly End[], asleep: number, top: number): string {
  const awake = writers.length - asleep;
  const heading = `<text class="end-heading" x="0" y="${top + 14}">write end</text>`;
  const lineTop = top + (awake + 1) * LINE + GAP;
  const queue = asleep
    ? `<line class="axis" x1="0" x2="22%" y1="${lineTop - 4}" y2="${lineTop - 4}"/><text class="end-heading" x="0" y="${lineTop + 14}">wr_wait<tspan class="end-words wide-only" dx="6">${asleep === 1 ? 'waits for a slot' : 'woken from the top'}</tspan></text>`
    : '';
  const rows = writers.map((writer, i) =>
    row(writer, i < awake ? top + (i + 1) * LINE + 12 : lineTop + (i - awake + 1) * LINE + 12),
  );
  return heading + rows.join('') + queue;
}

/** The reader, at the right. @param lines a few words, one below the other */
export function drawReader(reader: End, lines: readonly string[], left: number, y: number): string {
  const words = lines.map(
    (line, i) =>
      `<text class="end-words${i ? ' wide-only' : ''}" y="${26 + i * 17}">${escapeText(line)}</text>`,
  );
  return `<svg x="${share(left)}" y="${y}" overflow="visible"><text class="end-heading" y="-16">read end</text><g transform="translate(5.5 0)">${MARKS[reader.doing]}</g><text class="end-name" x="17" y="4.5">${escapeText(reader.name)}</text>${words.join('')}</svg>`;
}

/** An arrow from one column to the next; where nothing passes, a bar instead of its head. */
export const drawFlow = (from: number, to: number, y: number, passes: boolean): string =>
  `<line class="flow${passes ? '' : ' shut'}" x1="${share(from)}" x2="${share(to)}" y1="${y}" y2="${y}"/><svg x="${share(to)}" y="${y}" overflow="visible">${passes ? '<path class="flow-head" d="M0 0l-8 -4.5v9z"/>' : '<path class="flow shut" d="M0 -9v18"/>'}</svg>`;
