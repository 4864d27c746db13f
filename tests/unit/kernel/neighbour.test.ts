import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { Neighbour } from '#simulations/kernel/neighbour.ts';

const absent = (given: Given) =>
  connectTimeout.run(settleParameters(connectTimeout.parameters, { peer: 'absent', ...given }).values);

/** Kind or packet of what the client sent, with the time in ms. */
const sent = (trace: ReturnType<typeof absent>) =>
  trace.events.flatMap((event) =>
    event.kind === 'packet-sent' ? [`${event.at_us / 1000} ${event.data.packet}`] : [],
  );

describe('an address that nobody has', () => {
  it('is asked for three times, one second apart, and given up a second after the last', () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const neighbour = new Neighbour(
      clock,
      (probe) => log.push(`${clock.now_us / 1000} probe ${probe}`),
      () => log.push(`${clock.now_us / 1000} failed`),
    );
    expect(clock.step()).toBe(false);
    neighbour.resolve();
    clock.advance(500_000);
    neighbour.resolve(); // asks already
    clock.drain();
    expect(log).toEqual(['0 probe 1', '1000 probe 2', '2000 probe 3', '3000 failed']);
  });
});

describe('connect() to a host that is gone', () => {
  it('puts three ARP requests and no SYN on the wire, and says EHOSTUNREACH after 3 s', () => {
    const trace = absent({});
    expect(sent(trace)).toEqual(['0 ARP request', '1000 ARP request', '2000 ARP request']);
    expect(trace.outcome).toEqual({
      syn_times_ms: [],
      errno: 'EHOSTUNREACH',
      returned_at_ms: 3000,
      killed_at_ms: null,
    });
  });

  it('makes no second SYN while the first one still waits for an address, though its timer counts', () => {
    const { events, worldAt } = absent({});
    const skipped = events.filter(({ kind }) => kind === 'retransmission-skipped');
    expect(skipped.map(({ at_us }) => at_us)).toEqual([1_000_000, 2_000_000, 3_000_000]);
    expect(events.filter(({ kind }) => kind === 'segment-queued')).toHaveLength(1);
    const synAt = (index: number) => {
      const [socket] = worldAt(index).machines.client?.sockets.values() ?? [];
      return socket?.kind === 'tcp' ? socket.syn : null;
    };
    expect(synAt(skipped.at(-1)?.index ?? -1)).toMatchObject({ syns_sent: 0 });
    const due = events.filter(({ kind }) => kind === 'timer-set').map(({ index }) => synAt(index));
    expect(due.map((syn) => syn?.retransmits)).toEqual([0, 1, 2, 3]);
  });

  it('does not depend on round-trip time, lost SYNs or how long TCP would try', () => {
    for (const given of [{ rtt_ms: 0 }, { rtt_ms: 9000 }, { lose_first: 300 }, { tcp_syn_retries: 9 }])
      expect(absent(given).outcome).toEqual(absent({}).outcome);
  });

  it('is bounded by whatever ends sooner than 3 s', () => {
    const outcome = (given: Given) => absent(given).outcome;
    expect(outcome({ so_sndtimeo_ms: 2999 })).toMatchObject({ errno: 'EINPROGRESS', returned_at_ms: 2999 });
    expect(outcome({ tcp_user_timeout_ms: 2500 })).toMatchObject({
      errno: 'ETIMEDOUT',
      returned_at_ms: 2500,
    });
    expect(outcome({ heartbeat_s: 2 })).toMatchObject({ errno: null, killed_at_ms: 2000 });
    expect(outcome({ nonblocking: true, poll_timeout_ms: -1 })).toMatchObject({
      errno: 'EHOSTUNREACH',
      returned_at_ms: 3000,
    });
  });

  it('asks no more once nobody waits: a killed worker leaves the neighbour to fail alone', () => {
    const { events, outcome } = absent({ heartbeat_s: 2 });
    expect(outcome.returned_at_ms).toBeNull();
    expect(events.filter(({ kind }) => kind === 'connection-failed')).toEqual([]);
    expect(events.at(-1)).toMatchObject({ kind: 'neighbour-failed', at_us: 3_000_000 });
  });
});
