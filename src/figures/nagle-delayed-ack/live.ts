/** What moves in the figure of the nagle-delayed-ack chapter. */

import { duration } from '#simulations/engine/duration.ts';
import { capital } from '#simulations/engine/wording.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { connectionMachine } from '#simulations/kernel/tcp/connection.ts';
import { connectionOf, listenerOf, machineOf } from '#simulations/machine/lookups.ts';
import type { World } from '#simulations/machine/state.ts';
import type { TraceEvent } from '#simulations/trace/event.ts';
import { type Bar, bars } from '../../views/bars.ts';
import type { Variable } from '../../views/gauges.ts';
import { ladderOf } from '../../views/ladder.ts';
import { asLive, type DecidedRegion } from '../figure.ts';
import type { Exchange } from './exchange.ts';
import { gauges } from './gauges.ts';
import { latency_us, requests, stalledRequests } from './requests.ts';
import { scene } from './scene.ts';

/** The region that each kernel function's lines belong to. */
const REGIONS: readonly (readonly [region: string, functions: RegExp])[] = [
  ['sending', /^(tcp_nagle|tcp_minshall|tcp_write_xmit|tcp_push|__tcp_sock_set_(cork|nodelay))/],
  ['acknowledgement', /ack_snd_check|quickack|delack|delayed_ack|event_data|pingpong|tcp_cleanup_rbuf/],
  ['retransmission', /tcp_retransmit|tcp_write_timeout|tcp_write_wakeup|probe|tcp_connect:timer/],
];

function decidedBy({ kind, actor, mark }: TraceEvent): DecidedRegion | null {
  if (kind === 'state-changed') return { actor, region: 'connection' };
  if (kind === 'segment-held' || kind === 'window-full') return { actor, region: 'sending' };
  const [region] = REGIONS.find(([, functions]) => functions.test(mark ?? '')) ?? [];
  return region ? { actor, region } : null;
}

/** A listener shows its state where no connection has come yet; CLOSE is the state of none (RFC 9293 3.3.2). */
function stateIn(world: World, side: string, region: string): string | undefined {
  const machine = machineOf(world, side);
  const socket = connectionOf(machine) ?? listenerOf(machine);
  if (region === 'connection') return socket?.state ?? 'CLOSE';
  return region === 'sending' || region === 'acknowledgement' || region === 'retransmission'
    ? socket?.regions?.[region]
    : undefined;
}

function barsOf(trace: Exchange): Bar[] {
  const stalled = stalledRequests(trace);
  return requests(trace).flatMap((request) => {
    const { number, ended } = request;
    if (!ended) return [];
    const isMarked = stalled.has(number);
    const took = duration(latency_us(request));
    const title = `request ${number}: ${took}${isMarked ? ', stalled' : ''}`;
    return [{ from: ended.index, number, value_us: latency_us(request), isMarked, title }];
  });
}

function latencyBars(trace: Exchange, beside?: Exchange): string {
  const whole = Math.max(trace.parameters.requests, beside?.parameters.requests ?? 0);
  const others = beside ? barsOf(beside) : [];
  return bars(barsOf(trace), whole, 'Latency of each request that has been answered', others);
}

/** The middle value; the lower of two. */
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? 0;

function summary(trace: Exchange): Variable[] {
  const answered = requests(trace).filter(({ ended }) => ended);
  const latencies = answered.map(latency_us);
  const stalled = stalledRequests(trace).size;
  const segments = trace.events.filter(({ kind }) => kind === 'packet-sent').length;
  return [
    ['stalled', `${stalled} of ${trace.parameters.requests}`],
    ['latency: median', duration(median(latencies))],
    ['longest', duration(Math.max(0, ...latencies))],
    ['segments', `${segments}`],
  ];
}

/** Both ends do much the same, so each sentence begins with who does it. */
const speaker = ({ actor }: TraceEvent): string =>
  actor === 'network' ? '' : `${capital(actor.replace('process', 'program'))}: `;

/** Half a millisecond counts here: half a round trip. */
export const clock = (us: number): string =>
  us < 1e6 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1e6).toFixed(3)} s`;

export const live = asLive(nagleDelayedAck, {
  initial: 'post',
  picture: ladderOf(scene),
  timeline: scene,
  charts: [],
  clock,
  regions: {
    machine: connectionMachine,
    places: [
      { region: 'connection', isFolded: true },
      { region: 'sending' },
      { region: 'acknowledgement' },
      { region: 'retransmission' },
    ],
    stateIn,
    decidedBy,
  },
  strip: {
    title: 'Latency by request',
    note: 'ms; hatched: waited for a timer',
    draw: latencyBars,
  },
  speaker,
  gauges,
  summary,
});
