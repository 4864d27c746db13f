import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { Chart } from '#simulations/engine/chart.ts';
import { VirtualClock } from '#simulations/engine/clock.ts';
import {
  type PipeActions,
  pipeMachine,
  type WriterActions,
  writerMachine,
} from '#simulations/kernel/pipe/states.ts';
import { type ConnectionActions, connectionMachine } from '#simulations/kernel/tcp/connection.ts';
import { threadMachine } from '#simulations/machine/thread.ts';

/** A pipe that only notes what it is told to do, and answers as the test wants. */
const pipeOf = (answers: { isEmpty: boolean; isFull: boolean; wakesWhileFull: boolean }, done: string[]) =>
  ({
    ...answers,
    wakeReader: () => done.push('wakeReader'),
    wakeWriter: () => done.push('wakeWriter'),
    wakeAll: () => done.push('wakeAll'),
  }) as PipeActions & { -readonly [K in keyof PipeActions]: PipeActions[K] };

const writerOf = (done: string[]) =>
  ({
    pipe_writable: false,
    queue: () => done.push('queue'),
    pollWait: () => done.push('pollWait'),
    pollFree: () => done.push('pollFree'),
  }) as WriterActions & { pipe_writable: boolean };

describe('a walk through a statechart', () => {
  it('stands where XState’s own actor stands, after any events of a thread', () => {
    const events = fc.array(fc.constantFrom('BLOCK', 'WAKE', 'EXIT', 'KILL', 'NONE'), { maxLength: 12 });
    fc.assert(
      fc.property(events, (types) => {
        const chart = new Chart(threadMachine);
        const actor = createActor(threadMachine).start();
        for (const type of types) {
          chart.send(type);
          actor.send({ type } as never);
          expect(chart.state()).toBe(actor.getSnapshot().value);
        }
      }),
    );
  });

  it('asks the same guards and does the same in the same order, in each region of a pipe', () => {
    const step = fc.record({
      type: fc.constantFrom('WRITE', 'READ', 'RESIZE', 'RELEASE_READER', 'RELEASE_WRITER'),
      isEmpty: fc.boolean(),
      isFull: fc.boolean(),
      wakesWhileFull: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const done: { chart: string[]; actor: string[] } = { chart: [], actor: [] };
        const first = { isEmpty: true, isFull: false, wakesWhileFull: false };
        const pipes = { chart: pipeOf(first, done.chart), actor: pipeOf(first, done.actor) };
        const chart = new Chart(pipeMachine, { pipe: pipes.chart });
        const actor = createActor(pipeMachine, { input: { pipe: pipes.actor } }).start();
        for (const { type, ...answers } of steps) {
          Object.assign(pipes.chart, answers);
          Object.assign(pipes.actor, answers);
          chart.send(type);
          actor.send({ type } as never);
          const { ring, readers, writers } = actor.getSnapshot().value;
          expect(['ring', 'readers', 'writers'].map((region) => chart.state(region))).toEqual([
            ring,
            readers,
            writers,
          ]);
          expect(done.chart).toEqual(done.actor);
        }
      }),
    );
  });

  it('enters and leaves as XState does, also where a state is entered again', () => {
    const step = fc.record({
      type: fc.constantFrom('SLEEP', 'POLL', 'WAKE', 'END'),
      pipe_writable: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const done: { chart: string[]; actor: string[] } = { chart: [], actor: [] };
        const writers = { chart: writerOf(done.chart), actor: writerOf(done.actor) };
        const chart = new Chart(writerMachine, { writer: writers.chart });
        const actor = createActor(writerMachine, { input: { writer: writers.actor } }).start();
        for (const { type, pipe_writable } of steps) {
          writers.chart.pipe_writable = writers.actor.pipe_writable = pipe_writable;
          chart.send(type);
          actor.send({ type } as never);
          expect(chart.state()).toBe(actor.getSnapshot().value);
          expect(done.chart).toEqual(done.actor);
        }
      }),
    );
  });
});

