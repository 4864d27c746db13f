/** The connect-timeout incident as a strip: every SYN, the wait that follows it, and what ended the attempt. */
import { duration } from '#simulations/engine/duration.ts';
import { counted } from '#simulations/engine/wording.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { ofKind } from '#simulations/trace/event.ts';
import { lastMoment } from '../../views/pending.ts';
import { arc, axis, strip as drawn, timeScale, words } from '../../views/strip.ts';
import { packetMark, px } from '../../views/svg.ts';
import { presetRunOf } from '../trace-of.ts';
import type { Attempt } from './attempt.ts';
import { live } from './live.ts';

const AXIS = 45;
/** The wait that fills the picture is as high as its arc can be. */
const HIGHEST = 36;
/** The least distance between two numbers under the axis. */
const APART = 11;

export function draw(trace: Attempt): string {
  const { syn_times_ms, errno, returned_at_ms, killed_at_ms } = trace.outcome;
  const timers = ofKind(trace.events, 'timer-set').map(({ at_us, data }) => ({
    from_us: at_us,
    due_us: at_us + data.timer_ms * 1000,
    isLast: data.last,
  }));
  const over_us = lastMoment(trace);
  const end_us = Math.max(over_us, ...timers.map(({ due_us }) => due_us));
  const x = timeScale(end_us);
  const waits = timers.map(({ from_us, due_us }) => {
    const height = (HIGHEST * (x(due_us) - x(from_us))) / (x(end_us) - x(0)) + 5;
    return arc(x(from_us), x(due_us), AXIS, height, due_us > over_us ? 'to come' : 'hatched');
  });
  const syns = syn_times_ms.map((ms) => packetMark('syn', x(ms * 1000), AXIS));
  let free = Number.NEGATIVE_INFINITY;
  const seconds = syn_times_ms.flatMap((ms) => {
    const at = x(ms * 1000);
    if (at < free) return [];
    free = at + APART;
    return [words(at, AXIS + 17, String(ms / 1000), { anchor: 'middle' })];
  });
  const pending = timers.at(-1);
  const wouldEnd =
    pending?.isLast && pending.due_us > over_us ? `${duration(pending.due_us)} would be ETIMEDOUT` : '';
  const ended =
    killed_at_ms !== null
      ? `killed, ${duration(killed_at_ms * 1000)}`
      : `${errno ?? 'connected'}, ${duration((returned_at_ms ?? 0) * 1000)}`;
  const at = x((killed_at_ms ?? returned_at_ms ?? 0) * 1000);
  const end = `<path class="now" d="M${px(at)} 8V66"/><path class="cross" d="M${px(at - 5)} ${AXIS - 5}l10 10m0 -10l-10 10"/>`;
  return drawn(
    `${counted(syn_times_ms.length, 'SYN')}; ${ended}`,
    axis(AXIS),
    ...waits,
    ...syns,
    ...seconds,
    end,
    words(at - 6, AXIS + 17, ended, { anchor: 'end', tone: 'decide', isOver: true }),
    words(2, 78, counted(syn_times_ms.length, 'SYN')),
    wouldEnd ? words(298, 78, wouldEnd, { anchor: 'end' }) : '',
  );
}

/** The run that the chapter opens with. */
export const strip = (): string => draw(presetRunOf(connectTimeout, live.initial));
