import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';

interface Setting {
  n: number;
  linear: number;
  user_ms: number;
}

/**
 * What the rules say of a peer that never answers, worked out from the list of ideal waits: when each SYN goes
 * out and when TCP gives up, in ms.
 */
function attempt({ n, linear, user_ms }: Setting): { syns: number[]; over: number } {
  const waits = Array.from(
    { length: n + linear + 1 },
    (_, i) => 1000 * Math.min(120, 2 ** Math.max(0, i - linear)),
  );
  const fires = waits.map((_, i) => waits.slice(0, i + 1).reduce((a, b) => a + b));
  const byCount = fires.at(-1) as number;
  if (user_ms) {
    const over = Math.min(byCount, Math.max(user_ms, 1004));
    // A user timeout within the first wait is seen only when the timer, one jiffy long, fires again.
    return { syns: [0, ...fires.filter((at) => at < over && (at < user_ms || at === 1000))], over };
  }
  const standsFor = Array.from({ length: n + 1 }, (_, i) => 1000 * Math.min(120, 2 ** i)).reduce(
    (a, b) => a + b,
  );
  const byTime = fires.find((at, i) => i > 0 && at >= standsFor) ?? Number.POSITIVE_INFINITY;
  const over = Math.min(byCount, byTime);
  return { syns: [0, ...fires.filter((at) => at < over)], over };
}

const setting = fc.record({
  n: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 127 })),
  linear: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 127 })),
  user_ms: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 1000 }),
    fc.integer({ min: 1005, max: 200_000 }),
  ),
});

const run = ({ n, linear, user_ms }: Setting, more: Record<string, number | boolean> = {}) =>
  connectTimeout.run(
    settleParameters(connectTimeout.parameters, {
      tcp_syn_retries: n,
      tcp_syn_linear_timeouts: linear,
      tcp_user_timeout_ms: user_ms,
      ...more,
    }).values,
  ).outcome;

const fixed = { seed: 4711, numRuns: 1000 };

describe('connect() to a peer that never answers', () => {
  it('sends and gives up exactly as the list of waits says', () => {
    fc.assert(
      fc.property(setting, (s) => {
        const { syns, over } = attempt(s);
        expect(run(s)).toEqual({
          syn_times_ms: syns,
          errno: 'ETIMEDOUT',
          returned_at_ms: over,
          killed_at_ms: null,
        });
      }),
      fixed,
    );
  });

  it('is cut short by SO_SNDTIMEO, poll() or the supervisor, and until then goes just as without', () => {
    const bound_ms = fc.integer({ min: 1, max: 300_000 });
    fc.assert(
      fc.property(setting, bound_ms, fc.integer({ min: 1, max: 5 }), (s, ms, connects) => {
        const { syns, over } = attempt(s);
        fc.pre(![over, ...syns].some((at) => at % ms === 0 && at > 0)); // no two things in one instant
        const end = Math.min(over, ms * connects);
        const expected = {
          syn_times_ms: syns.filter((at) => at < end),
          errno: over < ms * connects ? 'ETIMEDOUT' : connects > 1 ? 'EALREADY' : 'EINPROGRESS',
          returned_at_ms: end,
          killed_at_ms: null,
        };
        expect(run(s, { so_sndtimeo_ms: ms, connects })).toEqual(expected);
        expect(run(s, { nonblocking: true, poll_timeout_ms: ms, connects })).toEqual(expected);
      }),
      fixed,
    );
    fc.assert(
      fc.property(setting, fc.integer({ min: 1, max: 300 }), (s, heartbeat_s) => {
        const { syns, over } = attempt(s);
        fc.pre(over !== heartbeat_s * 1000);
        const killed = over > heartbeat_s * 1000;
        expect(run(s, { heartbeat_s })).toEqual({
          syn_times_ms: killed ? syns.filter((at) => at < heartbeat_s * 1000) : syns,
          errno: killed ? null : 'ETIMEDOUT',
          returned_at_ms: killed ? null : over,
          killed_at_ms: killed ? heartbeat_s * 1000 : null,
        });
      }),
      fixed,
    );
  });
});
