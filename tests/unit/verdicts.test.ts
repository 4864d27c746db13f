import { describe, expect, test } from 'vitest';
import { catalogue } from '#simulations/catalogue.ts';
import type { CloseWaitPipeOutcome } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import type { ConnectTimeoutOutcome } from '#simulations/incidents/connect-timeout/simulation.ts';
import type { NagleDelayedAckOutcome } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { Actions } from '#simulations/machine/actions.ts';
import type { PipeBufferOutcome } from '#simulations/reference/pipe-buffer/simulation.ts';
import type { TcpStatesOutcome } from '#simulations/reference/tcp-states/simulation.ts';
import type { Simulation } from '#simulations/simulation.ts';
import { ofKind } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { anyRuns, presetRuns, runOf } from './any-runs.ts';

const named = (name: string): Simulation => catalogue[name] as Simulation;
const preset = (name: string, id: string): string =>
  runOf(named(name), named(name).presets.find((each) => each.id === id)?.given ?? {}).verdict;

const UNITS = { ms: 1000, s: 1e6, h: 3.6e9 } as const;

/** A number of a verdict: a time in µs, or a count. */
interface Said {
  readonly value: number;
  /** How much is rounded off, at most: a time in ms and s has three decimals, one in hours one. */
  readonly within: number;
  readonly isTime: boolean;
}

/** The numbers in a sentence, but those in names: SYN_SENT has none. */
function numbersIn(verdict: string): Said[] {
  return [...verdict.matchAll(/(?<![\w.])(\d[\d,]*(?:\.\d+)?)(?: (ms|s|h)\b)?/g)].map(
    ([, digits = '', unit]) => {
      const value = Number(digits.replaceAll(',', ''));
      if (!unit) return { value, within: 0, isTime: false };
      const us = UNITS[unit as keyof typeof UNITS];
      return { value: value * us, within: unit === 'h' ? us / 20 : us / 2000, isTime: true };
    },
  );
}

/** What a verdict may name: counts, and times in µs. */
interface Known {
  readonly counts: readonly number[];
  readonly times_us: readonly number[];
}

const after = <Outcome>({ outcome }: Trace): Outcome => outcome as Outcome;
const given = ({ parameters }: Trace, name: string): number => Number(parameters[name]);
const us = (ms: number | null): number[] => (ms === null ? [] : [ms * 1000]);

/** The numbers of an outcome, worked out here once more. */
const KNOWN: Readonly<Record<string, (trace: Trace) => Known>> = {
  'connect-timeout': (trace) => {
    const { syn_times_ms, returned_at_ms, killed_at_ms } = after<ConnectTimeoutOutcome>(trace);
    return { counts: [syn_times_ms.length], times_us: [...us(returned_at_ms), ...us(killed_at_ms)] };
  },
  'nagle-delayed-ack': (trace) => {
    const { latencies_ms, stalls } = after<NagleDelayedAckOutcome>(trace);
    const slow = latencies_ms.filter((_, i) => stalls.includes(i + 1));
    const quick = latencies_ms.filter((_, i) => !stalls.includes(i + 1));
    const ends = [slow, quick].flatMap((each) => [Math.min(...each), Math.max(...each)]);
    return { counts: [latencies_ms.length, stalls.length], times_us: ends.map((ms) => ms * 1000) };
  },
  'close-wait-pipe': (trace) => {
    const { served, blocked_workers, close_wait, syn_sent_clients } = after<CloseWaitPipeOutcome>(trace);
    return {
      counts: [served, blocked_workers, close_wait, syn_sent_clients, given(trace, 'workers')],
      times_us: [given(trace, 'duration_s') * 1e6],
    };
  },
  'pipe-buffer': (trace) => {
    const { accepted_bytes, pipe_size_bytes, blocked_at_ms, wakeups, pollout_at_free_bytes } =
      after<PipeBufferOutcome>(trace);
    return {
      counts: [accepted_bytes, pipe_size_bytes, wakeups.length, pollout_at_free_bytes ?? -1],
      times_us: us(blocked_at_ms),
    };
  },
  'tcp-states': (trace) => {
    const { in_flight, without_effect } = after<TcpStatesOutcome>(trace);
    return {
      counts: [ofKind(trace.events, 'step').length, in_flight.length, without_effect.length],
      times_us: [],
    };
  },
};

