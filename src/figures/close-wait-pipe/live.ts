/** What moves in the figure of the close-wait-pipe chapter. */
import { bytes, count } from '#simulations/engine/wording.ts';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { threadMachine } from '#simulations/incidents/close-wait-pipe/thread-states.ts';
import type { Panel, Variable } from '../../views/gauges.ts';
import { clock } from '../clock.ts';
import { asLive } from '../figure.ts';
import { chainAt, connectionsIn, processOf, shownThread } from './moment.ts';
import { picture } from './picture.ts';
import { logPipe, type PileUp } from './pile-up.ts';
import { timeline } from './timeline.ts';

function gauges(trace: PileUp, index: number): Panel {
  const world = trace.worldAt(index);
  const { open_fds, limits } = processOf(world);
  const { accept, workers, asleep, pipe: held, ssh, clients } = chainAt(trace, index);
  const slots = held.slots.length;
  return {
    gauges: [
      {
        label: workers.length === 1 ? 'threads asleep in write()' : 'workers asleep in write()',
        value: `${asleep} of ${workers.length}`,
        share: asleep / workers.length,
        tone: 'timer',
      },
      {
        label: 'pipe slots in use',
        value: `${held.used} of ${slots}`,
        share: held.used / slots,
        tone: 'data',
      },
      {
        label: 'accept queue',
        value: `${count(accept.waiting)} of ${count(accept.room)}`,
        share: accept.waiting / accept.room,
        tone: 'syn',
      },
      {
        label: 'descriptors open',
        value: `${count(open_fds)} of ${count(limits.nofile)}`,
        share: open_fds / limits.nofile,
        tone: 'count',
      },
    ],
    variables: [
      ['CLOSE-WAIT', count(connectionsIn(world, 'CLOSE_WAIT'))],
      ['ESTAB', count(connectionsIn(world, 'ESTABLISHED'))],
      ['served', count(clients.served)],
      ['gave up', count(clients.gave_up)],
      ['pipe holds', bytes(logPipe(world).held_bytes)],
      ...(ssh ? ([['remote_window', count(ssh.remote_window)]] as const) : []),
    ],
  };
}

function summary({ outcome }: PileUp): Variable[] {
  const { served, close_wait, blocked_workers, accept_errno, ended_by } = outcome;
  return [
    ['served', count(served)],
    ['CLOSE-WAIT', count(close_wait)],
    ['asleep in write()', count(blocked_workers)],
    ['accept()', accept_errno ?? 'no error'],
    ['ended by', ended_by === 'duration' ? 'our watch' : ended_by],
  ];
}

export const live = asLive(closeWaitPipe, {
  initial: 'incident',
  picture,
  timeline,
  charts: [
    {
      machine: threadMachine,
      region: 'thread',
      stateIn: (world) => shownThread(world).status,
      part: {
        states: ['working', 'in accept()', 'waiting for work', 'asleep in write()'],
        direction: 'RIGHT',
      },
    },
  ],
  clock,
  gauges,
  summary,
});
