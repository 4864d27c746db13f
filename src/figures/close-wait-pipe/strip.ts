/** The close-wait-pipe incident as a strip: each worker until it falls asleep, and the CLOSE-WAIT that grow from then on. */
import { duration } from '#simulations/engine/duration.ts';
import { count, counted } from '#simulations/engine/wording.ts';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { lastMoment } from '../../views/pending.ts';
import { axis, strip as drawn, timeScale, words } from '../../views/strip.ts';
import { px } from '../../views/svg.ts';
import { presetRunOf } from '../trace-of.ts';
import { live } from './live.ts';
import { connectionsIn, workersOf } from './moment.ts';
import type { PileUp } from './pile-up.ts';

const TOP = 4;
/** The height of all workers together, and the most of one. */
const WORKERS = 34;
const ROW = 3.4;
const AXIS = 66;
/** The height of the pile where it is highest. */
const PILE = 26;

export function draw(trace: PileUp): string {
  const end_us = lastMoment(trace);
  const last = trace.events.length - 1;
  const x = timeScale(end_us);
  const workers = workersOf(trace, trace.worldAt(last)).toSorted((a, b) => a.since_us - b.since_us);
  const row = Math.min(ROW, WORKERS / workers.length);
  const lines = workers.map(({ isAsleep, since_us }, i) => {
    const y = px(TOP + i * row);
    const turn = px(isAsleep ? x(since_us) : x(end_us));
    const asleep = isAsleep ? `<path class="asleep" d="M${turn} ${y}H${px(x(end_us))}"/>` : '';
    return `<path class="awake" d="M${px(x(0))} ${y}H${turn}"/>${asleep}`;
  });
  const piles = trace.events.map(({ index, at_us }) => ({
    at_us,
    close_wait: connectionsIn(trace.worldAt(index), 'CLOSE_WAIT'),
  }));
  const most = Math.max(1, ...piles.map(({ close_wait }) => close_wait));
  const y = (close_wait: number): string => px(AXIS - (PILE * close_wait) / most);
  const outline = piles.map(({ at_us, close_wait }) => `L${px(x(at_us))} ${y(close_wait)}`).join('');
  const pile = `<path class="pile" d="M${px(x(0))} ${AXIS}${outline}V${AXIS}Z"/>`;
  const asleep = workers.filter(({ isAsleep }) => isAsleep);
  const full = asleep[0];
  const grown = `${count(piles.at(-1)?.close_wait ?? 0)} CLOSE-WAIT at ${duration(end_us)}`;
  const isFull = full ? `pipe full, ${duration(full.since_us)}` : 'the pipe has room';
  return drawn(
    `${counted(workers.length, 'worker')}, ${asleep.length} asleep in write(): ${isFull}; ${grown}`,
    ...lines,
    pile,
    axis(AXIS),
    words(6, 50, counted(workers.length, 'worker')),
    full ? words(x(full.since_us) - 3, 62, isFull, { anchor: 'end', tone: 'decide', isOver: true }) : '',
    words(2, 78, '0 s'),
    words(298, 78, grown, { anchor: 'end', tone: 'decide' }),
  );
}

/** The run that the chapter opens with. */
export const strip = (): string => draw(presetRunOf(closeWaitPipe, live.initial));
