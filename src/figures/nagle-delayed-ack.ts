/** The figure of the nagle-delayed-ack chapter. */
import { duration } from '#simulations/engine/duration.ts';
import type { Trace, TraceEvent } from '#simulations/engine/trace.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack.ts';
import { connectionMachine } from '#simulations/kernel/tcp/connection.ts';
import { ssInfoOf } from '#simulations/tools/ss-info.ts';
import { straceOf } from '#simulations/tools/strace.ts';
import { tcpdump } from '#simulations/tools/tcpdump.ts';
import { transcriptIn } from '#simulations/tools/transcript.ts';
import { type Bar, bars } from '../views/bars.ts';
import type { Variable } from '../views/gauges.ts';
import { asFigure, type Decision } from './figure.ts';
import { gauges } from './nagle-delayed-ack/gauges.ts';
import { CLIENT_PROCESS, latency_us, requests, stalledRequests } from './nagle-delayed-ack/requests.ts';
import { scene } from './nagle-delayed-ack/scene.ts';

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
  return [
    ['stalled', `${stalled} of ${trace.parameters.requests}`],
    ['latency: median', duration(median(latencies))],
    ['longest', duration(Math.max(0, ...latencies))],
  ];
}

/** Half a millisecond counts here: half a round trip. */
const clock = (us: number): string =>
  us < 1e6 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1e6).toFixed(4)} s`;

export const nagleDelayedAckFigure = asFigure(nagleDelayedAck, {
  initial: 'post',
  scene,
  clock,
  states: { title: 'Both sockets', note: 'drawn from the simulation’s state machine' },
  charts: [],
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
  tools: [
    tcpdump,
    straceOf(CLIENT_PROCESS, 'client'),
    straceOf('server process', 'server'),
    ssInfoOf('client'),
    ssInfoOf('server'),
    transcriptIn(clock),
  ],
  excerpts: [
    '__inet_stream_connect',
    'inet_wait_for_connect',
    'sock_sndtimeo',
    'tcp_connect_init',
    'tcp_connect',
    'tcp_rcv_synsent_state_process',
    'inet_csk_listen_start',
    'inet_csk_accept',
    'tcp_conn_request',
    'tcp_rcv_state_process',
    'tcp_write_xmit',
    'tcp_nagle_test',
    'tcp_nagle_check',
    'tcp_minshall_check',
    'tcp_write_wakeup',
    'tcp_retransmit_timer',
    'tcp_write_timeout',
    'retransmits_timed_out',
    'tcp_event_data_recv',
    'tcp_event_data_sent',
    '__tcp_ack_snd_check',
    'tcp_in_quickack_mode',
    'tcp_send_delayed_ack',
    'tcp_delack_timer_handler',
    '__tcp_cleanup_rbuf',
    'tcp_dec_quickack_mode',
    'tcp_recvmsg_locked',
    'tcp_data_queue',
    'tcp_send_challenge_ack',
    '__tcp_close',
    'tcp_close_state',
    'tcp_fin',
    'tcp_time_wait',
    'tcp_timewait_state_process',
    'tcp_v4_send_reset',
  ],
  gauges,
  summary,
});
