/**
 * Holds the connect-timeout simulation to what a kernel did.
 *
 * Counts and errors must be equal. A time may be late: by one slot of the timer wheel and one tick for each timer that
 * led to it, and by what it takes a busy machine to run a process that is ready; a poll() that runs out, by its own
 * slack; an attempt that root's command ends, by as long as the command took. It may be early by the error of the
 * measurement, twice that for the wait between two SYNs, and by 1 ms where TCP_USER_TIMEOUT ended the attempt.
 */
import { type Given, settleParameters } from '../../engine/parameters.ts';
import { MCAST_SOLICIT, RETRANS_TIME_ms } from '../../kernel/neighbour.ts';
import { type Compared, EARLY_ms, equal, SCHEDULING_ms, time } from '../../recording/compared.ts';
import type { RecordedCase } from '../../recording/recording.ts';
import { lateness_ms } from '../../recording/timer-wheel.ts';
import { capture } from '../../tools/capture.ts';
import { ofKind } from '../../trace/event.ts';
import type { Trace } from '../../trace/trace.ts';
import { type ConnectTimeoutOutcome, connectTimeout } from './simulation.ts';

/** What one case showed. Times in ms since the moment before the first call. */
export interface Observed {
  readonly syn_times_ms: readonly number[];
  readonly errno: string | null;
  readonly returned_at_ms: number | null;
  readonly killed_at_ms: number | null;
  readonly arp_times_ms: readonly number[];
  readonly connects: readonly { readonly errno: string | null; readonly returned_at_ms: number }[];
  readonly revents: readonly string[] | null;
  /** What came back. Of a reset, what says who has sent it. */
  readonly answers: readonly {
    readonly at_ms: number;
    readonly what: string;
    readonly seq?: number;
    readonly win?: number;
    readonly ttl?: number;
  }[];
  /** When root's command began and ended; null before connect(). */
  readonly first_aid?: {
    readonly begun_ms: number | null;
    readonly done_ms: number | null;
    readonly killed: number | null;
  };
}

/**
 * The parameters of the simulation that a case stands for. The lab's wire has no delay of its own.
 *
 * Recorded with the figures are means that change none of them: the code of a REJECT rule where several have one errno,
 * and whether a router lies on the way.
 */
export const parametersOf = ({ parameters, sysctls }: RecordedCase): Given => ({
  kernel: '6.18',
  rtt_ms: 0,
  poll_timeout_ms: -1,
  ...sysctls,
  ...parameters,
});

/** Runs the simulation with a case's parameters. @throws Error when one of them is unsound */
export function simulate(recorded: RecordedCase): Trace<ConnectTimeoutOutcome> {
  const { values, problems } = settleParameters(connectTimeout.parameters, parametersOf(recorded));
  if (problems[0]) throw new Error(`${recorded.name}: ${problems[0].message}`);
  return connectTimeout.run(values);
}

/** poll()'s own timer may be this share of its timeout late (`select_estimate_accuracy` in fs/select.c). */
const POLL_SLACK = 0.001;

/** TCP_USER_TIMEOUT is compared in whole milliseconds, so an attempt may end within the one before. */
const USER_TIMEOUT_EARLY_ms = 1;

/** The retransmission timers that had fired by a moment, in ms. */
const timersBefore = (trace: Trace<ConnectTimeoutOutcome>, at_ms: number): number[] =>
  ofKind(trace.events, 'timer-set')
    .filter(({ at_us, data }) => at_us / 1000 + data.timer_ms <= at_ms)
    .map(({ data }) => data.timer_ms);

/** Whether the failure of ARP or neighbour discovery ended the attempt: by its error, or by the doubling that it takes back. */
function isEndedByArp({ events }: Trace<ConnectTimeoutOutcome>): boolean {
  const indexOf = (wanted: string) => events.findIndex(({ kind }) => kind === wanted);
  return indexOf('neighbour-failed') >= 0 && indexOf('neighbour-failed') < indexOf('connection-failed');
}

/** Whether the timer ended the attempt (`tcp_write_err`): also with an error that was noted before. */
const isEndedByTimer = ({ events }: Trace<ConnectTimeoutOutcome>): boolean =>
  events.some(({ kind, mark }) => kind === 'connection-failed' && mark === 'tcp_write_err:errno');

/** How late a call may return, in ms, after `returned_at_ms`, for which `calls` connect() calls were made. */
function lateReturn_ms(
  trace: Trace<ConnectTimeoutOutcome>,
  hz: number,
  errno: string | null,
  calls: number,
): number {
  const { so_sndtimeo_ms, poll_timeout_ms, nonblocking, rtt_ms } = trace.parameters;
  const { returned_at_ms } = trace.outcome;
  if (errno === 'EINPROGRESS' || errno === 'EALREADY')
    return nonblocking
      ? calls * Math.max(0, Number(poll_timeout_ms)) * POLL_SLACK
      : lateness_ms(Array(calls).fill(Number(so_sndtimeo_ms)), hz);
  if (isEndedByArp(trace)) return lateness_ms(Array(MCAST_SOLICIT).fill(RETRANS_TIME_ms), hz);
  // An answer comes as late as the SYN that it answers; without one, the last timer decides.
  const until_ms = isEndedByTimer(trace) ? Number(returned_at_ms) : Number(returned_at_ms) - Number(rtt_ms);
  return lateness_ms(timersBefore(trace, until_ms), hz);
}