function check(name: string, trace: Trace, from: unknown): void {
  const { verdict } = trace;
  const where = `${verdict} ${JSON.stringify(from)}`;
  // connect(), write() and poll() are written as they are called.
  expect(verdict, where).toMatch(/^([A-Z]|\d|[a-z]+\(\) ).*\.$/);
  expect(verdict.split(/(?<=\.) /).length, where).toBeLessThanOrEqual(2);
  expect(verdict, where).not.toMatch(/undefined|null|NaN|Infinity|\b1 [a-z]{3,}s\b|\*|--| {2}/);
  const { counts, times_us } = (KNOWN[name] as (trace: Trace) => Known)(trace);
  for (const { value, within, isTime } of numbersIn(verdict))
    expect(
      (isTime ? times_us : counts).some((each) => Math.abs(each - value) <= within + 1e-3),
      `${value} in ${where}`,
    ).toBe(true);
}

describe('a verdict', () => {
  test.each(Object.keys(catalogue))(
    'of %s has the numbers of its outcome, and no others, in any run',
    (name) => {
      for (const { trace, given } of presetRuns(named(name))) check(name, trace, given);
      for (const { trace, given } of anyRuns(named(name), 100)) check(name, trace, given);
    },
  );

  test('has the number that decides in each of its sentences', () => {
    expect(numbersIn('After 36 h 18,021 clients have been served, 1.024 s.')).toEqual([
      { value: 36 * 3.6e9, within: 1.8e8, isTime: true },
      { value: 18_021, within: 0, isTime: false },
      { value: 1_024_000, within: 500, isTime: true },
    ]);
    expect(numbersIn('in FIN_WAIT1, and 2 are in SYN_SENT.').map(({ value }) => value)).toEqual([2]);
  });
});

describe('the verdict of a connect()', () => {
  test.each([
    [
      'post',
      'After 60 s the supervisor killed the worker: 6 SYNs had been sent, and there was no connection.',
    ],
    ['post-63s', 'After 63 s the attempt failed with ETIMEDOUT: 6 SYNs had been sent.'],
    ['refused', 'After 24 ms the attempt failed with ECONNREFUSED: 1 SYN had been sent.'],
    ['absent', 'After 3 s the attempt failed with EHOSTUNREACH: no SYN had been sent.'],
    [
      'sndtimeo',
      'After 5 s the program stopped waiting, with EINPROGRESS: 5 SYNs had been sent, and there was no connection.',
    ],
  ])('%s', (id, verdict) => {
    expect(preset('connect-timeout', id)).toBe(verdict);
  });

  test('that succeeds, that is refused without a round trip, and of a worker that somebody kills', () => {
    const simulation = named('connect-timeout');
    expect(runOf(simulation, { peer: 'listens', lose_first: 1, rtt_ms: 20 }).verdict).toBe(
      'After 1.02 s the connection was up: 2 SYNs had been sent.',
    );
    expect(runOf(simulation, { peer: 'refuses', rtt_ms: 0 }).verdict).toBe(
      'At once the attempt failed with ECONNREFUSED: 1 SYN had been sent.',
    );
    const kill = { at: 20, do: 'signal', machine: 'client', pid: 2001, signal: 'SIGKILL' } as const;
    const { values } = { values: runOf(simulation, {}).parameters };
    expect(simulation.run(values as never, new Actions([kill])).verdict).toMatch(
      /^The worker never came back from its call: \d+ SYNs had been sent\.$/,
    );
  });
});

