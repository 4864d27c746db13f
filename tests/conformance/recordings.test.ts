/** The simulations against every case that a lab has recorded, and against the post's own capture. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { held, recordingOf } from '#simulations/catalogue.ts';
import { settleParameters } from '#simulations/engine/parameters.ts';
import { compare, type Observed, simulate } from '#simulations/incidents/connect-timeout/comparison.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import type { ObservedExchange } from '#simulations/incidents/nagle-delayed-ack/comparison.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { parseRecording, type RecordedCase } from '#simulations/recording/recording.ts';
import { lateness_ms, slot_ms } from '#simulations/recording/timer-wheel.ts';

for (const [name, incident] of Object.entries(held)) {
  const path = join('content', recordingOf(incident));
  const recording = parseRecording(readFileSync(path, 'utf8'), path);
  describe(`${name} against Linux ${recording.kernel}`, () => {
    for (const recorded of recording.cases) {
      if (!recorded.observed) {
        it.skip(`${recorded.name} (not recorded: ${recorded.skipped})`);
        continue;
      }
      it(`holds for ${recorded.name}`, () => {
        const compared = incident.comparison?.compare(recorded, recording) ?? [];
        expect(compared.length).toBeGreaterThan(0);
        expect(compared.filter(({ agrees }) => !agrees)).toEqual([]);
      });
    }
  });
}

const casesOf = (file: string): readonly RecordedCase[] =>
  parseRecording(readFileSync(join('content', file), 'utf8'), file).cases;

describe('the recording of connect-timeout', () => {
  const recording = { cases: casesOf('incidents/connect-timeout/recording.json') };

  it('covers every kind of peer, each remedy, n = 1 to 6 with linear 0 and 4', () => {
    const names = new Set(recording.cases.filter(({ observed }) => observed).map(({ name }) => name));
    const peers = new Set(recording.cases.map(({ parameters }) => parameters.peer));
    expect([...peers].sort()).toEqual(Object.keys(connectTimeout.parameters.peer.choices).sort());
    const overIpv6 = recording.cases.filter(({ parameters }) => parameters.family === 'inet6');
    expect(new Set(overIpv6.map(({ parameters }) => parameters.peer))).toEqual(peers);
    for (const aid of Object.keys(connectTimeout.parameters.first_aid.choices))
      if (aid !== 'none')
        expect(recording.cases.some(({ parameters }) => parameters.first_aid === aid)).toBe(true);
    for (const linear of [0, 4])
      for (let n = 1; n <= 6; n++)
        expect(names).toContain(
          n === 5 && linear === 0 ? 'the post: n=5, no linear timeouts' : `drops, n=${n}, linear ${linear}`,
        );
    for (const option of [
      'so_sndtimeo_ms',
      'tcp_user_timeout_ms',
      'tcp_syncnt',
      'nonblocking',
      'heartbeat_s',
    ])
      expect(recording.cases.some(({ parameters, observed }) => observed && parameters[option])).toBe(true);
  });
});

describe('a reset, behind one router, in the recording of connect-timeout', () => {
  const cases = casesOf('incidents/connect-timeout/recording.json') as RecordedCase<Observed>[];
  const reset = (name: string) =>
    cases.find((recorded) => recorded.name === name)?.observed?.answers.find(({ what }) => what === 'RST');

  it.each(['', 'IPv6, '])(
    '%sis the same from the host and from the firewall on the way, but for the hops that it has left',
    (family) => {
      const host = reset(`${family}refuses, behind a router`);
      const firewall = reset(`${family}rejects-reset`);
      expect([host?.seq, host?.win]).toEqual([0, 0]);
      expect([firewall?.seq, firewall?.win]).toEqual([0, 0]);
      expect(firewall?.ttl).toBe(Number(host?.ttl) + 1);
    },
  );
});

describe('the recording of nagle-delayed-ack', () => {
  const cases = casesOf('incidents/nagle-delayed-ack/recording.json').filter(({ observed }) => observed);

  it('covers every way to write, every option, thresholds, pauses around ato and bodies around the MSS', () => {
    const seen = (name: string) => new Set(cases.map(({ parameters }) => parameters[name]));
    for (const way of Object.keys(nagleDelayedAck.parameters.server_writes.choices))
      if (way !== 'two') expect(seen('server_writes')).toContain(way);
    for (const when of ['once', 'always']) expect(seen('client_quickack')).toContain(when);
    for (const option of ['server_nodelay', 'client_nodelay', 'server_closes_after_response'])
      expect(seen(option)).toContain(true);
    for (const threshold of [2, 3, 5]) expect(seen('tcp_pingpong_thresh')).toContain(threshold);
    for (const gap_ms of [30, 35, 40, 41, 50]) expect(seen('gap_ms')).toContain(gap_ms);
    for (const body_bytes of [1447, 1448, 1449]) expect(seen('body_bytes')).toContain(body_bytes);
    expect(seen('client_writes')).toContain(2);
  });

  it('has the segments of a stalled exchange', () => {
    const { observed } = cases.find(({ name }) => name === 'two writes') as RecordedCase<ObservedExchange>;
    expect(observed?.segments?.[0]?.length).toBeGreaterThan(20);
  });
});

describe('connect-timeout against the post’s own captures', () => {
  const seconds = (stamps: readonly string[]): number[] => {
    const at = stamps.map((stamp) => {
      const [h, m, s] = stamp.split(':').map(Number) as [number, number, number];
      return h * 3600 + m * 60 + s;
    });
    return at.map((time) => (time - (at[0] ?? 0)) * 1000);
  };
  const run = (given: Record<string, string | number>) =>
    connectTimeout.run(settleParameters(connectTimeout.parameters, given).values).outcome;
  // Its HZ is not known. The bound is that of the coarsest usual one, 100.
  const bound_ms = (timers_ms: readonly number[]) => lateness_ms(timers_ms, 100) + 10;
  // The capture's own clock is that of a virtual machine: its second SYN is 2.4 ms early.
  const EARLY_ms = 3;

  it('sends its six SYNs, and returns ETIMEDOUT when telnet did', () => {
    const observed = seconds([
      '00:37:25.986061',
      '00:37:26.983700',
      '00:37:28.987752',
      '00:37:32.995936',
      '00:37:41.012194',
      '00:37:57.059795',
    ]);
    const { syn_times_ms, errno, returned_at_ms } = run({ kernel: '3.2' });
    expect(syn_times_ms).toHaveLength(observed.length);
    observed.forEach((at_ms, i) => {
      const waits = syn_times_ms.slice(1, i + 1).map((at, j) => at - (syn_times_ms[j] ?? 0));
      expect(at_ms - (syn_times_ms[i] ?? 0)).toBeGreaterThanOrEqual(-EARLY_ms);
      expect(at_ms - (syn_times_ms[i] ?? 0)).toBeLessThanOrEqual(bound_ms(waits));
    });
    expect(errno).toBe('ETIMEDOUT');
    expect(63_128 - Number(returned_at_ms)).toBeGreaterThanOrEqual(-EARLY_ms);
    expect(63_128 - Number(returned_at_ms)).toBeLessThanOrEqual(
      bound_ms([1000, 2000, 4000, 8000, 16_000, 32_000]),
    );
  });

  it('is refused after one lost SYN, as in its second capture', () => {
    const [, second = 0, reset = 0] = seconds(['00:52:21.776637', '00:52:22.775693', '00:52:22.799371']);
    const rtt_ms = Math.round(reset - second);
    const { syn_times_ms, errno, returned_at_ms } = run({
      kernel: '3.2',
      peer: 'refuses',
      lose_first: 1,
      rtt_ms,
    });
    expect(syn_times_ms).toEqual([0, 1000]);
    expect(errno).toBe('ECONNREFUSED');
    expect(Math.abs(Number(returned_at_ms) - reset)).toBeLessThanOrEqual(EARLY_ms);
  });
});

describe('the timer wheel', () => {
  it('has slots of 4, 32, 256 and 2048 ms at 250 ticks a second', () => {
    expect([100, 1000, 4000, 32_000].map((timer_ms) => slot_ms(timer_ms, 250))).toEqual([4, 32, 256, 2048]);
  });

  it('keeps the longest recorded wait, 120 s, in the level below its last but four', () => {
    expect(slot_ms(120_000, 250)).toBe(2048);
  });

  it('rejects a time that is early, or later than its slots allow', () => {
    const [post] = casesOf('incidents/connect-timeout/recording.json') as RecordedCase<Observed>[];
    if (!post?.observed) throw new Error('the first case is the post’s');
    const { observed } = post;
    const shifted = (by_ms: number) =>
      compare({ ...observed, returned_at_ms: 63_000 + by_ms }, simulate(post), 250).find(
        ({ figure }) => figure === 'returned',
      )?.agrees;
    expect([-1, 0, 2800, 3000].map(shifted)).toEqual([false, true, true, false]);
  });
});
