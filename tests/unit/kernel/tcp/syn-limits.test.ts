import { describe, expect, it } from 'vitest';
import { settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { KERNELS, type KernelVersion } from '#simulations/kernel/profile.ts';
import {
  backOff,
  isLastWait,
  type SynLimits,
  type SynTimer,
  tcp_clamp_rto_to_user_timeout,
  tcp_model_timeout,
  tcp_write_timeout,
} from '#simulations/kernel/tcp/retransmission.ts';

const limits = (over: Partial<SynLimits> & { version?: KernelVersion } = {}): SynLimits => ({
  kernel: KERNELS[over.version ?? '6.12'],
  tcp_syn_retries: 6,
  tcp_syn_linear_timeouts: 0,
  icsk_syn_retries: 0,
  icsk_user_timeout_ms: 0,
  ...over,
});
const timer = (icsk_retransmits: number, icsk_rto_ms = 1000): SynTimer => ({
  icsk_retransmits,
  icsk_rto_ms,
  total_rto: icsk_retransmits,
  icsk_backoff: icsk_retransmits,
});

/**
 * The rule in words, added up in seconds: the first wait is 1 s; `linear` waits more of 1 s; then each is twice
 * the one before, 120 s at most. It is over when n + linear retransmissions are spent, or when, after the first one,
 * the time has passed that n waits without linear ones would have taken.
 */
function ideal(n: number, linear: number) {
  const syns = [0];
  const limit = Array.from({ length: n + 1 }, (_, i) => Math.min(2 ** i, 120)).reduce((a, b) => a + b);
  let now = 1;
  let next = 1;
  for (let sent = 0; sent < n + linear && !(sent > 0 && now >= limit); ) {
    syns.push(now);
    sent++;
    if (sent > linear) next = Math.min(next * 2, 120);
    now += next;
  }
  return { syns, over: now };
}

const drops = (given: Record<string, number | string>) =>
  connectTimeout.run(settleParameters(connectTimeout.parameters, given).values).outcome;

describe('the time that n retransmissions stand for', () => {
  it.each([
    [0, 1],
    [1, 3],
    [2, 7],
    [3, 15],
    [4, 31],
    [5, 63],
    [6, 127],
    [7, 247],
    [8, 367],
    [9, 487],
    [10, 607],
    [127, 127 + 121 * 120],
  ])('for n = %i is %i s, as no wait is longer than 120 s', (n, seconds) => {
    expect(tcp_model_timeout(n, 1000)).toBe(seconds * 1000);
  });

  it('follows the base: 200 ms doubles nine times before the cap', () => {
    expect(tcp_model_timeout(9, 200)).toBe(204_600);
    expect(tcp_model_timeout(10, 200)).toBe(324_600);
  });
});

describe('whether it is over when the timer fires', () => {
  it('is asked of the count first: n retransmissions, and the linear ones on top', () => {
    expect(tcp_write_timeout(timer(5), limits(), 0).expired).toBeNull();
    expect(tcp_write_timeout(timer(6), limits(), 0).expired).toBe('count');
    expect(tcp_write_timeout(timer(9), limits({ tcp_syn_linear_timeouts: 4 }), 0).expired).toBeNull();
    expect(tcp_write_timeout(timer(10), limits({ tcp_syn_linear_timeouts: 4 }), 0)).toEqual({
      retry_until: 6,
      max_retransmits: 10,
      limit_ms: 127_000,
      expired: 'count',
    });
  });

  it('is asked of the time second, to the millisecond, and that time has no linear part', () => {
    const few = limits({ tcp_syn_retries: 1, tcp_syn_linear_timeouts: 4 });
    expect(tcp_write_timeout(timer(2), few, 2999).expired).toBeNull();
    expect(tcp_write_timeout(timer(2), few, 3000)).toMatchObject({ expired: 'elapsed', limit_ms: 3000 });
  });

  it('is never yes by time before the first retransmission', () => {
    expect(tcp_write_timeout(timer(0), limits({ icsk_user_timeout_ms: 500 }), 1000).expired).toBeNull();
    expect(tcp_write_timeout(timer(1), limits({ icsk_user_timeout_ms: 500 }), 1000).expired).toBe(
      'user-timeout',
    );
  });

  it('takes TCP_SYNCNT instead of the sysctl', () => {
    const own = tcp_write_timeout(timer(2), limits({ icsk_syn_retries: 2 }), 0);
    expect(own).toMatchObject({ retry_until: 2, expired: 'count', limit_ms: 7000 });
  });

  it('takes TCP_USER_TIMEOUT instead of the time limit, longer or shorter, from 5.4 on', () => {
    const user = (version: KernelVersion, ms: number) =>
      tcp_write_timeout(timer(3), limits({ version, icsk_user_timeout_ms: ms }), 7000);
    expect(user('6.12', 7000)).toMatchObject({ expired: 'user-timeout', limit_ms: 7000 });
    expect(user('5.4', 7001)).toMatchObject({ expired: null, limit_ms: 7001 });
    expect(user('6.12', 500_000).limit_ms).toBe(500_000);
    for (const version of ['3.2', '3.10', '4.14'] as const)
      expect(user(version, 7000)).toMatchObject({ expired: null, limit_ms: 127_000 });
  });
});

describe('the next wait', () => {
  it('doubles after every retransmission, up to 120 s', () => {
    const waits: number[] = [];
    let state: SynTimer = timer(0);
    for (let i = 0; i < 9; i++) {
      state = backOff(state, limits());
      waits.push(state.icsk_rto_ms / 1000);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 120, 120, 120]);
    expect(state).toMatchObject({ icsk_retransmits: 9, total_rto: 9 });
  });

  it('stays at 1 s for as many retransmissions as are linear, then doubles from there', () => {
    let state: SynTimer & { doubled?: boolean } = timer(0);
    const seen: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      state = backOff(state, limits({ tcp_syn_linear_timeouts: 4 }));
      seen.push([state.icsk_rto_ms, state.doubled]);
    }
    const linear = [1000, false];
    expect(seen).toEqual([linear, linear, linear, linear, [2000, true], [4000, true]]);
  });

  it.each([
    ['is the RTO without TCP_USER_TIMEOUT', 0, 1000, 2000],
    ['is the RTO while TCP_USER_TIMEOUT is farther away', 5000, 1000, 2000],
    ['is what is left of TCP_USER_TIMEOUT', 2500, 1000, 1500],
    ['is one jiffy of 4 ms when TCP_USER_TIMEOUT ends now', 1000, 1000, 4],
    ['is one jiffy when TCP_USER_TIMEOUT has passed', 300, 1000, 4],
  ])('%s', (_what, icsk_user_timeout_ms, elapsed_ms, wait_ms) => {
    const wait = (version: KernelVersion) =>
      tcp_clamp_rto_to_user_timeout(timer(1, 2000), limits({ version, icsk_user_timeout_ms }), elapsed_ms);
    expect(wait('6.12')).toBe(wait_ms);
    expect(wait('4.14')).toBe(2000);
  });

  it('is known to be the last one when the questions asked at its end will say so', () => {
    expect(isLastWait(timer(6, 64_000), limits(), 63_000, 64_000)).toBe(true);
    expect(isLastWait(timer(5, 32_000), limits(), 31_000, 32_000)).toBe(false);
    const few = limits({ tcp_syn_retries: 1, tcp_syn_linear_timeouts: 4 });
    expect(isLastWait(timer(1), few, 1000, 1000)).toBe(false);
    expect(isLastWait(timer(2), few, 2000, 1000)).toBe(true);
  });
});

describe('a socket whose SYNs get no answer', () => {
  const retries = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 127];
  it.each([0, 1, 2, 3, 4, 5, 127])('keeps to the rule with %i linear retransmissions and any n', (linear) => {
    for (const n of retries) {
      const { syns, over } = ideal(n, linear);
      const outcome = drops({ tcp_syn_retries: n, tcp_syn_linear_timeouts: linear });
      expect([n, outcome.syn_times_ms]).toEqual([n, syns.map((s) => s * 1000)]);
      expect([n, outcome.returned_at_ms]).toEqual([n, over * 1000]);
    }
  });

  it('waits 120 s at most: n = 7 … 10 give up at 247, 367, 487 and 607 s', () => {
    const over = [7, 8, 9, 10].map(
      (n) => drops({ kernel: '6.1', tcp_syn_retries: n }).returned_at_ms as number,
    );
    expect(over).toEqual([247_000, 367_000, 487_000, 607_000]);
  });

  it('does the same for TCP_SYNCNT as for the sysctl, whatever the sysctl is', () => {
    for (const n of [1, 2, 3, 6])
      expect(drops({ tcp_syncnt: n, tcp_syn_retries: 9 })).toEqual(drops({ tcp_syn_retries: n }));
  });
});
