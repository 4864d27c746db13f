/** What moves in the figure of the connect-timeout chapter. */
import { clockTime, duration } from '#simulations/engine/duration.ts';
import type { Trace } from '#simulations/engine/trace.ts';
import { type ConnectTimeoutOutcome, connectTimeout } from '#simulations/incidents/connect-timeout.ts';
import type { Gauge, Panel, Variable } from '../../views/gauges.ts';
import { ladderOf } from '../../views/ladder.ts';
import { asLive } from '../figure.ts';
import { scene } from './scene.ts';

function gauges(trace: Trace, index: number, at_us: number): Panel {
  const { client = {}, worker = {}, supervisor } = trace.stateAt(index);
  const set_us = Number(client.timer_set_us);
  const due_us = Number(client.timer_due_us);
  const isArmed = client.timer_due_us !== null && client.timer_due_us !== undefined;
  const left_us = isArmed ? Math.max(0, due_us - at_us) : 0;
  const drawn: Gauge[] = [
    {
      label: 'retransmission timer',
      value: isArmed ? `${clockTime(left_us)} of ${duration(due_us - set_us)}` : 'off',
      share: isArmed ? left_us / (due_us - set_us) : 0,
      tone: 'timer',
    },
  ];
  if (client.sk_state === 'SYN_SENT') {
    const [used, most] = [Number(client.icsk_retransmits), Number(client.max_retransmits)];
    const limit_us = Number(client.limit_ms) * 1000;
    const elapsed_us = Math.min(limit_us, at_us - Number(client.retrans_stamp_us));
    drawn.push(
      {
        label: 'retransmissions left',
        value: `${most - used} of ${most}`,
        share: 1 - used / most,
        tone: 'syn',
      },
      {
        label:
          client.limit_ms === trace.parameters.tcp_user_timeout_ms
            ? 'TCP_USER_TIMEOUT'
            : 'time limit of SYN_SENT',
        value: `${clockTime(limit_us - elapsed_us)} of ${duration(limit_us)}`,
        share: 1 - elapsed_us / limit_us,
        tone: 'timer',
      },
    );
  }
  const until_us = Number(worker.waits_until_us);
  if (worker.waits_until_us)
    drawn.push({
      label: worker.call === 'poll' ? 'poll()’s timeout' : 'SO_SNDTIMEO',
      value: `${clockTime(Math.max(0, until_us - at_us))} left`,
      share:
        Math.max(0, until_us - at_us) /
        (Number(worker.call === 'poll' ? trace.parameters.poll_timeout_ms : trace.parameters.so_sndtimeo_ms) *
          1000),
      tone: 'timer',
    });
  if (supervisor) {
    const due_us = Number(supervisor.due_us);
    const left_us = supervisor.status === 'waiting' ? Math.max(0, due_us - at_us) : 0;
    drawn.push({
      label: 'supervisor’s patience',
      value:
        supervisor.status === 'waiting'
          ? `${clockTime(left_us)} of ${duration(due_us)}`
          : String(supervisor.status),
      share: left_us / due_us,
      tone: 'ok',
    });
  }
  return {
    gauges: drawn,
    variables: [
      ['SYNs sent', String(client.syns_sent ?? 0)],
      ['icsk_rto', duration(Number(client.icsk_rto_ms ?? 0) * 1000)],
      ['sk_err', String(client.sk_err ?? 0)],
      ['worker', worker.call ? `in ${worker.call}()` : String(worker.status ?? 'running')],
    ],
  };
}

function summary(trace: Trace): Variable[] {
  const { syn_times_ms, errno, returned_at_ms, killed_at_ms } = trace.outcome as ConnectTimeoutOutcome;
  const ended: Variable =
    killed_at_ms === null
      ? ['the worker is back after', duration(Number(returned_at_ms) * 1000)]
      : ['killed after', duration(killed_at_ms * 1000)];
  return [
    ['SYNs on the wire', String(syn_times_ms.length)],
    ['errno', killed_at_ms === null ? (errno ?? 'none: connected') : 'none: it never returned'],
    ended,
  ];
}

export const live = asLive(connectTimeout, {
  initial: 'post',
  picture: ladderOf(scene),
  timeline: scene,
  gauges,
  summary,
});
