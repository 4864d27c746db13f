import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#simulations/engine/clock.ts';
import type { InFlight } from '#simulations/machine/state.ts';
import { plain } from '#simulations/trace/event.ts';
import { Recorder } from '#simulations/trace/recorder.ts';
import type { Trace } from '#simulations/trace/trace.ts';

const STEPS = 40;

/** What a counter knows of itself. */
interface Programs {
  readonly counter: { readonly n: number | null; readonly label: string };
}

/** Tells that the n-th thing has happened; an event of some kind that carries a number. */
const counted = (n: number, more: { mark?: 'count:two'; beat?: boolean } = {}) => ({
  actor: 'counter',
  kind: 'loss-noticed' as const,
  data: { dupacks: n },
  says: `Now *${n}*.`,
  ...more,
});

/** A run of one counter that is cut off after `steps` events; every third event is a beat. */
function run(steps = STEPS, outcome: unknown = { ended: true }): Trace<unknown, Programs> {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock, (event) =>
    event.kind === 'loss-noticed' && [6, 7].includes(event.data.dupacks) ? 'That is six or so.' : '',
  );
  let state: Programs['counter'] = { n: null, label: 'fresh' };
  const cell = recorder.program('counter', { state: () => state });
  for (let n = 0; n < steps; n++) {
    clock.advance(n % 2 ? 5 : 0);
    if (n % 4 === 1) {
      state = { ...state, n };
      cell.touch();
      const packet = { number: n, from: 'a', to: 'b', sent_us: clock.now_us, copy_of: null } as InFlight;
      recorder.wire.open(n, { state: () => packet });
    }
    recorder.record(counted(n, { ...(n === 2 && { mark: 'count:two' as const }), beat: n % 3 === 0 }));
  }
  return recorder.finish<unknown, Programs>('counting', { steps: 1 }, outcome);
}

/** All of a moment, as plain data. */
const whole = ({ at_us, machines, wire, programs }: ReturnType<Trace<unknown, Programs>['worldAt']>) => ({
  at_us,
  machines,
  wire: [...wire],
  // Each is sought when it is asked for, so that two of them are not compared as they are.
  counter: programs.counter,
});

