/**
 * A keep-alive HTTP server that writes header and body one after the other, and a client whose ACK waits: Nagle's
 * rule at one end, the delayed ACK at the other.
 *
 * Times are ideal: timers fire when due and programs take no time. A real kernel's delayed ACK is later by up to a
 * timer-wheel slot and a tick, 8 ms at HZ = 250, never earlier.
 */
import { duration } from '../../engine/duration.ts';
import { PLAIN_ROUTE, type Route } from '../../kernel/route.ts';
import { sys } from '../../machine/calls.ts';
import type { Machine } from '../../machine/machine.ts';
import { CallNarrator } from '../../machine/narrator.ts';
import type { Answer, Program } from '../../machine/program.ts';
import { type Interventions, Run, type Slices } from '../../machine/run.ts';
import type { Sysctls } from '../../machine/sysctl.ts';
import type { Endpoint } from '../../network/packet.ts';
import { type RunSize, simulationOf } from '../../simulation.ts';
import type { Recorder } from '../../trace/recorder.ts';
import { linkStandoffs } from '../../trace/standoff.ts';
import type { Trace } from '../../trace/trace.ts';
import './events.ts';
import { type NagleDelayedAckOutcome, verdictOf } from './outcome.ts';
import { type NagleDelayedAckParameters, parameters, presets } from './parameters.ts';
import { type RequestSpan, stalledRequests } from './stalls.ts';

export type { NagleDelayedAckOutcome } from './outcome.ts';

export const CLIENT_PID = 2001;
export const SERVER_PID = 3001;

const CLIENT = '192.0.2.1';
const SERVER: Endpoint = { address: '192.0.2.2', port: 8080 };
/** `tcp_early_retrans`: the kernel's default. */
const TAIL_LOSS_PROBES = 3;
/** What a program reads at once. */
const BUFFER_bytes = 65536;

/** Reads until `bytes` are there or the stream ends. @returns whether all came */
function* readAll(fd: number, bytes: number, beforeEach?: () => Program<Answer>): Program<boolean> {
  for (let left = bytes; left > 0; ) {
    if (beforeEach) yield* beforeEach();
    const { value } = yield* sys.read(fd, BUFFER_bytes);
    if (value <= 0) return false;
    left -= value;
  }
  return true;
}

/** One response, as the server has been told to send it. */
function* respond(p: NagleDelayedAckParameters, fd: number): Program {
  const { header_bytes, body_bytes } = p;
  switch (p.server_writes) {
    case 'one':
      yield* sys.write(fd, header_bytes + body_bytes);
      break;
    case 'writev':
      yield* sys.writev(fd, [header_bytes, body_bytes]);
      break;
    case 'msg-more':
      yield* sys.sendMore(fd, header_bytes);
      if (body_bytes) yield* sys.write(fd, body_bytes);
      break;
    default:
      if (p.server_writes === 'cork') yield* sys.setsockopt(fd, 'TCP_CORK', 1);
      yield* sys.write(fd, header_bytes);
      if (body_bytes) yield* sys.write(fd, body_bytes);
      if (p.server_writes === 'cork') yield* sys.setsockopt(fd, 'TCP_CORK', 0);
  }
}

function* server(p: NagleDelayedAckParameters): Program {
  const listener = (yield* sys.socket()).value;
  yield* sys.bind(listener, SERVER.port);
  yield* sys.listen(listener, 128);
  const connections = p.server_closes_after_response ? p.requests : 1;
  for (let accepted = 0; accepted < connections; accepted++) {
    const fd = (yield* sys.accept(listener)).value;
    if (p.server_nodelay) yield* sys.setsockopt(fd, 'TCP_NODELAY', 1);
    if (p.server_writes === 'cork-forever') yield* sys.setsockopt(fd, 'TCP_CORK', 1);
    while (yield* readAll(fd, p.request_bytes)) {
      if (p.server_works_ms) yield* sys.nanosleep(p.server_works_ms);
      yield* respond(p, fd);
      if (p.server_closes_after_response) break;
    }
    yield* sys.close(fd);
  }
  yield* sys.close(listener);
}

/** What the client's route says of TCP once it is changed. */
const changedRoute = (p: NagleDelayedAckParameters): Route => ({
  quickack: p.client_route_quickack,
  rto_min_ms: p.client_route_rto_min_ms || null,
});

/** Changes the client's route, or takes the change back, where that is due just before this request. */
function changeRoute(
  p: NagleDelayedAckParameters,
  { stack }: Machine,
  recorder: Recorder,
  request: number,
): void {
  const changed = changedRoute(p);
  if (!changed.quickack && changed.rto_min_ms === null) return;
  const isUndone = request === p.client_route_until_request;
  if (!isUndone && request !== p.client_route_from_request) return;
  stack.route = isUndone ? PLAIN_ROUTE : changed;
  const rto_min = stack.route.rto_min_ms === null ? '' : ` rto_min ${stack.route.rto_min_ms}ms`;
  const quickack = stack.route.quickack ? ' quickack 1' : '';
  const open = request === 1 ? '' : ' The open connection looks it up when it next sends.';
  recorder.record({
    actor: stack.name,
    kind: 'route-changed',
    data: { ...stack.route },
    says: isUndone
      ? `Root takes the change of the route back.${open}`
      : `Root changes the route to the server, with *${`${rto_min}${quickack}`.trim()}*.${open}`,
    mark: 'sk_setup_caps:route',
    beat: true,
  });
}

/** The client's options of TCP. */
function* setOptions(p: NagleDelayedAckParameters, fd: number): Program {
  if (p.client_nodelay) yield* sys.setsockopt(fd, 'TCP_NODELAY', 1);
  if (p.client_rto_min_us) yield* sys.setsockopt(fd, 'TCP_RTO_MIN_US', p.client_rto_min_us);
  if (p.client_delack_max_us) yield* sys.setsockopt(fd, 'TCP_DELACK_MAX_US', p.client_delack_max_us);
}

