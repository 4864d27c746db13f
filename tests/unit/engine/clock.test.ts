import { describe, expect, it } from 'vitest';
import { assign, createActor, setup } from 'xstate';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { spent_ms } from '../../spent.ts';

/** A clock with a list that `note(name)` writes to, with the time. */
function bench() {
  const clock = new VirtualClock();
  const log: string[] = [];
  const note = (name: string) => () => {
    log.push(`${clock.now_us} ${name}`);
  };
  return { clock, log, note };
}

describe('deadlines', () => {
  it('are met in order of time, whatever order they were set in', () => {
    const { clock, log, note } = bench();
    for (const delay_us of [70, 10, 50, 30, 90, 20, 80, 40, 60]) clock.after(delay_us, note('ring'));
    clock.drain();
    expect(log).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90].map((at) => `${at} ring`));
  });

  it('keep the order in which they were set when they are equal, even among hundreds', () => {
    const { clock } = bench();
    const order: number[] = [];
    for (let i = 0; i < 500; i++) clock.after(i % 2 ? 5 : 3, () => order.push(i));
    clock.drain();
    const evens = Array.from({ length: 250 }, (_, i) => 2 * i);
    expect(order).toEqual([...evens, ...evens.map((i) => i + 1)]);
  });

  it('let what arrives go before a timer of the same instant, though the timer was set first', () => {
    const { clock, log, note } = bench();
    clock.after(1000, note('timer'));
    clock.after(1000, note('packet'), 'arrival');
    clock.after(999, note('earlier timer'));
    clock.drain();
    expect(log).toEqual(['999 earlier timer', '1000 packet', '1000 timer']);
  });

  it('are whole microseconds: fractions round, negative delays count as 0', () => {
    const { clock, log, note } = bench();
    clock.advance(100);
    clock.after(2.4, note('down'));
    clock.after(2.6, note('up'));
    clock.after(-50, note('past'));
    clock.setTimeout(note('ms'), 0.0015);
    clock.drain();
    expect(log).toEqual(['100 past', '102 down', '102 ms', '103 up']);
    expect(Number.isInteger(clock.now_us)).toBe(true);
  });

  it('may be set from a deadline, also for the very same instant', () => {
    const { clock, log, note } = bench();
    clock.after(10, () => {
      note('outer')();
      clock.after(0, note('inner'));
    });
    clock.after(10, note('next'));
    clock.drain();
    expect(log).toEqual(['10 outer', '10 next', '10 inner']);
  });
});

describe('a cancelled deadline', () => {
  it('never runs, and does not move time', () => {
    const { clock, log, note } = bench();
    const entry = clock.after(10, note('cancelled'));
    clock.after(5, note('kept'));
    clock.clearTimeout(entry);
    clock.drain();
    expect(log).toEqual(['5 kept']);
    expect(clock.now_us).toBe(5);
  });

  it('may be cancelled twice, after it ran, or not exist', () => {
    const { clock, log, note } = bench();
    const entry = clock.after(1, note('ran'));
    clock.drain();
    clock.clearTimeout(entry);
    clock.clearTimeout(entry);
    clock.clearTimeout(undefined);
    expect(log).toEqual(['1 ran']);
    expect(clock.step()).toBe(false);
  });

  it('costs next to nothing: 200,000 set and cancelled leave the rest in order', () => {
    const { clock } = bench();
    let ran = 0;
    const entries = Array.from({ length: 200_000 }, (_, i) => clock.after((i * 7919) % 100_003, () => ran++));
    const began = process.cpuUsage();
    for (const [i, entry] of entries.entries()) if (i % 1000) clock.clearTimeout(entry);
    expect(spent_ms(began)).toBeLessThan(500); // a search per cancel would take minutes
    clock.drain();
    expect(ran).toBe(200);
  });
});

describe('advancing', () => {
  it('runs what is due up to and at the end, and stops there', () => {
    const { clock, log, note } = bench();
    for (const at of [10, 20, 21]) clock.after(at, note('ring'));
    clock.advance(20);
    expect(log).toEqual(['10 ring', '20 ring']);
    expect(clock.now_us).toBe(20);
    clock.advance(5);
    expect(clock.now_us).toBe(25);
  });

  it.each([1, 7, 1000])('makes 10,001 of 10,001 chained 10 ms timers in steps of %i ms', (step_ms) => {
    const { clock } = bench();
    let fired = 0;
    const again = () => {
      fired++;
      clock.setTimeout(again, 10);
    };
    clock.setTimeout(again, 10);
    while (clock.now_us < 100_010_000) clock.advance(Math.min(step_ms * 1000, 100_010_000 - clock.now_us));
    expect(fired).toBe(10_001);
  });
});

describe('draining', () => {
  const chain = (length: number) => {
    const { clock } = bench();
    let left = length;
    const next = () => {
      if (--left > 0) clock.after(1, next);
    };
    clock.after(1, next);
    return clock;
  };

  it('ends when nothing is due', () => {
    const clock = chain(100);
    clock.drain(100);
    expect(clock.now_us).toBe(100);
  });

  it('refuses a run that does not end within the limit', () => {
    expect(() => chain(101).drain(100)).toThrow(RangeError);
    expect(() => chain(Number.POSITIVE_INFINITY).drain(1000)).toThrow('did not end within 1000 deadlines');
  });
});

describe("as XState's clock", () => {
  const ticker = setup({ types: { context: {} as { ticks: number } } }).createMachine({
    context: { ticks: 0 },
    initial: 'on',
    states: {
      on: {
        after: {
          10: { target: 'on', reenter: true, actions: assign({ ticks: ({ context }) => context.ticks + 1 }) },
        },
      },
    },
  });
  const parent = setup({ actors: { ticker } }).createMachine({
    initial: 'waiting',
    states: {
      waiting: { invoke: { src: 'ticker', id: 'child' }, after: { 1005: 'over' } },
      over: {},
    },
  });

  it('drives a root actor and the child that inherits it, until the child is stopped', () => {
    const clock = new VirtualClock();
    const root = createActor(parent, { clock }).start();
    const child = root.getSnapshot().children.child;
    clock.advance(1_004_999);
    expect(root.getSnapshot().value).toBe('waiting');
    expect(child?.getSnapshot()).toMatchObject({ context: { ticks: 100 } });
    clock.advance(1);
    expect(root.getSnapshot().value).toBe('over');
    clock.drain(10); // the stopped child has cancelled its timer, so this ends
    expect(clock.now_us).toBe(1_005_000);
  });

  it('gives 10,001 ticks in 100.01 s whatever the step', () => {
    for (const step_us of [7000, 1_000_000]) {
      const clock = new VirtualClock();
      const actor = createActor(ticker, { clock }).start();
      while (clock.now_us < 100_010_000) clock.advance(Math.min(step_us, 100_010_000 - clock.now_us));
      expect(actor.getSnapshot().context.ticks).toBe(10_001);
    }
  });
});
