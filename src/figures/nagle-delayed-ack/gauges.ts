/** `icsk_ack` of both ends, and what each has not sent or not had acknowledged. */
import { duration } from '#simulations/engine/duration.ts';
import { TCP_MAX_QUICKACKS } from '#simulations/kernel/tcp/delayed-ack.ts';
import { connectionOf, machineOf } from '#simulations/machine/lookups.ts';
import type { TcpInfo } from '#simulations/machine/state.ts';
import type { GaugePair, Level, Panel } from '../../views/gauges.ts';
import type { Exchange } from './exchange.ts';

/** The longest delay that is ever remembered, in ms: TCP_DELACK_MAX. */
const LONGEST_ms = 200;

function delayedAck(delack: TcpInfo['delack'], at_us: number): Level {
  if (!delack) return { value: 'off', share: 0 };
  const left_us = Math.max(0, delack.due_us - at_us);
  const whole_us = delack.due_us - delack.set_us;
  return { value: `${(left_us / 1000).toFixed(1)} ms`, share: whole_us > 0 ? left_us / whole_us : 0 };
}

export function gauges(trace: Exchange, index: number, at_us: number): Panel {
  const world = trace.worldAt(index);
  const thresh = machineOf(world, 'client').sysctls.tcp_pingpong_thresh;
  const infoOf = (side: string) => connectionOf(machineOf(world, side))?.info ?? null;
  const [client, server] = [infoOf('client'), infoOf('server')];
  /** @param level of a connection that is up @param before its value where none is */
  const pair = (
    label: string,
    tone: GaugePair['tone'],
    before: string,
    level: (info: TcpInfo) => Level,
  ): GaugePair => {
    const of = (info: TcpInfo | null) => (info ? level(info) : { value: before, share: 0 });
    return { label, tone, client: of(client), server: of(server) };
  };
  return {
    gauges: [],
    pairs: [
      pair(`quick ACKs left, of ${TCP_MAX_QUICKACKS}`, 'count', '0', ({ quick }) => ({
        value: `${quick}`,
        share: quick / TCP_MAX_QUICKACKS,
      })),
      pair(`pingpong, interactive from ${thresh}`, 'count', '0', ({ pingpong }) => ({
        value: `${pingpong}`,
        share: pingpong / thresh,
      })),
      pair('ato, how long an ACK waits', 'timer', duration(0), ({ ato_ms }) => ({
        value: duration(ato_ms * 1000),
        share: ato_ms / LONGEST_ms,
      })),
      pair('delayed ACK goes in', 'timer', 'off', ({ delack }) => delayedAck(delack, at_us)),
      pair('not sent yet', 'data', '0 B', ({ notsent_bytes, snd_mss }) => ({
        value: `${notsent_bytes} B`,
        share: notsent_bytes / (snd_mss || 1),
      })),
      pair('unacknowledged segments', 'data', '0', ({ unacked, snd_cwnd }) => ({
        value: `${unacked}`,
        share: unacked / (snd_cwnd || 1),
      })),
    ],
    variables: [],
  };
}