function* client(
  p: NagleDelayedAckParameters,
  { clock, recorder }: Pick<Run, 'clock' | 'recorder'>,
  machine: Machine,
  spans: RequestSpan[],
): Program {
  const half_bytes = p.client_writes === 2 ? Math.floor(p.request_bytes / 2) : 0;
  let fd = -1;
  for (let request = 1; request <= p.requests; request++) {
    if (request > 1 && p.gap_ms) yield* sys.nanosleep(p.gap_ms);
    const isFirst = fd < 0;
    recorder.section(isFirst && !p.server_closes_after_response ? 'handshake' : `request ${request}`);
    changeRoute(p, machine, recorder, request);
    const span: RequestSpan = { from_us: clock.now_us, until_us: null };
    if (isFirst) {
      fd = (yield* sys.socket()).value;
      yield* setOptions(p, fd);
      yield* sys.connect(fd, SERVER);
      if (p.client_quickack === 'once') yield* sys.setsockopt(fd, 'TCP_QUICKACK', 1);
      if (!p.server_closes_after_response) {
        span.from_us = clock.now_us;
        recorder.section(`request ${request}`);
      }
    }
    spans.push(span);
    if (half_bytes) yield* sys.write(fd, half_bytes);
    yield* sys.write(fd, p.request_bytes - half_bytes);
    const quickack = () => sys.setsockopt(fd, 'TCP_QUICKACK', 1);
    yield* readAll(fd, p.header_bytes + p.body_bytes, p.client_quickack === 'always' ? quickack : undefined);
    span.until_us = clock.now_us;
    const latency_us = span.until_us - span.from_us;
    recorder.record({
      actor: 'client process',
      kind: 'request-answered',
      data: { request, latency_ms: latency_us / 1000 },
      says: `Request ${request} is answered, *${duration(latency_us)}* after it began.`,
      beat: true,
    });
    if (p.server_closes_after_response) {
      yield* readAll(fd, 1);
      yield* sys.close(fd);
      fd = -1;
    }
  }
  recorder.section('the connection closes');
  if (fd >= 0) yield* sys.close(fd);
}

function* start(
  p: NagleDelayedAckParameters,
  actions?: Interventions,
): Slices<Trace<NagleDelayedAckOutcome>> {
  const run = new Run({ actions });
  const { clock, recorder } = run;
  const spans: RequestSpan[] = [];
  const { mss_bytes, tcp_pingpong_thresh } = p;
  const sysctl = { tcp_pingpong_thresh, tcp_early_retrans: TAIL_LOSS_PROBES };
  const machine = (name: string, address: string, own: Partial<Sysctls> = {}) =>
    run.machine({ name, addresses: [address], kernel: '6.18', sysctl: { ...sysctl, ...own }, mss_bytes });
  const ends = {
    client: machine('client', CLIENT, { tcp_rto_min_us: p.client_tcp_rto_min_us }),
    server: machine('server', SERVER.address),
  };
  run.join([ends.client, ends.server], p.rtt_ms * 1000);
  const start = (name: 'client' | 'server', pid: number, program: Program) => {
    const narrator = new CallNarrator(recorder, name);
    ends[name].spawn({ pid, comm: name, narrator }).thread(`${name} process`, program).start();
  };
  recorder.section('the server listens');
  start('server', SERVER_PID, server(p));
  start('client', CLIENT_PID, client(p, run, ends.client, spans));
  yield* run.drain();
  linkStandoffs(recorder);

  const outcome: NagleDelayedAckOutcome = {
    latencies_ms: spans.map(({ from_us, until_us }) => ((until_us ?? clock.now_us) - from_us) / 1000),
    stalls: stalledRequests(recorder.events, spans),
  };
  const answered = spans.filter(({ until_us }) => until_us !== null).length;
  return run.finish('nagle-delayed-ack', { ...p }, outcome, verdictOf(outcome, answered));
}

/** Events of a request without its data segments, and for each of these. */
const PER_REQUEST = 22;
const PER_SEGMENT = 6.7;
const PER_CONNECTION = 45;

function sizeOf(p: NagleDelayedAckParameters): RunSize {
  const { requests, header_bytes, body_bytes, request_bytes, mss_bytes } = p;
  const inSegments = (bytes: number) => Math.ceil(bytes / (mss_bytes - 12));
  const segments = inSegments(header_bytes) + inSegments(body_bytes) + inSegments(request_bytes);
  const connections = p.server_closes_after_response ? requests : 1;
  const events = requests * (PER_REQUEST + PER_SEGMENT * segments) + PER_CONNECTION * connections;
  const largest = Math.max(header_bytes, body_bytes, request_bytes);
  const bytes =
    largest === body_bytes ? 'body_bytes' : largest === header_bytes ? 'header_bytes' : 'request_bytes';
  return {
    events: Math.round(events),
    steps: Math.round(events / 2),
    lower: segments > 12 ? bytes : 'requests',
  };
}

export const nagleDelayedAck = simulationOf<typeof parameters, NagleDelayedAckOutcome>({
  name: 'nagle-delayed-ack',
  title: 'Two small writes for one response, and an ACK that waits for company',
  parameters,
  outcome: {
    latencies_ms:
      'each request, from its first write() or its connect() until the whole response is read (ms)',
    stalls:
      'numbers, from 1, of the requests that waited for a delayed ACK, for a tail loss probe, or for the timer that ends a cork',
  },
  presets,
  size: sizeOf,
  largest: { requests: 200, server_closes_after_response: true },
  start,
});
