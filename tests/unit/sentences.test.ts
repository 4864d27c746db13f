/** What a sentence says of a socket, and what the snapshot of the same event says of it. */
import { describe, expect, test } from 'vitest';
import { duration } from '#simulations/engine/duration.ts';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import type { TcpInfo } from '#simulations/machine/state.ts';
import { tcpStates } from '#simulations/reference/tcp-states/simulation.ts';
import { plain, type TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';

const nagle = (given: Given): Trace =>
  nagleDelayedAck.run(settleParameters(nagleDelayedAck.parameters, given).values);

const runs: readonly (readonly [name: string, trace: Trace])[] = [
  ...nagleDelayedAck.presets.map(({ id, given }) => [id, nagle(given)] as const),
  ['a round trip of 39 ms', nagle({ rtt_ms: 39, client_quickack: 'once' })],
  [
    'an ACK that waits long',
    nagle({
      server_writes: 'one',
      header_bytes: 1,
      request_bytes: 4226,
      client_writes: 2,
      rtt_ms: 2000,
      gap_ms: 576,
      tcp_pingpong_thresh: 255,
    }),
  ],
  ['a pause', nagle({ rtt_ms: 1, requests: 4, gap_ms: 300 })],
  ['long responses', nagle({ rtt_ms: 20, requests: 2, header_bytes: 60_000, body_bytes: 60_000 })],
  ['a long request', nagle({ rtt_ms: 1, requests: 2, request_bytes: 262_144, mss_bytes: 536 })],
  ...tcpStates.presets.map(
    ({ id, given }) =>
      [id, tcpStates.run(settleParameters(tcpStates.parameters, given).values) as Trace] as const,
  ),
];

/** What a sentence says → what the snapshot has of it, in the same words. */
const SAID: readonly (readonly [pattern: RegExp, says: (info: TcpInfo) => string])[] = [
  [/quick, \d+ left before it and (\d+) after/, ({ quick }) => `${quick}`],
  [/the next (\d+) ACKs are quick/, ({ quick }) => `${quick}`],
  [/the next (\d+) go out at once/, ({ quick }) => `${quick}`],
  [/That is (\d+) of the \d+ that make the session interactive/, ({ pingpong }) => `${pingpong}`],
  [/the next one may wait (\d+ ms)/, ({ ato_ms }) => `${ato_ms} ms`],
  [
    /the delay of ACKs becomes (?:\d+ ms, of which a limit leaves )?(\d+ ms)\./,
    ({ ato_ms }) => `${ato_ms} ms`,
  ],
  [
    /follows the pause between segments: (?:\d+ ms, of which a limit leaves )?(\d+ ms)\./,
    ({ ato_ms }) => `${ato_ms} ms`,
  ],
  [
    /the ACK waits up to (.+) for data to ride on/,
    ({ delack }) => (delack ? duration(delack.due_us - delack.set_us) : 'no ACK waits'),
  ],
  [
    /the ACK waits for data to ride on, but no longer than (\d+ ms):/,
    ({ delack }) => (delack ? duration(delack.due_us - delack.set_us) : 'no ACK waits'),
  ],
  [/(\d+) bytes stay in the socket/, ({ notsent_bytes }) => `${notsent_bytes}`],
  [/(\d+ of \d+) segments of the congestion window/, ({ unacked, snd_cwnd }) => `${unacked} of ${snd_cwnd}`],
  [/the peer’s window, (\d+) bytes, is full/, ({ snd_wnd }) => `${snd_wnd}`],
];

/** The connection that an event is of: its machine has one at a time that is up. */
const infoAt = ({ worldAt }: Trace, index: number, machine: string): TcpInfo | null | undefined =>
  [...(worldAt(index).machines[machine]?.sockets.values() ?? [])].flatMap((socket) =>
    socket.kind === 'tcp' && socket.info ? [socket.info] : [],
  )[0];

const saidIn = (trace: Trace, pattern: RegExp): [event: TraceEvent, said: string][] =>
  trace.events.flatMap((event) => {
    const [, said] = pattern.exec(plain(event.says)) ?? [];
    return said === undefined ? [] : [[event, said] as [TraceEvent, string]];
  });

describe('a number in a sentence is the snapshot’s', () => {
  test.each(SAID)('%s', (pattern, says) => {
    let count = 0;
    for (const [name, trace] of runs)
      for (const [{ index, actor }, said] of saidIn(trace, pattern)) {
        const info = infoAt(trace, index, actor);
        expect(info && says(info), `${name}, event ${index}`).toBe(said);
        count++;
      }
    expect(count).toBeGreaterThan(0);
  });
});

describe('an ACK that goes out at once because ACKs are quick', () => {
  const pattern = /quick, (\d+) left before it/;

  test('says how many were left before it: what the decision was made on, and what the snapshot had', () => {
    for (const [name, trace] of runs)
      for (const [{ index, actor, decision }, before] of saidIn(trace, pattern)) {
        const where = `${name}, event ${index}`;
        expect(`${infoAt(trace, index - 1, actor)?.quick}`, where).toBe(before);
        expect(decision?.mark, where).toBe('tcp_in_quickack_mode:quick');
        expect(`${decision?.operands[0]?.value}`, where).toBe(before);
      }
  });
});
