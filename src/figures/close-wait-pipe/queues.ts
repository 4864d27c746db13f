/** The two queues on the way to a worker: the kernel's, of connections to accept, and the pool's. */
import { count } from '#simulations/engine/wording.ts';
import { BODY, type Condition, link } from '../../views/chain.ts';
import { px } from '../../views/svg.ts';
import type { Chain } from './moment.ts';

/** Most places that are drawn one by one. */
const PLACES = 12;

const tone = (condition: Condition): string => (condition === 'stopped' ? 'full' : 'taken');

/** A box for each place, filled from the bottom. */
function places(waiting: number, room: number, condition: Condition): string {
  const pitch = Math.min(26, BODY / room);
  return Array.from({ length: room }, (_, i) => {
    const y = px(BODY - (i + 1) * pitch + 2);
    return `<rect class="place ${i < waiting ? tone(condition) : 'free'}" y="${y}" width="76%" height="${px(pitch - 4)}" rx="2"/>`;
  }).join('');
}

/** A vessel that fills from the bottom. What is there is seen, however little it is. */
function vessel(waiting: number, room: number, condition: Condition): string {
  const height = waiting ? Math.max(3, (BODY - 2) * Math.min(1, waiting / Math.max(1, room))) : 0;
  return `<rect class="place free" y="1" width="76%" height="${BODY - 2}" rx="3"/><rect class="place ${tone(condition)}" y="${px(BODY - 1 - height)}" width="76%" height="${px(height)}" rx="3"/>`;
}

/** @param passes whether somebody accepts */
export function drawAcceptQueue({ accept }: Chain, passes: boolean): string {
  const { waiting, room, isListening } = accept;
  const condition: Condition = waiting >= room ? 'stopped' : waiting ? 'filling' : 'open';
  const body = (room <= PLACES ? places : vessel)(waiting, room, condition);
  // Two long numbers are too wide for one line.
  const of = room < 1000 ? [`${count(waiting)} of ${count(room)}`] : [count(waiting), `of ${count(room)}`];
  const words = !isListening ? ['closed'] : waiting >= room ? ['full', ...of] : of;
  return link('accept queue', condition, body, words, passes);
}

/** @param passes whether a worker takes what waits */
export function drawPoolQueue({ pool }: Chain, passes: boolean): string {
  if (!pool) return '';
  const { waiting, room } = pool;
  const isFull = waiting > 0 && waiting >= room;
  const condition: Condition = isFull ? 'stopped' : waiting ? 'filling' : 'open';
  const words = waiting
    ? [`${count(waiting)} wait`, 'unread', isFull ? 'no fd left' : `of ${count(room)}`]
    : ['0 wait', `of ${count(room)}`];
  return link('pool queue', condition, vessel(waiting, room, condition), words, passes);
}