describe('the verdict of requests', () => {
  test.each([
    ['post', '3 of 4 requests stalled: these took 42 ms each, the other took 2 ms.'],
    ['one-write', 'None of 4 requests stalled: they took 1 ms each.'],
    ['cork-forever', 'All 4 requests stalled: they took 205 ms each.'],
    ['threshold', '2 of 8 requests stalled: these took 42 ms each, the others took 2 ms each.'],
  ])('%s', (id, verdict) => {
    expect(preset('nagle-delayed-ack', id)).toBe(verdict);
  });

  test('of which there is one, or none, or one without an answer', () => {
    const simulation = named('nagle-delayed-ack');
    const verdict = (at: number, more = {}) => {
      const kill = { at, do: 'signal', machine: 'client', pid: 2001, signal: 'SIGKILL' } as const;
      return simulation.run(
        runOf(simulation, { rtt_ms: 1, ...more }).parameters as never,
        new Actions([kill]),
      ).verdict;
    };
    expect(runOf(simulation, { requests: 1, rtt_ms: 1 }).verdict).toBe(
      'The request did not stall: it took 2 ms.',
    );
    expect(verdict(17)).toBe('No request was made.');
    expect(verdict(30, { requests: 1 })).toBe('The request did not stall. It was never answered.');
    expect(verdict(70)).toBe('None of 2 requests stalled: they took 2 ms. Request 2 was never answered.');
  });
});

describe('the verdict of a pile-up', () => {
  test.each([
    [
      'incident',
      'After 120 s 544 clients have been served, and 607 connections are in CLOSE_WAIT. All 10 workers are asleep in write().',
    ],
    [
      'emfile',
      'After 120 s 544 clients have been served, and 258 connections are in CLOSE_WAIT. All 10 workers are asleep in write(), accept() has failed with EMFILE, and 398 clients are in SYN_SENT.',
    ],
    [
      'drained',
      'After 120 s 1,200 clients have been served, and no connection is in CLOSE_WAIT. No worker is asleep in write().',
    ],
  ])('%s', (id, verdict) => {
    expect(preset('close-wait-pipe', id)).toBe(verdict);
  });

  test('whose server SIGPIPE kills', () => {
    expect(runOf(named('close-wait-pipe'), { reader: 'none', sigpipe: 'default' }).verdict).toBe(
      'SIGPIPE killed the server, with all its connections; before that no client had been served.',
    );
  });

  test('whose server a person kills', () => {
    const simulation = named('close-wait-pipe');
    const kill = { at: 5, do: 'signal', machine: 'server', pid: 2001, signal: 'SIGKILL' } as const;
    const { outcome, verdict } = simulation.run(
      runOf(simulation, {}).parameters as never,
      new Actions([kill]),
    );
    expect((outcome as CloseWaitPipeOutcome).ended_by).toBe('SIGKILL');
    expect(verdict).toMatch(/^SIGKILL killed the server, .* client had been served\.$/);
  });
});

describe('the verdict of writers', () => {
  test.each([
    [
      'post',
      '65,280 bytes went into a pipe of 65,536 bytes. A writer fell asleep in write() after 23.9 h, and no sleeper ever went on.',
    ],
    [
      'sigpipe',
      '65,280 bytes went into a pipe of 65,536 bytes. A writer fell asleep in write() at once, and sleepers went on once; in the end SIGPIPE killed a writer.',
    ],
    ['no-reader', 'Nothing went into a pipe of 65,536 bytes. write() failed with EPIPE.'],
  ])('%s', (id, verdict) => {
    expect(preset('pipe-buffer', id)).toBe(verdict);
  });

  test('who never wait', () => {
    expect(runOf(named('pipe-buffer'), { writes: 10 }).verdict).toBe(
      '1,200 bytes went into a pipe of 65,536 bytes. No writer had to wait.',
    );
  });
});

describe('the verdict of a history', () => {
  test('of no step, of one in vain, and of one that ends with a packet on its way', () => {
    const of = (history: string) => runOf(named('tcp-states'), { history }).verdict;
    expect(of('')).toBe('Before the first step the client is in CLOSE and the server in CLOSE.');
    expect(of('client.close')).toBe(
      'After 1 step the client is in CLOSE and the server in CLOSE. 1 step had nothing to act on.',
    );
    expect(of('server.listen,client.connect')).toBe(
      'After 2 steps the client is in SYN_SENT and the server in LISTEN, and 1 packet is on the way.',
    );
  });
});
