import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { plain, Recorder, type Trace } from '#simulations/engine/trace.ts';

const STEPS = 40;

/** A run of one counter that is cut off after `steps` events; every third event is a beat. */
function run(steps = STEPS, outcome: unknown = { ended: true }): Trace {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock, ({ data }) =>
    data.n === 6 || data.n === 7 ? 'That is six or so.' : '',
  );
  recorder.introduce('counter', { n: null, label: 'fresh' });
  for (let n = 0; n < steps; n++) {
    clock.advance(n % 2 ? 5 : 0);
    recorder.record({
      actor: 'counter',
      kind: 'counted',
      data: { n },
      ...(n === 2 && { mark: 'count:two' as const }),
      says: `Now *${n}*.`,
      beat: n % 3 === 0,
      ...(n % 4 === 0 && { state: { counter: { n }, [`other ${n}`]: { seen: true } } }),
    });
  }
  return recorder.finish('counting', { steps: 1 }, outcome);
}

describe('a trace', () => {
  it('numbers its events and tells time, mark and data', () => {
    const { events } = run();
    expect(events.map(({ index }) => index)).toEqual(Array.from({ length: STEPS }, (_, i) => i));
    expect(events[3]).toEqual({
      index: 3,
      at_us: 10,
      actor: 'counter',
      kind: 'counted',
      data: { n: 3 },
      mark: null,
      says: 'Now *3*.',
      beat: true,
    });
    expect(events[2]?.mark).toBe('count:two');
  });

  it('cannot be changed', () => {
    const trace = run();
    expect(() => Object.assign(trace, { outcome: null })).toThrow(TypeError);
    expect(() => (trace.events as unknown[]).push(null)).toThrow(TypeError);
    expect(() => Object.assign(trace.events[0] as object, { at_us: 9 })).toThrow(TypeError);
    expect(() => (trace.beats as number[]).pop()).toThrow(TypeError);
  });

  it('is not touched by what the recorder does after it is finished', () => {
    const recorder = new Recorder(new VirtualClock());
    recorder.record({ actor: 'a', kind: 'k', says: 'One.' });
    const trace = recorder.finish('one', {}, null);
    recorder.record({ actor: 'a', kind: 'k', says: 'Two.' });
    expect(trace.events).toHaveLength(1);
  });

  it('knows its beats', () => {
    expect(run(8).beats).toEqual([0, 3, 6]);
  });

  it('lets the incident add its own sentence to a beat, and only to a beat', () => {
    const { events } = run();
    expect(events[6]?.says).toBe('Now *6*. That is six or so.');
    expect(events.filter(({ says }) => says.includes('or so'))).toHaveLength(1);
  });
});

describe('the state of the world', () => {
  it('after any event is what running up to there leaves', () => {
    const whole = run();
    for (let index = 0; index < STEPS; index++)
      expect(whole.stateAt(index)).toEqual(run(index + 1).stateAt(index));
  });

  it('keeps fields until they change, and shows what was introduced from the first event on', () => {
    const trace = run();
    expect(trace.stateAt(0).counter).toEqual({ n: 0, label: 'fresh' });
    expect(trace.stateAt(3).counter).toEqual({ n: 0, label: 'fresh' });
    expect(trace.stateAt(4).counter).toEqual({ n: 4, label: 'fresh' });
    expect(trace.stateAt(3)['other 4']).toBeUndefined();
  });

  it('is the same whether asked forwards or backwards', () => {
    const trace = run();
    const forwards = trace.events.map(({ index }) => trace.stateAt(index));
    const backwards = trace.events.map(({ index }) => trace.stateAt(STEPS - 1 - index)).reverse();
    expect(backwards).toEqual(forwards);
  });

  it('outside the trace is that of the nearest event', () => {
    const trace = run();
    expect(trace.stateAt(-5)).toBe(trace.stateAt(0));
    expect(trace.stateAt(STEPS + 5)).toBe(trace.stateAt(STEPS - 1));
    expect(new Recorder(new VirtualClock()).finish('empty', {}, null).stateAt(0)).toEqual({});
  });
});

describe("a trace's hash", () => {
  it('is equal for equal runs and differs with parameters, events or outcome', () => {
    const recorder = () => new Recorder(new VirtualClock());
    const hashes = [
      run().hash,
      run(STEPS - 1).hash,
      run(STEPS, { ended: false }).hash,
      recorder().finish('a', {}, null).hash,
      recorder().finish('b', {}, null).hash,
      recorder().finish('a', { seed: 1 }, null).hash,
    ];
    expect(run().hash).toBe(hashes[0]);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('plain text', () => {
  it('has no emphasis marks', () => {
    expect(plain('*First* then *second*.')).toBe('First then second.');
    expect(plain('Nothing to strip.')).toBe('Nothing to strip.');
  });
});
