import { describe, expect, it } from 'vitest';
import { type ParameterValue, settleParameters } from '#simulations/engine/parameters.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { ofKind } from '#simulations/trace/event.ts';

type Given = Readonly<Record<string, ParameterValue>>;

function run(given: Given) {
  const { values, problems } = settleParameters(nagleDelayedAck.parameters, given);
  expect(problems).toEqual([]);
  return nagleDelayedAck.run(values);
}
const latencies = (given: Given) => run(given).outcome.latencies_ms;

describe('the client’s route, changed under an open connection', () => {
  const UNDER_WAY = { requests: 6, client_route_from_request: 3, client_route_until_request: 5 };

  it('with quickack 1, takes the wait from the next request on, and its undo brings it back', () => {
    expect(latencies({ ...UNDER_WAY, client_route_quickack: true })).toEqual([0, 40, 0, 0, 40, 40]);
  });

  it('with rto_min, cuts the wait the same way', () => {
    expect(latencies({ ...UNDER_WAY, client_route_rto_min_ms: 12 })).toEqual([0, 40, 8, 8, 40, 40]);
  });

  it('is told with what it says, and when it is taken back', () => {
    const { events } = run({ ...UNDER_WAY, client_route_quickack: true });
    expect(ofKind(events, 'route-changed').map(({ data }) => data)).toEqual([
      { quickack: true, rto_min_ms: null },
      { quickack: false, rto_min_ms: null },
    ]);
  });

  it('is not told where there is nothing to say', () => {
    expect(ofKind(run(UNDER_WAY).events, 'route-changed')).toEqual([]);
  });
});

describe('a limit on the delay of the client’s ACKs', () => {
  it.each([
    ['the sysctl', { client_tcp_rto_min_us: 5000 }, 4],
    ['TCP_RTO_MIN_US', { client_rto_min_us: 5000 }, 4],
    ['the route', { client_route_rto_min_ms: 5 }, 4],
    ['TCP_DELACK_MAX_US', { client_delack_max_us: 5000 }, 8],
    ['the route before the socket option', { client_route_rto_min_ms: 20, client_rto_min_us: 5000 }, 16],
    ['the socket option before the sysctl', { client_rto_min_us: 20_000, client_tcp_rto_min_us: 5000 }, 16],
  ])('by %s: each stalled request takes that long', (_words, given, wait_ms) => {
    expect(latencies({ requests: 3, ...given })).toEqual([0, wait_ms, wait_ms]);
  });

  it('does nothing above the 40 ms that an ACK waits by itself', () => {
    expect(latencies({ requests: 3, client_route_rto_min_ms: 100 })).toEqual([0, 40, 40]);
  });
});

describe('what a small rto_min costs', () => {
  const SLOW = { requests: 3, server_writes: 'one', server_works_ms: 30 };
  const requestsSent = (given: Given) =>
    ofKind(run(given).events, 'packet-sent').filter(
      ({ actor, data }) =>
        actor === 'client' && data.carries.protocol === 'tcp' && data.carries.payload_bytes > 0,
    ).length;

  it('a server that takes 30 ms to answer gets every request but the first twice', () => {
    expect(requestsSent(SLOW)).toBe(3);
    expect(requestsSent({ ...SLOW, client_route_rto_min_ms: 5 })).toBe(5);
  });

  it('TCP_DELACK_MAX_US costs no such thing', () => {
    expect(requestsSent({ ...SLOW, client_delack_max_us: 5000 })).toBe(3);
  });
});
