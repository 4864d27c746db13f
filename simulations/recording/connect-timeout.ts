/**
 * Holds the connect-timeout simulation to what a kernel did.
 *
 * Counts and errors must be equal. A time may be late, never early: by one slot of the timer wheel
 * for each timer that led to it, and by what it takes a busy machine to run a process that is ready.
 */
import { type Given, settleParameters } from '../engine/parameters.ts';
import type { Trace } from '../engine/trace.ts';
import { type ConnectTimeoutOutcome, connectTimeout } from '../incidents/connect-timeout.ts';
import { MCAST_SOLICIT, RETRANS_TIME_ms } from '../kernel/neighbour.ts';
import type { Observed, RecordedCase } from './recording.ts';
import { lateness_ms } from './timer-wheel.ts';

/** One figure of a case: what the simulation says and what the kernel did. */
export interface Compared {
  readonly figure: string;
  readonly simulated: number | string | null;
  readonly observed: number | string | null;
  /** The most that the kernel may be later, in ms; 0 where the two must be equal. */
  readonly late_ms: number;
  readonly agrees: boolean;
}

/**
 * How much later than its timer a program may be seen to act, in ms. Eight cases run at once on two
 * processors while the lab records; the largest that it has shown where no timer is involved is 2.5.
 */
const SCHEDULING_ms = 10;

/** Times are recorded to 0.1 ms, and the lab reads its clock before the call. */
const EARLY_ms = 0.2;

/** The parameters of the simulation that a case stands for. The lab's wire has no delay of its own. */
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

function time(figure: string, simulated: number | null, observed: number | null, late_ms: number): Compared {
  if (simulated === null || observed === null)
    return { figure, simulated, observed, late_ms: 0, agrees: simulated === observed };
  const difference_ms = observed - simulated;
  return {
    figure,
    simulated,
    observed,
    late_ms,
    agrees: difference_ms >= -EARLY_ms && difference_ms <= late_ms,
  };
}

const equal = (
  figure: string,
  simulated: number | string | null,
  observed: number | string | null,
): Compared => ({
  figure,
  simulated,
  observed,
  late_ms: 0,
  agrees: simulated === observed,
});

/** The timers that led to the program's return, in ms. */
function timersToReturn(trace: Trace<ConnectTimeoutOutcome>): number[] {
  const { so_sndtimeo_ms, peer, nonblocking } = trace.parameters;
  const { errno, returned_at_ms } = trace.outcome;
  const retransmission = trace.events
    .filter(({ kind, at_us }) => kind === 'timer-set' && at_us / 1000 < Number(returned_at_ms))
    .map(({ data }) => Number(data.timer_ms));
  if (errno === 'ETIMEDOUT') return retransmission;
  if (peer === 'absent' && errno === 'EHOSTUNREACH') return Array(MCAST_SOLICIT).fill(RETRANS_TIME_ms);
  const calls = trace.events.filter(({ kind, data }) => kind === 'syscall' && data.call === 'connect').length;
  if (errno === 'EINPROGRESS' || errno === 'EALREADY')
    return nonblocking ? [] : Array(calls).fill(Number(so_sndtimeo_ms));
  // An answer: it comes as late as the SYN that it answers.
  return retransmission.slice(0, Math.max(0, trace.outcome.syn_times_ms.length - 1));
}

/** Every figure of a case beside the simulation's. @param hz CONFIG_HZ of the recording */
export function compare(observed: Observed, trace: Trace<ConnectTimeoutOutcome>, hz: number): Compared[] {
  const { syn_times_ms, errno, returned_at_ms, killed_at_ms } = trace.outcome;
  const gaps = syn_times_ms.slice(1).map((at, i) => at - (syn_times_ms[i] ?? 0));
  const late = (timers: readonly number[]) => lateness_ms(timers, hz) + SCHEDULING_ms;
  return [
    equal('SYNs', syn_times_ms.length, observed.syn_times_ms.length),
    ...syn_times_ms.map((at, i) =>
      time(`SYN ${i + 1}`, at, observed.syn_times_ms[i] ?? null, late(gaps.slice(0, i))),
    ),
    equal('errno', errno, observed.errno),
    time('returned', returned_at_ms, observed.returned_at_ms, late(timersToReturn(trace))),
    time('killed', killed_at_ms, observed.killed_at_ms, SCHEDULING_ms),
  ];
}
