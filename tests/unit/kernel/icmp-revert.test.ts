import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';

/** Linux 6.18 without linear retries, so that the waits double from the first one on. */
const outcome = (given: Given) => {
  const base = { kernel: '6.18', tcp_syn_linear_timeouts: 0 };
  const { values, problems } = settleParameters(connectTimeout.parameters, { ...base, ...given });
  expect(problems).toEqual([]);
  return connectTimeout.run(values).outcome;
};

describe('an ICMP host or net unreachable that comes after the timer has backed off (RFC 6069)', () => {
  it('ends the attempt with ETIMEDOUT when the wait that it gives back leaves no retransmission', () => {
    for (const peer of ['rejects-host', 'rejects-net'])
      expect(outcome({ peer, rtt_ms: 2500, tcp_syn_retries: 1 })).toMatchObject({
        syn_times_ms: [0, 1000],
        errno: 'ETIMEDOUT',
        returned_at_ms: 2500,
      });
  });

  it('sends one SYN more at once when one is left, and ends with its own errno', () => {
    expect(outcome({ peer: 'rejects-host', rtt_ms: 2500, tcp_syn_retries: 2 })).toMatchObject({
      syn_times_ms: [0, 1000, 2500],
      errno: 'EHOSTUNREACH',
      returned_at_ms: 2500,
    });
  });

  it('changes nothing while the shorter wait still runs, before any backing off, or for port unreachable', () => {
    const retries = { tcp_syn_retries: 1 };
    expect(outcome({ peer: 'rejects-host', rtt_ms: 1900, ...retries }).errno).toBe('EHOSTUNREACH');
    expect(outcome({ peer: 'rejects-host', rtt_ms: 900, ...retries }).errno).toBe('EHOSTUNREACH');
    expect(outcome({ peer: 'rejects-port', rtt_ms: 2500, ...retries }).errno).toBe('ECONNREFUSED');
    const linear = { tcp_syn_linear_timeouts: 4, tcp_syn_retries: 6 };
    expect(outcome({ peer: 'rejects-host', rtt_ms: 2500, ...linear })).toMatchObject({
      syn_times_ms: [0, 1000, 2000],
      errno: 'EHOSTUNREACH',
    });
  });

  it('sends another SYN at the very instant only when it answers the last one', () => {
    expect(outcome({ peer: 'rejects-host', rtt_ms: 2000, lose_first: 2 }).syn_times_ms).toEqual([
      0, 1000, 3000, 5000,
    ]);
    expect(outcome({ peer: 'rejects-host', rtt_ms: 2000, tcp_syn_retries: 1 })).toMatchObject({
      syn_times_ms: [0, 1000],
      errno: 'EHOSTUNREACH',
    });
  });
});

describe('a host that is gone, when TCP’s own limit is near', () => {
  it('is a timeout where the budget ends with ARP’s, and where the failure itself spends it', () => {
    const absent = { peer: 'absent' };
    for (const tcp_syn_linear_timeouts of [0, 1, 4])
      expect(outcome({ ...absent, tcp_syn_retries: 1, tcp_syn_linear_timeouts }).errno).toBe('ETIMEDOUT');
    expect(outcome({ ...absent, tcp_syn_retries: 2 }).errno).toBe('ETIMEDOUT');
    expect(outcome({ ...absent, tcp_user_timeout_ms: 3000 }).errno).toBe('ETIMEDOUT');
  });

  it('is unreachable with any larger limit', () => {
    const absent = { peer: 'absent' };
    expect(outcome({ ...absent, tcp_syn_retries: 2, tcp_syn_linear_timeouts: 1 }).errno).toBe('EHOSTUNREACH');
    for (const tcp_syn_retries of [3, 4, 6])
      expect(outcome({ ...absent, tcp_syn_retries }).errno).toBe('EHOSTUNREACH');
  });
});

describe('poll() and what happens at the same instant', () => {
  it('is out of time before a SYN that is due then, as its timer is finer', () => {
    const run = { nonblocking: true, poll_timeout_ms: 1000 };
    expect(outcome(run)).toMatchObject({ syn_times_ms: [0], errno: 'EINPROGRESS', returned_at_ms: 1000 });
  });

  it('finds the answer at once when there is no round-trip time', () => {
    const run = { nonblocking: true, poll_timeout_ms: 0, rtt_ms: 0 };
    expect(outcome({ ...run, peer: 'listens' }).errno).toBeNull();
    expect(outcome({ ...run, peer: 'refuses' }).errno).toBe('ECONNREFUSED');
    expect(outcome({ ...run, peer: 'rejects-net' }).errno).toBe('ENETUNREACH');
  });
});
