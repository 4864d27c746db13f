/**
 * Holds the nagle-delayed-ack simulation to what a kernel did.
 *
 * Segments must be equal, one by one, in each direction of each connection: flags, bytes and numbers. A latency may be
 * late: by a timer-wheel slot and a tick for each timer that the request waited for, and by what a busy machine takes to
 * run a program that is ready. It may be early by the error of the measurement, and by 1 ms more where a wire with a
 * round-trip time is between the ends. `ato` may be up to two ticks longer where there is a pause.
 */
import { settleParameters } from '../../engine/parameters.ts';
import { JIFFY_ms } from '../../kernel/tcp/rto-min.ts';
import { connectionOf } from '../../machine/lookups.ts';
import { type Compared, EARLY_ms, equal, SCHEDULING_ms, time } from '../../recording/compared.ts';
import type { RecordedCase } from '../../recording/recording.ts';
import { lateness_ms } from '../../recording/timer-wheel.ts';
import { capture } from '../../tools/capture.ts';
import { flagLetters } from '../../tools/tcpdump.ts';
import { ofKind, type TraceEvent } from '../../trace/event.ts';
import type { Trace } from '../../trace/trace.ts';
import { type NagleDelayedAckOutcome, nagleDelayedAck } from './simulation.ts';

/** A segment as the lab writes it: time in ms, end, flags as tcpdump's letters, bytes, relative numbers. */
type RecordedSegment = readonly [number, 'c' | 's', string, number, number, number];

/** What one case showed. */
export interface ObservedExchange {
  readonly latencies_ms: readonly number[];
  /** By end, those that are not 0. */
  readonly counters?: Readonly<Record<'client' | 'server', { readonly TCPLossProbes?: number }>>;
  /** By connection, in the order of the capture. */
  readonly segments?: readonly (readonly RecordedSegment[])[];
  /** TCP_INFO of the client after each request. */
  readonly client_tcp_info?: { readonly ato_ms: readonly number[]; readonly rcv_mss: readonly number[] };
}

export type ExchangeCase = RecordedCase<ObservedExchange>;

/** `TCP_ATO_MIN`. */
const TCP_ATO_MIN_ms = 40;

/** A wire with a round-trip time is a process that holds each frame: it can be this early, in ms, and late. */
const RELAY_ms = 1;

function run(recorded: ExchangeCase, more: { gap_ms?: number } = {}): Trace<NagleDelayedAckOutcome> {
  const { tcp_pingpong_thresh } = recorded.sysctls ?? {};
  const { values, problems } = settleParameters(nagleDelayedAck.parameters, {
    ...(tcp_pingpong_thresh !== undefined && { tcp_pingpong_thresh }),
    ...recorded.parameters,
    ...more,
  });
  if (problems[0]) throw new Error(`${recorded.name}: ${problems[0].message}`);
  return nagleDelayedAck.run(values);
}

/** Runs the simulation with a case's parameters. @throws Error when one of them is unsound */
export const simulate = (recorded: ExchangeCase): Trace<NagleDelayedAckOutcome> => run(recorded);

/**
 * A pause that ends within the tick in which ato would be over: the kernel counts whole ticks, so where in a tick
 * the request falls decides, and both answers are right.
 */
const isDecidedByTick = (gap_ms: number): boolean =>
  gap_ms > TCP_ATO_MIN_ms - JIFFY_ms && gap_ms < TCP_ATO_MIN_ms;

/** The timers that fired in a stretch of the run, in ms. */
function timersFired(events: readonly TraceEvent[], from_us: number, until_us: number): number[] {
  return events
    .filter(({ at_us }) => at_us > from_us && at_us <= until_us)
    .flatMap((event) => {
      if (event.kind === 'delayed-ack-fired') return [event.data.waited_ms];
      const isProbe = event.mark === 'tcp_write_wakeup:transmit' || event.mark === 'tcp_send_loss_probe:new';
      return isProbe && event.kind === 'packet-sent' ? [(event.at_us - from_us) / 1000] : [];
    });
}

/** When each request begins and ends in the trace, in µs: the program's first write() or connect(), and its last read(). */
function spans({ events, parameters, outcome }: Trace<NagleDelayedAckOutcome>): [number, number][] {
  const isShort = parameters.server_closes_after_response === true;
  const begins = ofKind(events, 'syscall').filter(
    ({ actor, data }) => actor === 'client process' && data.call === (isShort ? 'connect' : 'write'),
  );
  let next = 0;
  return outcome.latencies_ms.map((latency_ms) => {
    const from_us = begins.find(({ at_us }) => at_us >= next)?.at_us ?? 0;
    next = from_us + Math.max(1, latency_ms * 1000);
    return [from_us, from_us + latency_ms * 1000];
  });
}

function comparedLatencies(
  observed: ObservedExchange,
  traces: readonly Trace<NagleDelayedAckOutcome>[],
  hz: number,
) {
  return observed.latencies_ms.map((latency_ms, i): Compared => {
    const answers = traces.map((trace) => {
      const [from_us, until_us] = spans(trace)[i] ?? [0, 0];
      const relay_ms = trace.parameters.rtt_ms ? RELAY_ms : 0;
      const timers = timersFired(trace.events, from_us, until_us);
      return time(`request ${i + 1}`, trace.outcome.latencies_ms[i] ?? null, latency_ms, {
        late_ms: lateness_ms(timers, hz) + SCHEDULING_ms,
        early_ms: EARLY_ms + relay_ms,
      });
    });
    return answers.find(({ agrees }) => agrees) ?? (answers[0] as Compared);
  });
}

