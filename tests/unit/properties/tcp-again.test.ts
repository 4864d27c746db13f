import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ofKind } from '#simulations/trace/event.ts';
import { play } from '../../random/play.ts';
import { anySession, type Session, type Step } from '../../random/session.ts';

const TIMEOUT_ms = 600_000;

describe('any two programs over any network', () => {
  it('do the same again with the same seed, and it makes another trace with another', {
    timeout: TIMEOUT_ms,
  }, () => {
    fc.assert(
      fc.property(anySession, (session) => {
        const { trace, packets } = play(session);
        expect(play(session).trace.hash).toBe(trace.hash);
        const other = play({ ...session, seed: session.seed + 1 }).trace.hash;
        if (packets) expect(other).not.toBe(trace.hash); // a port and sequence numbers, at least
      }),
      { seed: 20_261, numRuns: 300 },
    );
  });
});

describe('a session that once failed', () => {
  it('loses data that a full accept queue ignored, and whose sender is gone before it comes again', () => {
    const end = { tcp_pingpong_thresh: 1, rcvbuf_bytes: 131_072 };
    const client = (starts_at_ms: number, ...connections: Step[][]) => ({
      starts_at_ms,
      connections,
      killed_at_ms: null,
    });
    const session: Session = {
      seed: 2147474346,
      rtt_us: 1,
      network: { lost: 0.25, late: 0, late_us: 1, twice: 0.01, twice_us: 0 },
      client: { ...end, mss_bytes: 300 },
      server: { ...end, mss_bytes: 65_483 },
      clients: [
        client(17, [
          { do: 'sleep', ms: 1002 },
          { do: 'write', bytes: 1 },
        ]),
        client(
          18,
          [
            { do: 'write', bytes: 6000 },
            { do: 'read', bytes: 1 },
          ],
          [],
        ),
        client(
          18,
          [
            { do: 'write', bytes: 6049 },
            { do: 'sleep', ms: 1002 },
          ],
          [],
        ),
      ],
      backlog: 0,
      listens_at_ms: 1,
      answers: [
        [
          { do: 'write', bytes: 577 },
          { do: 'read all', bytes: 1 },
        ],
        [{ do: 'read', bytes: 6048 }],
      ],
      accepts: 3,
      server_killed_at_ms: null,
    };
    expect(play(session).trace.events.some(({ kind }) => kind === 'accept-queue-full')).toBe(true);
  });
});

describe('a stream that is written, shut and read to its end', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 40_000 })), {
    minLength: 1,
    maxLength: 6,
  });
  const streams = fc
    .record({
      session: anySession,
      sizes,
      sip: fc.integer({ min: 100, max: 70_000 }),
      toClient: fc.boolean(),
    })
    .map(({ session, sizes, sip, toClient }): { session: Session; bytes: number } => {
      const writes: Step[] = [
        ...sizes.map((bytes): Step => ({ do: 'write', bytes })),
        { do: 'shutdown', how: 'SHUT_WR' },
        { do: 'read all', bytes: sip },
      ];
      const reads: Step[] = [{ do: 'read all', bytes: sip }];
      return {
        bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
        session: {
          ...session,
          network: { ...session.network, lost: Math.min(session.network.lost, 0.2) },
          clients: [{ starts_at_ms: 1, connections: [toClient ? reads : writes], killed_at_ms: null }],
          answers: [toClient ? writes : reads],
          accepts: 1,
          backlog: 1,
          listens_at_ms: 0,
          server_killed_at_ms: null,
        },
      };
    });

  it('comes whole, whatever the network loses, repeats and mixes up', { timeout: TIMEOUT_ms }, () => {
    let whole = 0;
    fc.assert(
      fc.property(streams, ({ session, bytes }) => {
        const { events } = play(session).trace;
        const returns = ofKind(events, 'syscall-return').map(({ data }) => data);
        const read = returns.reduce((sum, { call, value }) => sum + (call === 'read' ? value : 0), 0);
        const errors = returns.flatMap(({ call, errno }) => (errno ? [`${call} ${errno}`] : []));
        // 20 % lost can be too much for a handshake, and a peer that has closed leaves a late FIN to a reset.
        if (errors.length) return;
        expect(read).toBe(bytes);
        whole++;
      }),
      { seed: 20_262, numRuns: 1000 },
    );
    expect(whole).toBeGreaterThan(950);
  });
});
