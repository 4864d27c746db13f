import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settleParameters } from '#simulations/engine/parameters.ts';
import type { PipeState, World } from '#simulations/machine/state.ts';
import { pipeBuffer } from '#simulations/reference/pipe-buffer/simulation.ts';

const any = fc.record({
  kernel: fc.constantFrom('6.12', '6.18'),
  write_bytes: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 70_000 })),
  write_every_ms: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
  writers: fc.integer({ min: 1, max: 6 }),
  writes: fc.integer({ min: 1, max: 2000 }),
  nonblocking: fc.boolean(),
  sigpipe: fc.constantFrom('default', 'ignored'),
  pipe_size_bytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200_000 })),
  past_user_soft_limit: fc.boolean(),
  reader: fc.constantFrom('stalled', 'draining', 'dies', 'none'),
  read_bytes: fc.integer({ min: 1, max: 70_000 }),
  read_every_ms: fc.integer({ min: 5, max: 50 }),
  reader_dies_at_ms: fc.integer({ min: 0, max: 500 }),
  duration_ms: fc.integer({ min: 0, max: 600 }),
});
const run = (given: typeof any extends fc.Arbitrary<infer T> ? T : never) =>
  pipeBuffer.run(settleParameters(pipeBuffer.parameters, given).values);

/** The pipe of the run. */
function pipeOf({ machine }: World['machines']): PipeState {
  const [pipe] = machine?.pipes.values() ?? [];
  if (!pipe) throw new Error('there is no pipe');
  return pipe;
}

describe('any run', () => {
  it('holds in the pipe what went in and did not come out, and at most the size of the pipe', () => {
    fc.assert(
      fc.property(any, (given) => {
        const { outcome, events, worldAt } = run(given);
        const { machines, programs } = worldAt(events.length);
        const { slots, held_bytes } = pipeOf(machines);
        expect(held_bytes + Number(programs.reader?.returned_bytes)).toBe(outcome.accepted_bytes);
        expect(held_bytes).toBeLessThanOrEqual(outcome.pipe_size_bytes);
        expect(slots.reduce((sum, slot) => sum + (slot?.len ?? 0), 0)).toBe(held_bytes);
        for (const slot of slots)
          if (slot) {
            expect(slot.len).toBeGreaterThan(0);
            expect(slot.offset + slot.len).toBeLessThanOrEqual(4096);
          }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves nobody asleep at a pipe that is writable, and nobody awake who could write', () => {
    fc.assert(
      fc.property(any, (given) => {
        const { outcome, events, worldAt } = run(given);
        const { machines, programs } = worldAt(events.length);
        const sleepers = Object.values(programs).filter(
          ({ status }) => status === 'asleep' || status === 'polling',
        );
        if (sleepers.length > 0) expect(pipeOf(machines)).toMatchObject({ state: 'full', readers: 1 });
        if (outcome.signal) expect(given.sigpipe).toBe('default');
        for (const { at_ms } of outcome.wakeups) expect(at_ms).toBeLessThanOrEqual(given.duration_ms);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same again with the same parameters, and its times never run back', () => {
    fc.assert(
      fc.property(any, (given) => {
        const trace = run(given);
        expect(run(given).hash).toBe(trace.hash);
        trace.events.forEach((event, i) => {
          expect(event.index).toBe(i);
          expect(event.at_us).toBeGreaterThanOrEqual(trace.events[i - 1]?.at_us ?? 0);
          expect(event.says).not.toMatch(/undefined|NaN|null/);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('comes to the same on both kernels but for who writes: a wake-up for nothing changes only the order', () => {
    fc.assert(
      fc.property(any, (given) => {
        const [one, other] = (['6.12', '6.18'] as const).map(
          (kernel) => run({ ...given, kernel, writers: 1 }).outcome,
        );
        expect(one).toEqual(other);
      }),
      { numRuns: 200 },
    );
  });
});