describe('a trace', () => {
  it('numbers its events and tells time, mark and data', () => {
    const { events } = run();
    expect(events.map(({ index }) => index)).toEqual(Array.from({ length: STEPS }, (_, i) => i));
    expect(events[3]).toEqual({
      index: 3,
      at_us: 10,
      actor: 'counter',
      kind: 'loss-noticed',
      data: { dupacks: 3 },
      mark: null,
      says: 'Now *3*.',
      beat: true,
      decision: null,
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
    recorder.record({ actor: 'a', kind: 'timer-fired', says: 'One.' });
    const trace = recorder.finish('one', {}, null);
    recorder.record({ actor: 'a', kind: 'timer-fired', says: 'Two.' });
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
    const all = run();
    for (let index = 0; index < STEPS; index++) {
      // What follows at the very moment of an event belongs to it: two events share each moment here.
      const isLastOfMoment = all.events[index + 1]?.at_us !== all.events[index]?.at_us;
      if (isLastOfMoment) expect(whole(all.worldAt(index))).toEqual(whole(run(index + 1).worldAt(index)));
    }
  });

  it('keeps fields until they change, and shows what was introduced from the first event on', () => {
    const trace = run();
    expect(trace.worldAt(0).programs.counter).toEqual({ n: null, label: 'fresh' });
    expect(trace.worldAt(1).programs.counter).toEqual({ n: 1, label: 'fresh' });
    expect(trace.worldAt(4).programs.counter).toEqual({ n: 1, label: 'fresh' });
    expect(trace.worldAt(5).programs.counter).toEqual({ n: 5, label: 'fresh' });
    expect([0, 4, 5].map((index) => trace.worldAt(index).wire.map(({ number }) => number))).toEqual([
      [],
      [1],
      [1, 5],
    ]);
  });

  it('is the same whether asked forwards or backwards', () => {
    const trace = run();
    const forwards = trace.events.map(({ index }) => whole(trace.worldAt(index)));
    const backwards = trace.events.map(({ index }) => whole(trace.worldAt(STEPS - 1 - index))).reverse();
    expect(backwards).toEqual(forwards);
  });

  it('outside the trace is that of the nearest event', () => {
    const trace = run();
    expect(whole(trace.worldAt(-5))).toEqual(whole(trace.worldAt(0)));
    expect(whole(trace.worldAt(STEPS + 5))).toEqual(whole(trace.worldAt(STEPS - 1)));
    const empty = new Recorder(new VirtualClock()).finish('empty', {}, null).worldAt(0);
    expect([empty.at_us, empty.machines, empty.wire, empty.programs]).toEqual([0, {}, [], {}]);
  });

  it('after an event that is told last has what it told of, and not what was told after it', () => {
    const clock = new VirtualClock();
    const recorder = new Recorder(clock);
    let value = 'before';
    const cell = recorder.program('thing', { state: () => value });
    const become = (next: string) => {
      value = next;
      cell.touch();
    };
    recorder.record(counted(0), 'last');
    become('told by the second');
    recorder.record(counted(1), 'last');
    become('told by the third');
    clock.after(10, () => recorder.record(counted(2), 'last'));
    clock.drain();
    const trace = recorder.finish<unknown, { readonly thing: string }>('told last', {}, null);
    expect(trace.events.map(({ index }) => trace.worldAt(index).programs.thing)).toEqual([
      'before',
      'told by the second',
      'told by the third',
    ]);
  });

  it('after an event has what followed from it at that very moment, and nothing that came later', () => {
    const clock = new VirtualClock();
    const recorder = new Recorder(clock);
    let value = 'before';
    const cell = recorder.program('thing', { state: () => value });
    const become = (next: string) => {
      value = next;
      cell.touch();
    };
    recorder.record(counted(0));
    become('at once');
    clock.after(0, () => become('woken at the same moment'), 'arrival');
    clock.after(10, () => become('later'));
    clock.after(20, () => recorder.record(counted(1)));
    clock.drain();
    const { worldAt } = recorder.finish<null, { thing: string }>('run', {}, null);
    expect([0, 1].map((index) => worldAt(index).programs.thing)).toEqual([
      'woken at the same moment',
      'later',
    ]);
  });

  it('after an event has what changed before the next event of the same moment was told', () => {
    const clock = new VirtualClock();
    const recorder = new Recorder(clock);
    let value = 0;
    const cell = recorder.program('thing', { state: () => value });
    for (const next of [1, 2, 3]) {
      value = next;
      cell.touch();
      recorder.record(counted(next));
    }
    clock.advance(1);
    value = 4;
    cell.touch();
    recorder.record(counted(4));
    const { worldAt } = recorder.finish<null, { thing: number }>('run', {}, null);
    expect([0, 1, 2, 3].map((index) => worldAt(index).programs.thing)).toEqual([2, 3, 3, 4]);
  });
});

describe('what changes before the event that tells of it', () => {
  function told(isSame: boolean): unknown[] {
    const clock = new VirtualClock();
    const recorder = new Recorder(clock);
    let value = 'before';
    const cell = recorder.program('thing', { state: () => value });
    const become = (next: string) => {
      value = next;
      cell.touch();
    };
    recorder.record(counted(0));
    become('at once');
    if (!isSame) clock.advance(1);
    if (!isSame) become('later');
    recorder.settle();
    become('as the next event tells');
    recorder.record(counted(1));
    const { worldAt } = recorder.finish<null, { thing: string }>('run', {}, null);
    return [0, 1].map((index) => worldAt(index).programs.thing);
  }

  it('is that event’s, and what changed before is the last one’s', () => {
    expect(told(true)).toEqual(['at once', 'as the next event tells']);
  });

  it('is that event’s with all of its moment, where no other has told of the moment', () => {
    expect(told(false)).toEqual(['at once', 'as the next event tells']);
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

describe('waits and sections', () => {
  it('last from the event that began them to the one that ended them, and name the wait that they need', () => {
    const clock = new VirtualClock();
    const recorder = new Recorder(clock);
    const who = { machine: 'client' };
    recorder.record(counted(0));
    const held = recorder.beginWait({ who, kind: 'held', for: 'the ACK' });
    clock.advance(5);
    recorder.record(counted(1));
    const timer = { name: 'delayed ACK', set_us: 5, due_us: 40_005 };
    const delayed = recorder.beginWait({ who, kind: 'delayed-ack', for: 'data to ride on', timer });
    recorder.needs(held, delayed);
    clock.advance(7);
    recorder.record(counted(2));
    recorder.endWait(delayed);
    recorder.endWait(delayed);
    expect(recorder.finish('run', {}, null).waits).toEqual([
      {
        id: 0,
        who,
        kind: 'held',
        for: 'the ACK',
        timer: null,
        from: 0,
        from_us: 0,
        until: null,
        until_us: null,
        needs: 1,
      },
      {
        id: 1,
        who,
        kind: 'delayed-ack',
        for: 'data to ride on',
        timer,
        from: 1,
        from_us: 5,
        until: 2,
        until_us: 12,
        needs: null,
      },
    ]);
  });

  it('a section ends where the next begins, and one without an event is left out', () => {
    const recorder = new Recorder(new VirtualClock());
    for (const [name, events] of [
      ['handshake', 2],
      ['nothing', 0],
      ['request 1', 3],
    ] as const) {
      recorder.section(name);
      for (let n = 0; n < events; n++) recorder.record(counted(n));
    }
    expect(recorder.finish('run', {}, null).sections).toEqual([
      { name: 'handshake', from: 0, to: 1 },
      { name: 'request 1', from: 2, to: 4 },
    ]);
  });
});

describe('plain text', () => {
  it('has no emphasis marks', () => {
    expect(plain('*First* then *second*.')).toBe('First then second.');
    expect(plain('Nothing to strip.')).toBe('Nothing to strip.');
  });
});
