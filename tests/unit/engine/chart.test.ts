import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { Chart } from '#simulations/engine/chart.ts';
import { processMachine } from '#simulations/engine/process.ts';
import {
  type PipeActions,
  pipeMachine,
  type WriterActions,
  writerMachine,
} from '#simulations/kernel/pipe/states.ts';

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
  it('stands where XState’s own actor stands, after any events of a process', () => {
    const events = fc.array(fc.constantFrom('BLOCK', 'WAKE', 'EXIT', 'KILL', 'NONE'), { maxLength: 12 });
    fc.assert(
      fc.property(events, (types) => {
        const chart = new Chart(processMachine);
        const actor = createActor(processMachine).start();
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
