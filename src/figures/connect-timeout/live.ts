/** What moves in the figure of the connect-timeout chapter. */
import { clockTime, duration } from '#simulations/engine/duration.ts';
import {
  type ConnectTimeoutPrograms,
  connectTimeout,
} from '#simulations/incidents/connect-timeout/simulation.ts';
import { connectionMachine } from '#simulations/kernel/tcp/connection.ts';
import { connectionOf, machineOf, threadOf } from '#simulations/machine/lookups.ts';
import type { TcpState, ThreadState } from '#simulations/machine/state.ts';
import type { EventKind } from '#simulations/trace/event.ts';
import type { Gauge, Panel, Variable } from '../../views/gauges.ts';
import { ladderOf } from '../../views/ladder.ts';
import { asLive } from '../figure.ts';
import type { Attempt } from './attempt.ts';
import { scene } from './scene.ts';

type Supervisor = NonNullable<ConnectTimeoutPrograms['supervisor']>;

/** What is left of a wait, as a bar that drains. @param whole_us its length @param left_us what is left of it */
const draining = (label: string, whole_us: number, left_us: number, tone: Gauge['tone']): Gauge => ({
  label,
  value: `${clockTime(left_us)} of ${duration(whole_us)}`,
  share: left_us / whole_us,
  tone,
});

/** The timer of the SYN, and what bounds the attempt. */
function socketGauges(client: TcpState | undefined, at_us: number): Gauge[] {
  const label = 'retransmission timer';
  const timer = client?.timer;
  // One that is due has fired.
  const isArmed = timer && timer.due_us > at_us;
  const drawn = isArmed
    ? [draining(label, timer.due_us - timer.set_us, timer.due_us - at_us, 'timer')]
    : [{ label, value: 'off', share: 0, tone: 'timer' as const }];
  if (client?.state !== 'SYN_SENT' || !client.syn) return drawn;
  const { retransmits, max_retransmits, limit_ms, retrans_stamp_us } = client.syn;
  const limit_us = limit_ms * 1000;
  const elapsed_us = Math.min(limit_us, at_us - retrans_stamp_us);
  const isUsers = limit_ms === client.options.user_timeout_ms;
  return [
    ...drawn,
    {
      label: 'retransmissions left',
      value: `${max_retransmits - retransmits} of ${max_retransmits}`,
      share: 1 - retransmits / max_retransmits,
      tone: 'syn',
    },
    draining(
      isUsers ? 'TCP_USER_TIMEOUT' : 'time limit of SYN_SENT',
      limit_us,
      limit_us - elapsed_us,
      'timer',
    ),
  ];
}

/** The timeout of the call that a thread sleeps in, where it has one. */
function callGauge({ call }: ThreadState, at_us: number): Gauge[] {
  if (!call || call.deadline_us === null) return [];
  const left_us = Math.max(0, call.deadline_us - at_us);
  return [
    {
      label: call.name === 'poll' ? 'poll()’s timeout' : 'SO_SNDTIMEO',
      value: `${clockTime(left_us)} left`,
      share: left_us / (call.deadline_us - call.since_us),
      tone: 'timer',
    },
  ];
}

function patience({ status, due_us }: Supervisor, at_us: number): Gauge {
  const label = 'supervisor’s patience';
  return status === 'waiting'
    ? draining(label, due_us, Math.max(0, due_us - at_us), 'ok')
    : { label, value: status, share: 0, tone: 'ok' };
}

/** The events after which a worker does something else. */
const TURNS: ReadonlySet<EventKind> = new Set([
  'syscall',
  'syscall-return',
  'process-exited',
  'process-killed',
]);

/** What the worker does after an event, in a few words: a call that has not slept yet is no less a call. */
function doing({ events }: Attempt, index: number): string {
  const last = events.findLast(
    (event) => event.index <= index && event.actor === 'worker' && TURNS.has(event.kind),
  );
  if (last?.kind === 'syscall') return `in ${last.data.call}()`;
  return last?.kind === 'process-killed' ? 'killed' : last?.kind === 'process-exited' ? 'exited' : 'running';
}

function gauges(trace: Attempt, index: number, at_us: number): Panel {
  const { machines, programs } = trace.worldAt(index);
  const machine = machineOf({ machines }, 'client');
  const client = connectionOf(machine);
  const worker = threadOf(machine, 'worker');
  const { supervisor } = programs;
  const rto_ms = client?.syn?.rto_ms ?? client?.info?.rto_ms;
  const syns = trace.events.filter(
    (event) =>
      event.index <= index &&
      event.kind === 'packet-sent' &&
      event.actor === 'client' &&
      event.data.packet === 'SYN',
  ).length;
  return {
    gauges: [
      ...socketGauges(client, at_us),
      ...(worker ? callGauge(worker.thread, at_us) : []),
      ...(supervisor ? [patience(supervisor, at_us)] : []),
    ],
    variables: [
      ['SYNs sent', `${syns}`],
      ['icsk_rto', rto_ms === undefined ? '–' : duration(rto_ms * 1000)],
      ['sk_err', client ? (client.error ?? '0') : '–'],
      ['worker', doing(trace, index)],
    ],
  };
}

function summary({ outcome }: Attempt): Variable[] {
  const { syn_times_ms, errno, returned_at_ms, killed_at_ms } = outcome;
  const ended: Variable =
    killed_at_ms === null
      ? ['the worker is back after', duration((returned_at_ms ?? 0) * 1000)]
      : ['killed after', duration(killed_at_ms * 1000)];
  return [
    ['SYNs on the wire', `${syn_times_ms.length}`],
    ['errno', killed_at_ms === null ? (errno ?? 'none: connected') : 'none: it never returned'],
    ended,
  ];
}

export const live = asLive(connectTimeout, {
  initial: 'post',
  picture: ladderOf(scene),
  timeline: scene,
  charts: [
    {
      machine: connectionMachine,
      region: 'connection',
      // RFC 9293 3.3.2: CLOSED is the state of no connection at all.
      stateIn: (world) => connectionOf(machineOf(world, 'client'))?.state ?? 'CLOSE',
      part: {
        states: ['CLOSE', 'SYN_SENT', 'ESTABLISHED'],
        leaving: ['CLOSE', 'SYN_SENT'],
        events: ['connect()', 'SYN-ACK', 'RST', 'ICMP error', 'give up', 'close()'],
      },
    },
  ],
  gauges,
  summary,
});
