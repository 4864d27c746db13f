/** Client and server, each as process and kernel, and the requests between them. */
import { duration } from '#simulations/engine/duration.ts';
import { type Note, once, type Scene } from '../../views/scene.ts';
import type { Exchange } from './exchange.ts';
import { CLIENT_PROCESS, requests } from './requests.ts';
import { waits } from './waits.ts';

/** Where each request begins. */
const notes = once((trace: Exchange): Note[] =>
  requests(trace).map(({ number, began }) => ({ event: began, text: `request ${number}`, tone: 'part' })),
);

/** What a record in TIME_WAIT does a minute later is no part of the picture. */
const end_us = once(({ events }: Exchange): number => {
  const last = events.findLast(
    (event) => !(event.kind === 'state-changed' && event.data.from === 'TIME_WAIT'),
  );
  return last?.at_us ?? 0;
});

export const scene: Scene<Exchange> = {
  ends: () => ({ client: 'client', server: 'server', isSilent: false }),
  notes,
  waits,
  // Half a millisecond counts here, also in the tenth second.
  label: (us) => (us < 1e6 ? duration(us) : `${Number((us / 1e6).toFixed(4))} s`),
  rows: [
    { name: 'client process', shows: 'process', actor: CLIENT_PROCESS },
    { name: 'client kernel', shows: 'waits', side: 'client', waits },
    { name: 'packets', shows: 'packets' },
    { name: 'server kernel', shows: 'waits', side: 'server', waits },
    { name: 'server process', shows: 'process', actor: 'server process' },
  ],
  timelineLabel:
    'When each process sleeps, what waits in each kernel, and the packets between them, time running right, to scale',
  end_us,
};