/** What the actions of the statechart ask of a socket; they have the names of what they ask. */
const ASKED = ['because', ...Object.keys(connectionMachine.implementations.actions)];

/** A socket that notes what the statechart of a connection asks for, and answers its guards as a test wants. */
function connectionOf(done: string[]) {
  const answers = {
    expired: false,
    probesSpent: false,
    acksNow: false,
    inPingpongMode: false,
    hasQuick: false,
  };
  const noting = (name: string) => (argument?: unknown) =>
    void done.push(argument === undefined ? name : `${name} ${JSON.stringify(argument)}`);
  const sk = {
    timer_ms: 200,
    delack_ms: 40,
    ...Object.fromEntries(
      Object.keys(answers).map((name) => [name, () => answers[name as keyof typeof answers]]),
    ),
    ...Object.fromEntries(ASKED.map((name) => [name, noting(name)])),
    setRegion: (region: string, state: string) => void done.push(`${region} ${state}`),
  };
  return { sk: sk as unknown as ConnectionActions, answers };
}

describe('the statechart of a connection, walked', () => {
  const EVENTS = [...new Set(connectionMachine.events)].filter((type) => !type.startsWith('xstate'));
  const REGIONS = Object.keys(connectionMachine.states);
  const step = fc.record({
    type: fc.constantFrom(...EVENTS),
    /** Takes this one of the events that the connection's present state knows, instead. */
    known: fc.option(fc.nat(20)),
    wait_ms: fc.constantFrom(0, 0, 0, 1, 40, 100, 200),
    answers: fc.record({
      expired: fc.boolean(),
      probesSpent: fc.boolean(),
      acksNow: fc.boolean(),
      inPingpongMode: fc.boolean(),
      hasQuick: fc.boolean(),
    }),
  });

  /** The events that a state of the connection has transitions for. */
  const knownIn = (state: string): readonly string[] =>
    connectionMachine.states.connection?.states[state]?.ownEvents ?? [];

  it('knows all its events and regions', () => {
    expect(REGIONS).toEqual(['connection', 'retransmission', 'acknowledgement', 'sending']);
    expect(EVENTS.length).toBeGreaterThan(20);
  });

  it('stands where XState’s actor stands, asks and does the same, with the same timers, whatever happens', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const done: { chart: string[]; actor: string[] } = { chart: [], actor: [] };
        const clocks = { chart: new VirtualClock(), actor: new VirtualClock() };
        const [one, other] = [connectionOf(done.chart), connectionOf(done.actor)];
        const chart = new Chart(connectionMachine, { sk: one.sk }, clocks.chart);
        const actor = createActor(connectionMachine, {
          input: { sk: other.sk },
          clock: clocks.actor,
        }).start();
        for (const { type: any, known, wait_ms, answers } of steps) {
          const ways = knownIn(chart.state('connection'));
          const type = known === null ? any : (ways[known % ways.length] as string);
          Object.assign(one.answers, answers);
          Object.assign(other.answers, answers);
          chart.send(type);
          actor.send({ type } as never);
          for (const clock of Object.values(clocks)) clock.advance(wait_ms * 1000);
          const value = actor.getSnapshot().value as Record<string, string>;
          expect(Object.fromEntries(REGIONS.map((region) => [region, chart.state(region)]))).toEqual(value);
          expect(done.chart).toEqual(done.actor);
          for (const [region, state] of Object.entries(value)) reached.add(`${region} ${state}`);
        }
      }),
      { seed: 20_260, numRuns: 3000 },
    );
    const all = Object.entries(connectionMachine.states).flatMap(([region, { states }]) =>
      Object.keys(states).map((state) => `${region} ${state}`),
    );
    const missing = all.filter((state) => !reached.has(state));
    expect(missing).toEqual([]);
  });
});
