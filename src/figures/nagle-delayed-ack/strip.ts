/** The nagle-delayed-ack incident as a strip: the responses’ segments, and the time in which each end waits for the other. */
import { duration } from '#simulations/engine/duration.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { ofKind } from '#simulations/trace/event.ts';
import { axis, strip as drawn, hatchedBox, timeScale, words } from '../../views/strip.ts';
import { packetMark } from '../../views/svg.ts';
import { presetRunOf } from '../trace-of.ts';
import type { Exchange } from './exchange.ts';
import { live } from './live.ts';
import { latency_us, requests, stalledRequests } from './requests.ts';
import { waits } from './waits.ts';

const AXIS = 32;
const BOX = 34;
/** The narrowest box that has room for its words. */
const ROOM = 42;

export function draw(trace: Exchange): string {
  const answered = requests(trace).filter(({ ended }) => ended);
  const start_us = answered[0]?.beganAt_us ?? 0;
  const scale = timeScale((answered.at(-1)?.ended?.at_us ?? 0) - start_us);
  const x = (us: number): number => scale(us - start_us);
  const stalls = waits(trace).filter(({ kind }) => kind === 'stall');
  const boxes = stalls.map(({ from, end_us }) => {
    const [left, right] = [x(from.at_us), x(end_us)];
    const text =
      right - left < ROOM
        ? ''
        : words((left + right) / 2, AXIS + 4, duration(end_us - from.at_us), {
            anchor: 'middle',
            tone: 'decide',
            isOver: true,
          });
    return hatchedBox(left, AXIS - BOX / 2, right - left, BOX) + text;
  });
  const segments = ofKind(trace.events, 'packet-sent')
    .filter(({ actor, data }) => actor === 'server' && data.packet === 'data')
    .map(({ at_us }) => packetMark('data', x(at_us), AXIS));
  const latencies = answered.flatMap((request) => {
    const [left, right] = [x(request.beganAt_us), x(request.ended?.at_us ?? 0)];
    return right - left < ROOM
      ? []
      : [words((left + right) / 2, AXIS + 30, duration(latency_us(request)), { anchor: 'middle' })];
  });
  const stalled = stalledRequests(trace);
  const later = answered.slice(1);
  const isEveryLater = stalled.size === later.length && later.every(({ number }) => stalled.has(number));
  const first = answered[0];
  const told = isEveryLater ? 'every later one waits' : `${stalled.size} of ${answered.length} wait`;
  const firstTakes = first ? `the first takes ${duration(latency_us(first))}` : '';
  return drawn(
    `${answered.length} requests: ${firstTakes}, ${told}`,
    axis(AXIS),
    ...boxes,
    ...segments,
    ...latencies,
    words(2, 78, firstTakes),
    stalled.size > 0 ? words(298, 78, told, { anchor: 'end', tone: 'decide' }) : '',
  );
}

/** The run that the chapter opens with. */
export const strip = (): string => draw(presetRunOf(nagleDelayedAck, live.initial));