const CLIENT = '192.0.2.1';

/** The segments of a connection, and where each end's numbers begin. */
interface Numbered {
  readonly isns: Map<string, number>;
  readonly rows: string[];
}

/** The simulation's segments by connection, as the lab writes them but for their times. */
function simulatedSegments(trace: Trace): string[][] {
  const connections = new Map<number, Numbered>();
  for (const { packet } of capture(trace)) {
    if (packet.protocol !== 'tcp') continue;
    const { from, to, flags, seq, ack, payload_bytes } = packet;
    const isClient = from.address === CLIENT;
    const port = isClient ? from.port : to.port;
    const connection: Numbered = connections.get(port) ?? { isns: new Map(), rows: [] };
    connections.set(port, connection);
    const { isns, rows } = connection;
    if (flags.includes('SYN')) isns.set(from.address, seq);
    const relative = (number: number, address: string) => (number - (isns.get(address) ?? 0)) >>> 0;
    rows.push(
      [
        isClient ? 'c' : 's',
        flagLetters(flags),
        payload_bytes,
        relative(seq, from.address),
        flags.includes('ACK') ? relative(ack, to.address) : 0,
      ].join(' '),
    );
  }
  return [...connections.values()].map(({ rows }) => rows);
}

/** One direction's segments up to the last that carries data: what comes after is the lab's own goodbye. */
function untilLastData(rows: readonly string[], end: 'c' | 's'): string[] {
  const own = rows.filter((row) => row.startsWith(end));
  const last = own.findLastIndex((row) => row.split(' ')[2] !== '0');
  return own.slice(0, last + 1);
}

function comparedSegments(observed: ObservedExchange, trace: Trace): Compared[] {
  const simulated = simulatedSegments(trace);
  return (observed.segments ?? []).flatMap((connection, i) => {
    const rows = connection.map((segment) => segment.slice(1).join(' '));
    return (['c', 's'] as const).map((end) => {
      const seen = untilLastData(rows, end);
      const said = (simulated[i] ?? []).filter((row) => row.startsWith(end)).slice(0, seen.length);
      const differing = seen.findIndex((row, j) => row !== said[j]);
      const which = `${end === 'c' ? 'client' : 'server'}’s segments${i > 0 ? `, connection ${i + 1}` : ''}`;
      return differing < 0
        ? equal(which, `${said.length} alike`, `${seen.length} alike`)
        : equal(which, said[differing] ?? 'none', seen[differing] ?? 'none');
    });
  });
}

/**
 * The client's `ato` and `rcv_mss` after each request, as TCP_INFO tells them. `ato` is half of what it was and the pause
 * between segments in whole ticks. Where there is a pause, a real one may end a tick later, so `ato` is up to two longer.
 */
function comparedInfo(observed: ObservedExchange, trace: Trace<NagleDelayedAckOutcome>): Compared[] {
  const info = observed.client_tcp_info;
  if (!info || trace.parameters.server_closes_after_response) return [];
  const { rtt_ms, gap_ms, server_works_ms } = trace.parameters;
  const follows = Boolean(rtt_ms || gap_ms || server_works_ms);
  return ofKind(trace.events, 'request-answered').flatMap(({ index }, i) => {
    const client = connectionOf(trace.worldAt(index).machines.client)?.info;
    const ato_ms = client?.ato_ms ?? null;
    return [
      follows
        ? time(`ato after ${i + 1}`, ato_ms, info.ato_ms[i] ?? null, { late_ms: 2 * JIFFY_ms, early_ms: 0 })
        : equal(`ato after ${i + 1}`, ato_ms, info.ato_ms[i] ?? null),
      equal(`rcv_mss after ${i + 1}`, client?.rcv_mss ?? null, info.rcv_mss[i] ?? null),
    ];
  });
}

/** The tail loss probes that each end has sent: nothing is lost here, so each has sent something without need. */
const comparedProbes = (observed: ObservedExchange, trace: Trace): Compared[] =>
  (['client', 'server'] as const).map((end) =>
    equal(
      `the ${end}’s loss probes`,
      trace.worldAt(trace.events.length - 1).machines[end]?.counters.TcpExtTCPLossProbes ?? 0,
      observed.counters?.[end].TCPLossProbes ?? 0,
    ),
  );

/** Every figure of a case beside the simulation's. @param hz CONFIG_HZ of the recording */
export function compare(recorded: ExchangeCase, hz: number): Compared[] {
  const { observed } = recorded;
  if (!observed) return [];
  const trace = simulate(recorded);
  if (isDecidedByTick(Number(trace.parameters.gap_ms)))
    return comparedLatencies(observed, [trace, run(recorded, { gap_ms: TCP_ATO_MIN_ms })], hz);
  return [
    ...comparedLatencies(observed, [trace], hz),
    ...comparedSegments(observed, trace),
    ...comparedProbes(observed, trace),
    ...comparedInfo(observed, trace),
  ];
}
