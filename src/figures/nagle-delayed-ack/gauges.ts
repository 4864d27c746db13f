/** `icsk_ack` of both ends, and what each has not sent or not had acknowledged. */
import { duration } from '#simulations/engine/duration.ts';
import type { ActorState, Trace } from '#simulations/engine/trace.ts';
import { TCP_MAX_QUICKACKS } from '#simulations/kernel/tcp/delayed-ack.ts';
import type { GaugePair, Level, Panel } from '../../views/gauges.ts';

/** The longest delay that is ever remembered, in ms: TCP_DELACK_MAX. */
const LONGEST_ms = 200;

const number = (state: ActorState, field: string): number => Number(state[field] ?? 0);

function delayedAck(state: ActorState, at_us: number): Level {
  const { delack_set_us, delack_due_us } = state;
  if (delack_due_us === null || delack_due_us === undefined) return { value: 'off', share: 0 };
  const left_us = Math.max(0, Number(delack_due_us) - at_us);
  const whole_us = Number(delack_due_us) - Number(delack_set_us);
  return { value: `${(left_us / 1000).toFixed(1)} ms`, share: whole_us > 0 ? left_us / whole_us : 0 };
}

export function gauges(trace: Trace, index: number, at_us: number): Panel {
  const { client = {}, server = {} } = trace.stateAt(index);
  const thresh = Number(trace.parameters.tcp_pingpong_thresh);
  const pair = (label: string, tone: GaugePair['tone'], level: (state: ActorState) => Level): GaugePair => ({
    label,
    tone,
    client: level(client),
    server: level(server),
  });
  return {
    gauges: [],
    pairs: [
      pair(`quick ACKs left, of ${TCP_MAX_QUICKACKS}`, 'count', (state) => ({
        value: String(number(state, 'quick')),
        share: number(state, 'quick') / TCP_MAX_QUICKACKS,
      })),
      pair(`pingpong, interactive from ${thresh}`, 'count', (state) => ({
        value: String(number(state, 'pingpong')),
        share: number(state, 'pingpong') / thresh,
      })),
      pair('ato, how long an ACK waits', 'timer', (state) => ({
        value: duration(number(state, 'ato_ms') * 1000),
        share: number(state, 'ato_ms') / LONGEST_ms,
      })),
      pair('delayed ACK goes in', 'timer', (state) => delayedAck(state, at_us)),
      pair('not sent yet', 'data', (state) => ({
        value: `${number(state, 'unsent_bytes')} B`,
        share: number(state, 'unsent_bytes') / (number(state, 'mss') || 1),
      })),
      pair('unacknowledged segments', 'data', (state) => ({
        value: String(number(state, 'packets_out')),
        share: number(state, 'packets_out') / (number(state, 'snd_cwnd') || 1),
      })),
    ],
    variables: [],
  };
}
