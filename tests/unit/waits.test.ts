import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Given, type Schema, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { tcpStates } from '#simulations/reference/tcp-states/simulation.ts';
import type { Simulation } from '#simulations/simulation.ts';
import { standoffsOf } from '#simulations/trace/standoff.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import type { Wait } from '#simulations/trace/wait.ts';

const runOf = <S extends Schema>(simulation: Simulation<S, unknown>, given: Given): Trace =>
  simulation.run(settleParameters(simulation.parameters, given).values) as Trace;

const nagle = (given: Given = {}): Trace =>
  runOf(nagleDelayedAck as never, { rtt_ms: 1, requests: 4, ...given });

const lengthOf = ({ from_us, until_us }: Wait): number => ((until_us ?? Number.NaN) - from_us) / 1000;

const kindAt = ({ events }: Trace, index: number | null): string | undefined =>
  index === null ? undefined : events[index]?.kind;

/** The section of the run that an event is in: `request 2`. */
const sectionOf = ({ sections }: Trace, index: number): string | undefined =>
  sections.find(({ from, to }) => from <= index && index <= to)?.name;

describe('the server of the post, which writes header and body', () => {
  const trace = nagle();
  const standoffs = standoffsOf(trace.waits);

  test('and its client wait for each other once in each request but the first', () => {
    expect(standoffs.map(({ held }) => sectionOf(trace, held.from))).toEqual([
      'request 2',
      'request 3',
      'request 4',
    ]);
  });

  test('do so for 40 ms', () => {
    for (const { from_us, until_us } of standoffs) expect((until_us ?? 0) - from_us).toBe(40_000);
  });

  test('until the timer of the delayed ACK fires', () => {
    for (const { ack } of standoffs) {
      expect(ack.until_us).toBe(ack.timer?.due_us);
      expect(kindAt(trace, ack.until)).toBe('delayed-ack-fired');
    }
  });

  test('so that the body leaves half a round trip later, with the ACK that it waited for', () => {
    for (const { held } of standoffs) {
      expect(lengthOf(held)).toBe(41);
      expect(kindAt(trace, held.until)).toBe('hold-ended');
    }
  });

  test('are told of with both machines and both sockets', () => {
    for (const { held, ack } of standoffs) {
      expect([held.who.machine, ack.who.machine]).toEqual(['server', 'client']);
      expect(held.who.local).toEqual(ack.who.remote);
      const world = trace.worldAt(held.from);
      expect(world.machines.server?.sockets.get(held.who.socket ?? -1)).toMatchObject({
        regions: { sending: 'held by Nagle' },
      });
    }
  });
});

describe('nobody waits for the other', () => {
  test.each([
    ['with TCP_NODELAY at the server', { server_nodelay: true }],
    ['with one write() for header and body', { server_writes: 'one' }],
    ['with quick ACKs from the client', { client_quickack: 'always' }],
    ['where a cork keeps the body', { server_writes: 'cork-forever' }],
  ])('%s', (_how, given) => {
    expect(standoffsOf(nagle(given).waits)).toEqual([]);
  });
});

describe('a delayed ACK', () => {
  test('stops waiting with the data that it rides on', () => {
    const trace = nagle({ server_writes: 'one' });
    const ridden = trace.waits.filter(
      ({ kind, until }) => kind === 'delayed-ack' && kindAt(trace, until) === 'packet-sent',
    );
    const riddenOn = ridden.map(({ until }) => {
      const event = trace.events[until ?? -1];
      return event?.kind === 'packet-sent' ? event.data.packet : undefined;
    });
    // The last one finds nothing but the FIN.
    expect([...new Set(riddenOn)]).toEqual(['data', 'FIN']);
  });
});

describe('a cork that nobody takes out', () => {
  test('holds until the timer of a window probe fires, after 200 ms and more', () => {
    const trace = nagle({ server_writes: 'cork-forever', requests: 2 });
    const held = trace.waits.filter(({ kind }) => kind === 'held');
    const probes = trace.waits.filter(({ timer }) => timer?.name === 'probe');
    expect(held.length).toBeGreaterThan(0);
    for (const wait of held) expect(lengthOf(wait)).toBeGreaterThanOrEqual(200);
    for (const { timer, until_us } of probes) expect(until_us).toBe(timer?.due_us);
  });
});

describe('a SYN that nobody answers', () => {
  const trace = runOf(connectTimeout as never, { kernel: '6.12' });
  const timers = trace.waits.filter(({ kind }) => kind === 'timer');

  test('is waited for once for each time that it leaves', () => {
    const doubled = [2000, 4000, 8000, 16_000, 32_000, 64_000];
    expect(timers.map(lengthOf)).toEqual([1000, 1000, 1000, 1000, 1000, ...doubled]);
  });

  test('until the timer fires', () => {
    for (const { until } of timers) expect(kindAt(trace, until)).toBe('timer-fired');
  });
});

