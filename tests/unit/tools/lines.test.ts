import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { tools } from '#simulations/incidents/connect-timeout/tools.ts';
import { finalLines, timeOfDay } from '#simulations/tools/line.ts';
import { transcript } from '#simulations/tools/transcript.ts';

const trace = (given: Given) => connectTimeout.run(settleParameters(connectTimeout.parameters, given).values);

const situations: Given[] = [
  ...connectTimeout.presets.map(({ given }) => given),
  { peer: 'listens', rtt_ms: 2500 },
  { peer: 'rejects-net', rtt_ms: 0, nonblocking: true, connects: 3 },
  { peer: 'absent', so_sndtimeo_ms: 700, connects: 5 },
  { tcp_user_timeout_ms: 1, nonblocking: true, poll_timeout_ms: 0, connects: 2 },
  { heartbeat_s: 1, nonblocking: true, poll_timeout_ms: -1 },
];

describe.each(tools.map((tool) => [tool.name, tool] as const))('the lines of %s', (_name, tool) => {
  it.each(situations)('belong to events that exist, in their order: %j', (given) => {
    const run = trace(given);
    const lines = tool.lines(run);
    expect(lines.length).toBeGreaterThan(0);
    for (const { event, until, text } of lines) {
      expect(run.events[event]?.index).toBe(event);
      if (until !== undefined) {
        expect(run.events[until]?.index).toBe(until);
        expect(until).toBeGreaterThan(event);
      }
      expect(text.trim()).not.toBe('');
      expect(text).not.toMatch(/undefined|NaN|null|\[object/);
    }
    const order = lines.map(({ event }) => event);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('are the same for the same run, and are not changed by asking', () => {
    const run = trace({});
    const { hash } = run;
    expect(tool.lines(run)).toEqual(tool.lines(trace({})));
    expect(run.hash).toBe(hash);
  });
});

describe('the final lines', () => {
  it('are those that nothing takes the place of', () => {
    const lines = [
      { event: 0, until: 2, text: 'a' },
      { event: 1, text: 'b' },
      { event: 2, text: 'c' },
    ];
    expect(finalLines(lines).map(({ text }) => text)).toEqual(['b', 'c']);
  });
});

describe('the run in words', () => {
  it('has one line for each beat, with its time and without emphasis marks', () => {
    const run = trace({ peer: 'refuses', rtt_ms: 24 });
    const lines = transcript.lines(run);
    expect(lines.map(({ event }) => event)).toEqual(run.beats);
    expect(lines.map(({ text }) => text)).toEqual([
      '0.000 s  The first SYN goes out. Linux waits 1 s; then it tries again.',
      '0.000 s  connect() goes to sleep. No SO_SNDTIMEO is set: it sleeps until an answer, or until the kernel gives up.',
      '0.024 s  A reset in SYN_SENT means refused, whoever has sent it: ECONNREFUSED, and Linux does not try again.',
      '0.024 s  connect() returns −1 after 24 ms: ECONNREFUSED (Connection refused).',
    ]);
  });
});

describe('the time of day', () => {
  it.each([
    [0, '00:00:00.000000'],
    [1, '00:00:00.000001'],
    [63_128_000, '00:01:03.128000'],
    [3_599_999_999, '00:59:59.999999'],
    [86_399_000_000, '23:59:59.000000'],
    [86_400_000_000, '00:00:00.000000'],
  ])('after %i µs is %s', (us, text) => {
    expect(timeOfDay(us)).toBe(text);
  });
});
