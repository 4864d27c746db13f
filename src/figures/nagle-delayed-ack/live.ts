/** What moves in the figure of the nagle-delayed-ack chapter. */
import { duration } from '#simulations/engine/duration.ts';
import type { Trace, TraceEvent } from '#simulations/engine/trace.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack.ts';
import { connectionMachine } from '#simulations/kernel/tcp/connection.ts';
import { type Bar, bars } from '../../views/bars.ts';
import type { Variable } from '../../views/gauges.ts';
import { ladderOf } from '../../views/ladder.ts';
import { asLive, type Decision } from '../figure.ts';
import { gauges } from './gauges.ts';
import { latency_us, requests, stalledRequests } from './requests.ts';
import { scene } from './scene.ts';

/** The region that each kernel function's lines belong to. */
const REGIONS: readonly (readonly [region: string, functions: RegExp])[] = [
  ['sending', /^(tcp_nagle|tcp_minshall|tcp_write_xmit|tcp_push|__tcp_sock_set_(cork|nodelay))/],
  ['acknowledgement', /ack_snd_check|quickack|delack|delayed_ack|event_data|pingpong|tcp_cleanup_rbuf/],
  ['retransmission', /tcp_retransmit|tcp_write_timeout|tcp_write_wakeup|probe|tcp_connect:timer/],
];

/** The state of the sending region for each thing that holds bytes. */
const HOLDS: Readonly<Record<string, string>> = {
  Nagle: 'held by Nagle',
  cork: 'corked',
  window: 'window full',
};

function decidedBy({ kind, actor, mark, data }: TraceEvent): Decision | null {
  if (kind === 'state-changed') return { actor, region: 'connection' };
  const enters = kind === 'segment-held' || kind === 'window-full' ? HOLDS[String(data.hold)] : undefined;
  if (enters) return { actor, region: 'sending', enters };
  const [region] = REGIONS.find(([, functions]) => functions.test(mark ?? '')) ?? [];
  return region ? { actor, region } : null;
}

function barsOf(trace: Trace): Bar[] {
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

function latencyBars(trace: Trace, beside?: Trace): string {
  const whole = Math.max(Number(trace.parameters.requests), Number(beside?.parameters.requests ?? 0));
  const others = beside ? barsOf(beside) : [];
  return bars(barsOf(trace), whole, 'Latency of each request that has been answered', others);
}

/** The middle value; the lower of two. */
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? 0;

function summary(trace: Trace): Variable[] {
  const answered = requests(trace).filter(({ ended }) => ended);
  const latencies = answered.map(latency_us);
  const stalled = stalledRequests(trace).size;
  const segments = trace.events.filter(({ kind }) => kind === 'packet-sent').length;
  return [
    ['stalled', `${stalled} of ${trace.parameters.requests}`],
    ['latency: median', duration(median(latencies))],
    ['longest', duration(Math.max(0, ...latencies))],
    ['segments', String(segments)],
  ];
}

/** Both ends do much the same, so each sentence begins with who does it. */
const speaker = ({ actor }: TraceEvent): string =>
  actor === 'network'
    ? ''
    : `${actor.charAt(0).toUpperCase()}${actor.slice(1).replace('process', 'program')}: `;

/** Half a millisecond counts here: half a round trip. */
export const clock = (us: number): string =>
  us < 1e6 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1e6).toFixed(3)} s`;

export const live = asLive(nagleDelayedAck, {
  initial: 'post',
  picture: ladderOf(scene),
  timeline: scene,
  clock,
  regions: {
    machine: connectionMachine,
    places: [
      { region: 'connection', field: 'sk_state', isFolded: true },
      { region: 'sending', field: 'sending' },
      { region: 'acknowledgement', field: 'acknowledgement' },
      { region: 'retransmission', field: 'retransmission' },
    ],
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
