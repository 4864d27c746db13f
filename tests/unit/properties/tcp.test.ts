import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { transitions } from '#simulations/kernel/tcp/transitions.ts';
import { play } from '../../random/play.ts';
import { anySession, type Session, type Step } from '../../random/session.ts';

const TIMEOUT_ms = 600_000;

/**
 * Holds a rule to many sessions; the seed is fixed so that a failure comes again. play() itself throws when a rule of
 * `tests/random/ledger.ts` is broken.
 */
const always = (rule: (session: Session) => void, numRuns: number, sessions = anySession, seed = 20_261) =>
  fc.assert(fc.property(sessions, rule), { seed, numRuns });

describe('any two programs over any network', () => {
  const changes = new Set<string>();

  it('get every byte in order and once or are told, keep to the windows, acknowledge only what has come, and end', {
    timeout: TIMEOUT_ms,
  }, () => {
    always((session) => {
      for (const change of play(session).changes) changes.add(change);
    }, 9000);
  });

  it('together change state in every way that two programs of ours can', () => {
    /** These need a peer that is no Linux, or no peer at all. */
    const NEVER = [
      'SYN_SENT SYN_RECV', // both connect() to each other at once
      'SYN_RECV FIN_WAIT1', // a simultaneous open that is closed
      'SYN_RECV CLOSE', // a reset, or five lost SYN-ACKs
    ];
    const possible = transitions.map(({ from, to }) => `${from} ${to}`);
    const missing = possible.filter((change) => {
      const [from, to] = change.split(' ');
      return from !== to && !changes.has(change) && !NEVER.includes(change);
    });
    expect(missing).toEqual([]);
  });

  it('do the same again with the same seed, and it makes another trace with another', {
    timeout: TIMEOUT_ms,
  }, () => {
    always((session) => {
      const { trace, packets } = play(session);
      expect(play(session).trace.hash).toBe(trace.hash);
      const other = play({ ...session, seed: session.seed + 1 }).trace.hash;
      if (packets) expect(other).not.toBe(trace.hash); // a port and sequence numbers, at least
    }, 300);
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
        const returns = events.filter(({ kind }) => kind === 'syscall-return');
        const read = returns.reduce(
          (sum, { data }) => sum + (data.call === 'read' ? Number(data.value) : 0),
          0,
        );
        const errors = returns.flatMap(({ data }) => (data.errno ? [`${data.call} ${data.errno}`] : []));
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

describe('what the sessions tell', () => {
  it('is told in whole sentences', { timeout: TIMEOUT_ms }, () => {
    always(
      (session) => {
        for (const { says } of play(session).trace.events) {
          const isWrong =
            /undefined|NaN|Infinity|null|\[object| {2}|\.\.|\*\*|^\W*$/.test(says) || !/[.!?]\*?$/.test(says);
          if (isWrong || says.split('*').length % 2 === 0) expect.fail(says);
        }
      },
      400,
      anySession,
      20_263,
    );
  });

  it('names kernel lines that the excerpts have', { timeout: TIMEOUT_ms }, () => {
    const kernel = JSON.parse(readFileSync(new URL('../../../content/kernel.json', import.meta.url), 'utf8'));
    const used = new Set<string>(transitions.map(({ mark }) => mark));
    always(
      (session) => {
        for (const { mark } of play(session).trace.events) if (mark) used.add(mark);
      },
      400,
      anySession,
      20_264,
    );
    const missing = [...used].filter((mark) => {
      const [excerpt = '', name = ''] = mark.split(':');
      return !Object.hasOwn(kernel.excerpts[excerpt]?.marks ?? {}, name);
    });
    expect(missing).toEqual([]);
  });
});
