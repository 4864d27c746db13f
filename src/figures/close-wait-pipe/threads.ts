/** The threads: who accepts, who works, and what one that is blocked is in the middle of. */
import { span } from '#simulations/engine/wording.ts';
import type { ThreadStatus } from '#simulations/incidents/close-wait-pipe/thread-states.ts';
import { BODY, link } from '../../views/chain.ts';
import { escapeText, px, share } from '../../views/svg.ts';
import type { Chain, Thread } from './moment.ts';

/** Cells lower than this have no room for a mark. */
const MARKED = 15;
/** Width of a letter in the stack's type, in px. */
const LETTER = 7.6;
const CHIP = 22;
/** Width of a letter in a thread's name, at most. */
const BOLD = 7.2;

/** The class of a thread's cell. */
const look = ({ isAsleep, isDead, isBusy }: Thread): string =>
  isAsleep ? 'asleep-in-write' : isDead ? 'dead' : isBusy ? 'busy' : 'idle';

/** Two bars for what stands still, a cross for what is gone; centred on 0, 0. */
function mark({ isAsleep, isDead }: Thread): string {
  if (isAsleep) return '<path class="pause" d="M-2.5 -4.5v9M2.5 -4.5v9"/>';
  return isDead ? '<path class="loss" d="M-4 -4l8 8m0 -8l-8 8"/>' : '';
}

/** A thread in its cell; one too small for a mark has its colour alone. */
function cell(thread: Thread, x: string, y: string, width: string, height: number): string {
  const place = `x="${x}" y="${y}" width="${width}" height="${px(height)}"`;
  if (height < MARKED) return `<rect class="thread small ${look(thread)}" ${place}/>`;
  return `<svg ${place} overflow="visible"><rect class="thread ${look(thread)}" width="100%" height="100%" rx="3"/><svg x="50%" y="50%" overflow="visible">${mark(thread)}</svg></svg>`;
}

const WORDS: Readonly<Partial<Record<ThreadStatus, readonly string[]>>> = {
  'in accept()': ['in accept()'],
  'asleep in write()': ['asleep', 'in write()'],
  resting: ['rests', 'after EMFILE'],
  working: ['accepts'],
  dead: ['killed'],
};

/** The one that accepts. @param name what it is called @param passes whether it hands on */
export function drawMain({ main }: Chain, name: string, passes: boolean): string {
  const height = 46;
  const body = cell(main, '0', px((BODY - height) / 2), '88%', height);
  const words = main.isBusy ? ['works'] : (WORDS[main.status] ?? [main.status]);
  return link(name, main.isAsleep || main.isDead ? 'stopped' : 'open', body, words, passes);
}

/** Columns for so many workers: cells about as wide as high. */
const columnsFor = (workers: number): number => Math.max(1, Math.round(Math.sqrt(workers * 0.75)));

/** @param passes whether what they write goes somewhere */
export function drawWorkers({ workers, asleep }: Chain, passes: boolean): string {
  const columns = columnsFor(workers.length);
  const pitch = Math.min(46, BODY / Math.ceil(workers.length / columns));
  const gap = pitch > 20 ? 4 : 2;
  const cells = workers.map((worker, i) =>
    cell(
      worker,
      share((i % columns) / columns),
      px(Math.floor(i / columns) * pitch + gap / 2),
      share((pitch > 20 ? 0.88 : 0.8) / columns),
      pitch - gap,
    ),
  );
  const dead = workers.filter(({ isDead }) => isDead).length;
  const busy = workers.filter(({ isBusy }) => isBusy).length;
  const isAll = asleep === workers.length;
  const words = dead
    ? ['killed']
    : asleep
      ? [
          `${isAll && asleep > 1 ? 'all ' : ''}${isAll ? asleep : `${asleep} of ${workers.length}`} asleep`,
          'in write()',
        ]
      : [busy ? `${busy} of ${workers.length} busy` : `${workers.length} idle`];
  return link(
    'workers',
    isAll || dead ? 'stopped' : asleep ? 'filling' : 'open',
    cells.join(''),
    words,
    passes,
  );
}

/** Functions as chips that call each other, from the left. */
function chips(names: readonly string[], className: string, left: number): { markup: string; end: number } {
  let x = left;
  const markup = names.map((name, i) => {
    const width = name.length * LETTER + 12;
    const at = x;
    x += width + 16;
    const call = i < names.length - 1 ? `<path class="flow" d="M${px(at + width + 2)} ${CHIP / 2}h11"/>` : '';
    return `<rect class="chip ${className}" x="${px(at)}" y="0.5" width="${px(width)}" height="${CHIP - 1}" rx="4"/><text class="chip-name ${className}" x="${px(at + 6)}" y="15">${escapeText(name)}</text>${call}`;
  });
  return { markup: markup.join(''), end: x - 16 };
}

export const STACK_HEIGHT = CHIP;

/**
 * Where the first that fell asleep is, in its own functions and in the kernel: two parts, side by side or one below
 * the other. @param first its name, or undefined where nobody sleeps
 */
export function drawStack(
  threads: readonly Thread[],
  first: string | undefined,
  at_us: number,
): readonly [string, string] {
  const thread = threads.find(({ name }) => name === first);
  if (!thread) return ['<text class="link-words" y="15">No thread is blocked in write().</text>', ''];
  const name = threads.length === 1 ? 'the thread' : thread.name;
  const label = `<text class="link-count decide" y="15">${escapeText(name)}</text>`;
  const own = chips(
    [thread.hasRequest ? 'handle' : 'main', 'log', 'write(2)'],
    'own',
    name.length * BOLD + 10,
  );
  const kernelChip = chips([thread.wchan ?? ''], 'kernel', 42);
  const asleep_us = Math.floor((at_us - thread.since_us) / 1e6) * 1e6;
  return [
    label + own.markup,
    `<text class="link-words" y="15">kernel</text>${kernelChip.markup}<text class="link-words decide" x="${px(kernelChip.end + 8)}" y="15">${asleep_us ? `for ${escapeText(span(asleep_us))}` : ''}</text>`,
  ];
}
