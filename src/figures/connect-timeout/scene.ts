/** The client's SYNs and their timer, the worker and its supervisor. */
import { duration } from '#simulations/engine/duration.ts';
import type { Pending } from '../../views/pending.ts';
import { once, type Scene } from '../../views/scene.ts';
import type { Attempt } from './attempt.ts';
import { notes } from './notes.ts';

/** The events that stop the timer, the nearest one after each event that sets it. */
const STOPS = new Set(['timer-fired', 'connection-failed', 'connection-established', 'process-killed']);

/** Each wait for an answer to a SYN. */
export const synTimers = once(({ events }: Attempt): Pending[] => {
  const stops = events.filter(({ kind }) => STOPS.has(kind));
  let next = 0;
  return events
    .filter((event) => event.kind === 'timer-set')
    .map((from) => {
      const due_us = from.at_us + from.data.timer_ms * 1000;
      while (next < stops.length && (stops[next]?.index ?? 0) < from.index) next++;
      const end_us = Math.min(due_us, stops[next]?.at_us ?? due_us);
      return {
        side: 'client',
        kind: 'timer',
        from,
        end: undefined,
        end_us,
        left: 0,
        label: `waits ${duration(due_us - from.at_us)}`,
      };
    });
});

export const scene: Scene<Attempt> = {
  ends({ events, parameters }) {
    const isSilent = !events.some(({ kind, actor }) => kind.startsWith('packet-') && actor === 'server');
    const server = parameters.peer === 'absent' ? 'nobody' : isSilent ? 'server, silent' : 'server';
    return { client: 'client', server, isSilent };
  },
  notes,
  waits: synTimers,
  label: duration,
  rows: [
    { name: 'packets', shows: 'packets' },
    { name: 'worker', shows: 'process', actor: 'worker' },
    {
      name: 'supervisor',
      shows: 'limit',
      until_us: ({ parameters }) => parameters.heartbeat_s * 1e6 || null,
    },
  ],
  timelineLabel: 'Packets, the worker and its supervisor, time running right, to scale',
  // The record of a closed connection stays for a minute after all is said.
  end_us: ({ events }) => events.findLast(({ kind }) => kind !== 'state-changed')?.at_us ?? 0,
};
