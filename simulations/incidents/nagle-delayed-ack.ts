/**
 * A keep-alive HTTP server that writes header and body one after the other, and a client whose ACK waits: Nagle's
 * rule at one end, the delayed ACK at the other.
 *
 * Times are ideal: timers fire when due and programs take no time. A real kernel's delayed ACK is later by up to a
 * timer-wheel slot and a tick, 8 ms at HZ = 250, never earlier.
 */
import { VirtualClock } from '../engine/clock.ts';
import { duration } from '../engine/duration.ts';
import { type Answer, Process, type Program } from '../engine/process.ts';
import { Random } from '../engine/random.ts';
import type { Simulation } from '../engine/simulation.ts';
import { Recorder, type Trace } from '../engine/trace.ts';
import { Host } from '../kernel/host.ts';
import { KERNELS } from '../kernel/profile.ts';
import { Syscalls, sys } from '../kernel/syscalls.ts';
import { Link } from '../network/link.ts';
import type { Endpoint } from '../network/packet.ts';
import { type NagleDelayedAckParameters, parameters, presets } from './nagle-delayed-ack/parameters.ts';
import { type RequestSpan, stalledRequests } from './nagle-delayed-ack/stalls.ts';

export interface NagleDelayedAckOutcome {
  readonly latencies_ms: readonly number[];
  readonly stalls: readonly number[];
}

const CLIENT = '192.0.2.1';
const SERVER: Endpoint = { address: '192.0.2.2', port: 8080 };
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
      yield* respond(p, fd);
      if (p.server_closes_after_response) break;
    }
    yield* sys.close(fd);
  }
  yield* sys.close(listener);
}

function* client(
  p: NagleDelayedAckParameters,
  clock: VirtualClock,
  recorder: Recorder,
  spans: RequestSpan[],
): Program {
  const half_bytes = p.client_writes === 2 ? Math.floor(p.request_bytes / 2) : 0;
  let fd = -1;
  for (let request = 1; request <= p.requests; request++) {
    if (request > 1 && p.gap_ms) yield* sys.sleep(p.gap_ms);
    const span: RequestSpan = { from_us: clock.now_us, until_us: null };
    if (fd < 0) {
      fd = (yield* sys.socket()).value;
      if (p.client_nodelay) yield* sys.setsockopt(fd, 'TCP_NODELAY', 1);
      yield* sys.connect(fd, SERVER);
      if (p.client_quickack === 'once') yield* sys.setsockopt(fd, 'TCP_QUICKACK', 1);
      if (!p.server_closes_after_response) span.from_us = clock.now_us;
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
  if (fd >= 0) yield* sys.close(fd);
}

function run(p: NagleDelayedAckParameters): Trace<NagleDelayedAckOutcome> {
  const clock = new VirtualClock();
  const random = new Random(1);
  const recorder = new Recorder(clock);
  const spans: RequestSpan[] = [];
  const { mss_bytes, tcp_pingpong_thresh } = p;
  const host = (name: string, address: string) =>
    new Host({
      name,
      address,
      kernel: KERNELS['6.12'],
      sysctl: { tcp_pingpong_thresh },
      clock,
      recorder,
      random,
      mss_bytes,
    });
  const ends = { client: host('client', CLIENT), server: host('server', SERVER.address) };
  const link = new Link({
    ends: [ends.client, ends.server],
    rtt_us: p.rtt_ms * 1000,
    rules: [],
    clock,
    recorder,
    random,
  });
  const start = (name: 'client' | 'server', pid: number, program: Program) => {
    ends[name].plug(link);
    const kernel = new Syscalls(ends[name], `${name} process`);
    const process = new Process({
      name: `${name} process`,
      pid,
      program,
      kernel: kernel.run,
      clock,
      witness: kernel,
    });
    process.start();
  };
  start('server', 3001, server(p));
  start('client', 2001, client(p, clock, recorder, spans));
  clock.drain();

  return recorder.finish(
    'nagle-delayed-ack',
    { ...p },
    {
      latencies_ms: spans.map(({ from_us, until_us }) => ((until_us ?? clock.now_us) - from_us) / 1000),
      stalls: stalledRequests(recorder.events, spans),
    },
  );
}

export const nagleDelayedAck: Simulation<typeof parameters, NagleDelayedAckOutcome> = {
  name: 'nagle-delayed-ack',
  title: 'Two small writes for one response, and an ACK that waits for company',
  parameters,
  outcome: {
    latencies_ms:
      'each request, from its first write() or its connect() until the whole response is read (ms)',
    stalls:
      'numbers, from 1, of the requests that waited for a delayed ACK or for the timer that ends a cork',
  },
  presets,
  run,
};