/** What each connect() call gave, and poll()'s events where it was asked. */
function comparedCalls(observed: Observed, trace: Trace<ConnectTimeoutOutcome>): Compared[] {
  const { events, parameters } = trace;
  const returned = (call: string) =>
    ofKind(events, 'syscall-return').filter(({ data }) => data.call === call);
  const connects = returned('connect').map(({ data }) => data.errno);
  const seen = observed.connects.map(({ errno }) => errno);
  const calls = [
    equal('connect() calls', connects.length, seen.length),
    ...connects.map((errno, i) => equal(`connect() ${i + 1}`, errno, seen[i] ?? null)),
  ];
  if (!parameters.nonblocking || observed.revents === null) return calls;
  const polled = returned('poll').at(-1)?.data.out.revents as readonly (readonly string[])[] | undefined;
  return [...calls, equal('revents', polled?.flat().join('|') ?? null, observed.revents.join('|'))];
}

/** The requests of ARP or neighbour discovery. Linux may send one or two more after its failure, which the simulation leaves out. */
function comparedArp(observed: Observed, trace: Trace<ConnectTimeoutOutcome>, hz: number): Compared[] {
  const asked = ofKind(trace.events, 'packet-sent').filter(({ data }) => data.carries.protocol === 'arp');
  return asked.map(({ at_us }, i) =>
    time(`who has ${i + 1}`, at_us / 1000, observed.arp_times_ms[i] ?? null, {
      late_ms: lateness_ms(Array(i).fill(RETRANS_TIME_ms), hz) + SCHEDULING_ms,
    }),
  );
}

/**
 * The waits between SYNs. A wait alone has a narrow bound, where a sum of waits has a wide one. A SYN that an
 * ICMP error sent ahead of its timer ends no wait. Each end of a wait has the measurement's error.
 */
function comparedWaits(observed: Observed, trace: Trace<ConnectTimeoutOutcome>, hz: number): Compared[] {
  const { events, outcome } = trace;
  const reverted = new Set(
    events.filter(({ kind }) => kind === 'rto-reverted').map(({ at_us }) => at_us / 1000),
  );
  const gap = (times: readonly number[], i: number) =>
    Math.round(((times[i] ?? 0) - (times[i - 1] ?? 0)) * 10) / 10;
  return outcome.syn_times_ms.flatMap((at, i) => {
    if (i === 0 || reverted.has(at)) return [];
    const wait_ms = gap(outcome.syn_times_ms, i);
    const late_ms = lateness_ms([wait_ms], hz) + SCHEDULING_ms;
    return [time(`wait ${i}`, wait_ms, gap(observed.syn_times_ms, i), { late_ms, early_ms: 2 * EARLY_ms })];
  });
}

/** What a reset says of who has sent it. */
function comparedResets(observed: Observed, trace: Trace<ConnectTimeoutOutcome>): Compared[] {
  const seen = observed.answers.find(({ what }) => what === 'RST');
  if (seen?.seq === undefined) return [];
  const resets = capture(trace).flatMap(({ packet }) =>
    packet.protocol === 'tcp' && packet.flags.includes('RST') ? [packet] : [],
  );
  return [
    equal('sequence number of the reset', resets[0]?.seq ?? null, seen.seq),
    equal('window of the reset', resets[0]?.window_bytes ?? null, seen.win ?? null),
  ];
}

/** How many sockets `ss -K` said it has destroyed. */
function comparedFirstAid(observed: Observed, trace: Trace<ConnectTimeoutOutcome>): Compared[] {
  const [aid] = ofKind(trace.events, 'first-aid');
  const killed = observed.first_aid?.killed ?? null;
  return killed === null ? [] : [equal('sockets destroyed', aid?.data.killed ?? null, killed)];
}

/** How long root's command took, in ms: an attempt that it ends may end that much later. */
const firstAid_ms = ({ first_aid }: Observed, trace: Trace<ConnectTimeoutOutcome>): number =>
  first_aid ? Math.max(0, (first_aid.done_ms ?? 0) - Number(trace.parameters.first_aid_at_ms)) : 0;

/** Every figure of a case beside the simulation's. @param hz CONFIG_HZ of the recording */
export function compare(observed: Observed, trace: Trace<ConnectTimeoutOutcome>, hz: number): Compared[] {
  const { syn_times_ms, errno, returned_at_ms, killed_at_ms } = trace.outcome;
  const late = (timers: readonly number[]) => ({ late_ms: lateness_ms(timers, hz) + SCHEDULING_ms });
  const calls = trace.events.filter(({ kind, data }) => kind === 'syscall' && data.call === 'connect').length;
  const early_ms =
    isEndedByTimer(trace) && trace.parameters.tcp_user_timeout_ms ? USER_TIMEOUT_EARLY_ms : EARLY_ms;
  return [
    equal('SYNs', syn_times_ms.length, observed.syn_times_ms.length),
    ...syn_times_ms.map((at, i) =>
      time(`SYN ${i + 1}`, at, observed.syn_times_ms[i] ?? null, late(timersBefore(trace, at))),
    ),
    ...comparedWaits(observed, trace, hz),
    equal('errno', errno, observed.errno),
    time('returned', returned_at_ms, observed.returned_at_ms, {
      late_ms:
        errno === 'ECONNABORTED'
          ? firstAid_ms(observed, trace) + SCHEDULING_ms
          : lateReturn_ms(trace, hz, errno, calls) + SCHEDULING_ms,
      early_ms,
    }),
    time('killed', killed_at_ms, observed.killed_at_ms, { late_ms: SCHEDULING_ms }),
    ...(killed_at_ms === null ? comparedCalls(observed, trace) : []),
    ...comparedArp(observed, trace, hz),
    ...comparedResets(observed, trace),
    ...comparedFirstAid(observed, trace),
  ];
}