describe('what is left of a connection', () => {
  const OPEN = ['server.listen', 'client.connect', 'deliver.1', 'deliver.2', 'deliver.3', 'server.accept'];
  const played = (...steps: string[]): Trace =>
    runOf(tcpStates as never, { history: [...OPEN, ...steps].join(',') });
  const minutes = ({ waits }: Trace) => waits.filter(({ timer }) => timer?.name === 'timewait');
  const closed = ['client.close', 'deliver.4', 'deliver.5'];
  const inTimeWait = [...closed, 'server.close', 'deliver.6'];

  test('waits for the peer’s FIN, 60 s at most', () => {
    const trace = played(...closed, 'wait');
    const [wait] = minutes(trace);
    expect(minutes(trace)).toHaveLength(1);
    expect(wait).toMatchObject({ for: 'the peer’s FIN', who: { machine: 'client' }, needs: null });
    expect(kindAt(trace, wait?.from ?? null)).toBe('record-kept');
    expect(kindAt(trace, wait?.until ?? null)).toBe('state-changed');
    expect(wait?.until_us).toBe(wait?.timer?.due_us);
    expect(wait && lengthOf(wait)).toBe(60_000);
  });

  test('waits anew from the FIN on, for a minute', () => {
    const trace = played(...inTimeWait, 'deliver.7', 'wait');
    const [first, second] = minutes(trace);
    expect(first?.until).toBe(second?.from);
    expect(second?.for).toBe('segments that may still be on their way');
    expect(second && lengthOf(second)).toBe(60_000);
    expect(second?.until_us).toBe(second?.timer?.due_us);
    expect(minutes(trace)).toHaveLength(2);
  });

  test('waits another minute where the FIN comes again', () => {
    const trace = played(...inTimeWait, 'drop.7', 'wait', 'deliver.8', 'deliver.9', 'wait');
    const [, cut, last] = minutes(trace);
    expect(kindAt(trace, cut?.until ?? null)).toBe('packet-received');
    expect(cut?.until).toBe(last?.from);
    expect(last && lengthOf(last)).toBe(60_000);
  });

  test('waits no longer when a reset comes, or a new connection', () => {
    const reset = played(...closed, 'server.abort', 'deliver.6');
    expect(minutes(reset).map(({ until }) => kindAt(reset, until))).toEqual(['state-changed']);
    const { waits, worldAt, events } = played(...inTimeWait, 'deliver.7');
    const [open] = waits.filter(({ until, timer }) => until === null && timer?.name === 'timewait');
    const record = worldAt(events.length - 1).machines.client?.sockets.get(open?.who.socket ?? -1);
    expect(record).toMatchObject({ state: 'TIME_WAIT', timer: { due_us: open?.timer?.due_us } });
  });
});

describe('a reader who makes both ends wait for each other', () => {
  test('sees the same pair of waits as in the post’s run', () => {
    const open = 'server.listen,client.connect,deliver.1,deliver.2,deliver.3,server.accept';
    // An answer makes the server's end interactive, so that it delays its ACK; the client's second write is held.
    const talk = 'client.send,deliver.4,server.read,deliver.5,server.send,deliver.6,client.read';
    const trace = runOf(tcpStates as never, { history: `${open},${talk},client.send,client.send,deliver.8` });
    const [standoff] = standoffsOf(trace.waits);
    expect([standoff?.held.who.machine, standoff?.ack.who.machine]).toEqual(['client', 'server']);
  });
});

describe('every wait', () => {
  function check(trace: Trace): void {
    for (const { from, from_us, until, until_us, timer, id } of trace.waits) {
      expect(trace.events[from]?.at_us, `wait ${id} begins with an event of its moment`).toBe(from_us);
      if (until === null) continue;
      expect(until, `wait ${id} ends after it begins`).toBeGreaterThanOrEqual(from);
      expect(trace.events[until]?.at_us, `wait ${id} ends with an event of its moment`).toBe(until_us);
      if (timer && trace.waits[id]?.kind !== 'call') expect(until_us ?? 0).toBeLessThanOrEqual(timer.due_us);
    }
  }

  test('of the presets begins and ends with an event of its moment', () => {
    for (const simulation of [connectTimeout, nagleDelayedAck, tcpStates])
      for (const { given } of simulation.presets) check(runOf(simulation as never, given));
  });

  test('begins and ends with an event of its moment in runs that nobody has thought of', () => {
    const given = fc.record({
      rtt_ms: fc.constantFrom(0, 1, 20, 60, 300),
      gap_ms: fc.constantFrom(0, 5, 30, 500),
      requests: fc.integer({ min: 1, max: 4 }),
      server_writes: fc.constantFrom('two', 'one', 'msg-more', 'cork', 'cork-forever'),
      header_bytes: fc.integer({ min: 1, max: 40_000 }),
      body_bytes: fc.integer({ min: 0, max: 40_000 }),
      server_closes_after_response: fc.boolean(),
    });
    fc.assert(
      fc.property(given, (each) => check(runOf(nagleDelayedAck as never, each))),
      { numRuns: 60 },
    );
  });

  test('of a socket is over when nothing of the socket is left', () => {
    for (const given of [{}, { server_closes_after_response: true }, { server_writes: 'cork-forever' }]) {
      const trace = nagle(given);
      expect(trace.waits.filter(({ who, until }) => who.socket !== undefined && until === null)).toEqual([]);
    }
  });
});
