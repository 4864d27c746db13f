/**
 * Levels over time, stacked: bytes held, connections by state. A row of the time line.
 *
 * Shapes are drawn in shares of their box, so that they stretch and their lines and textures do not.
 */
import type { Trace } from '#simulations/trace/trace.ts';
import type { WorldOf } from '../figures/trace-of.ts';
import { roundUp } from './scale.ts';
import { escapeText } from './svg.ts';

/** A colour with a texture of its own. */
export type LevelTone = 'data' | 'decide' | 'timer' | 'ok' | 'ack' | 'syn' | 'fin';

/** One of the levels that are stacked. */
export interface LevelSeries<T extends Trace = Trace> {
  /** For the key beside the row; a row with one series needs none. */
  readonly name?: string;
  readonly tone: LevelTone;
  /** Its level once an event has happened, from 0. */
  at(world: WorldOf<T>, trace: T): number;
}

export interface Levels<T extends Trace = Trace> {
  /** From the bottom up. */
  readonly series: readonly LevelSeries<T>[];
  /** What the row's full height stands for; when left out, a round number that the run stays below. */
  readonly most?: (trace: T) => number;
  /** A level as the scale writes it, with its unit. */
  readonly value: (level: number) => string;
  /** Its height in lines of the time line (24 px); 3 when left out, and one for each series at least. */
  readonly lines?: number;
}

/** A row of the time line that shows levels. */
export interface LevelsRow<T extends Trace = Trace> {
  readonly shows: 'levels';
  readonly lines: number;
  /** The series' names with their colours and textures, the uppermost first; none when there is but one. */
  readonly key: readonly { readonly name: string; readonly swatch: string }[];
  /** The areas, and the scale, which stays in sight. @param y of the upper edge, in px @param height in px */
  draw(trace: T, end_us: number, y: number, height: number): { below: string; above: string };
}

/** A row of levels. A figure that has one brings the code for it; the others need none of it. */
export const levels = <T extends Trace>(shown: Levels<T>): LevelsRow<T> => ({
  shows: 'levels',
  lines: Math.max(shown.lines ?? 3, shown.series.length),
  key: shown.series.length > 1 ? keyOf(shown) : [],
  draw: (trace, end_us, y, height) => drawLevels(shown, trace, end_us, y, height),
});

/** Where the shapes end, so that nothing of them shows beside the veil over them. */
const END = 0.999;
/** Columns of the picture: more moments than that cannot be told apart. */
const COLUMNS = 1000;

const TEXTURES: Readonly<Record<LevelTone, string>> = {
  data: '',
  ok: '',
  decide: 'M-1 1l2 -2M0 6l6 -6M5 7l2 -2',
  timer: 'M1.5 1.5h1M4.5 4.5h1',
  ack: 'M0 3h6',
  syn: 'M3 0v6',
  fin: 'M-1 5l2 2M0 0l6 6M5 -1l2 2',
};

/** A moment, as a share of the time line, and the sums of the levels from the bottom up. */
interface Step {
  readonly x: number;
  readonly sums: readonly number[];
}

/** The levels' steps, as many as can be told apart: of one column the highest and the last. */
function stepsOf<T extends Trace>(trace: T, { series }: Levels<T>, end_us: number): Step[] {
  const steps: Step[] = [];
  let column = -1;
  for (const { index, at_us } of trace.events) {
    if (at_us > end_us) break;
    const world = trace.worldAt(index) as WorldOf<T>;
    let sum = 0;
    const step = { x: at_us / end_us, sums: series.map((one) => (sum += one.at(world, trace))) };
    const here = Math.floor(step.x * COLUMNS);
    const [highest, last] = steps.slice(-2);
    const total = (of?: Step) => of?.sums.at(-1) ?? 0;
    if (here === column && last && highest && Math.floor(highest.x * COLUMNS) === here) {
      if (total(last) > total(highest)) steps.splice(-2, 1);
      else steps.pop();
    }
    column = here;
    steps.push(step);
  }
  return steps;
}

const share = (value: number): string => String(Math.round(value * 1e5) / 1e5);

/** An outline that goes up and down in steps, from left to right. */
function outline(steps: readonly Step[], level: number, most: number): string {
  const y = (step: Step) => share(1 - Math.min(1, (step.sums[level] ?? 0) / most));
  return `${steps.map((step, i) => `${i ? 'H' : 'M'}${share(step.x)}${i ? 'V' : ' '}${y(step)}`).join('')}H${END}`;
}

/** The same outline from right to left, to close an area below. */
function back(steps: readonly Step[], level: number, most: number): string {
  if (level < 0) return `V1H${share(steps[0]?.x ?? 0)}Z`;
  const y = (step: Step) => share(1 - Math.min(1, (step.sums[level] ?? 0) / most));
  const reversed = steps.toReversed();
  return `${reversed.map((step) => `V${y(step)}H${share(step.x)}`).join('')}Z`;
}

const pattern = (tone: LevelTone): string =>
  TEXTURES[tone]
    ? `<pattern id="level-${tone}" width="6" height="6" patternUnits="userSpaceOnUse"><path class="texture ${tone}" d="${TEXTURES[tone]}"/></pattern>`
    : '';

const filled = (tone: LevelTone, place: string): string =>
  `<rect class="level ${tone}" ${place}/>${TEXTURES[tone] ? `<rect fill="url(#level-${tone})" ${place}/>` : ''}`;

function drawLevels<T extends Trace>(
  levels: Levels<T>,
  trace: T,
  end_us: number,
  y: number,
  height: number,
): { below: string; above: string } {
  const steps = stepsOf(trace, levels, end_us);
  const highest = Math.max(1, ...steps.map(({ sums }) => sums.at(-1) ?? 0));
  const most = levels.most?.(trace) ?? roundUp(highest, 1);
  const id = `level-${y}`;
  const box = `x="0" y="${y}" width="100%" height="${height}"`;
  const areas = levels.series.map(({ tone }, i) => {
    const clip = `<clipPath id="${id}-${i}" clipPathUnits="objectBoundingBox"><path d="${outline(steps, i, most)}${back(steps, i - 1, most)}"/></clipPath>`;
    return clip + filled(tone, `${box} clip-path="url(#${id}-${i})"`);
  });
  // Where one adds nothing to those below it, theirs is the line to be seen.
  const lines = levels.series
    .map(
      ({ tone }, i) =>
        `<path class="level-line ${tone}" vector-effect="non-scaling-stroke" d="${outline(steps, i, most)}"/>`,
    )
    .reverse();
  const grid = (at: number) => `<line class="grid" x1="0" x2="${END * 100}%" y1="${at}" y2="${at}"/>`;
  const tones = [...new Set(levels.series.map(({ tone }) => tone))];
  return {
    below: `<g class="levels"><defs>${tones.map(pattern).join('')}</defs>${grid(y)}${grid(y + height)}${areas.join('')}<svg ${box} viewBox="0 0 1 1" preserveAspectRatio="none" overflow="visible">${lines.join('')}</svg></g>`,
    above: `<text class="time scale" x="2" y="${y + 11}">${escapeText(levels.value(most))}</text>`,
  };
}

const keyOf = ({ series }: Pick<Levels<never>, 'series'>): LevelsRow['key'] =>
  series.toReversed().map(({ name = '', tone }) => ({
    name,
    swatch: `<svg width="10" height="10" aria-hidden="true">${filled(tone, 'width="10" height="10"')}<rect class="level-line ${tone}" x="0.5" y="0.5" width="9" height="9"/></svg>`,
  }));
