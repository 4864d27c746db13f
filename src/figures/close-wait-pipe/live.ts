/** What moves in the figure of the close-wait-pipe chapter. */
import type { Trace } from '#simulations/engine/trace.ts';
import { bytes, count } from '#simulations/engine/wording.ts';
import { type CloseWaitPipeOutcome, closeWaitPipe } from '#simulations/incidents/close-wait-pipe.ts';
import type { Panel, Variable } from '../../views/gauges.ts';
import { clock } from '../clock.ts';
import { asLive } from '../figure.ts';
import { chainAt } from './moment.ts';
import { picture } from './picture.ts';
import { timeline } from './timeline.ts';

function gauges(trace: Trace, index: number): Panel {
  const { connections = {}, pipe = {} } = trace.stateAt(index);
  const { accept, workers, asleep, pipe: held, ssh, clients } = chainAt(trace, index);
  const nofile = Number(trace.parameters.nofile);
  const open_fds = Number(connections.open_fds);
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
        value: `${count(open_fds)} of ${count(nofile)}`,
        share: open_fds / nofile,
        tone: 'count',
      },
    ],
    variables: [
      ['CLOSE-WAIT', count(Number(connections.close_wait))],
      ['ESTAB', count(Number(connections.established))],
      ['served', count(clients.served)],
      ['gave up', count(clients.gave_up)],
      ['pipe holds', bytes(Number(pipe.held_bytes))],
      ...(ssh ? ([['remote_window', count(Number(ssh.remote_window))]] as const) : []),
    ],
  };
}

function summary(trace: Trace): Variable[] {
  const { served, close_wait, blocked_workers, accept_errno, ended_by } =
    trace.outcome as CloseWaitPipeOutcome;
  return [
    ['served', count(served)],
    ['CLOSE-WAIT', count(close_wait)],
    ['asleep in write()', count(blocked_workers)],
    ['accept()', accept_errno ?? 'no error'],
    ['ended by', ended_by === 'duration' ? 'our watch' : ended_by],
  ];
}

export const live = asLive(closeWaitPipe, { initial: 'incident', picture, timeline, clock, gauges, summary });
