import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '#simulations/engine/fifo.ts';

describe('a queue', () => {
  it('gives back what was put in, in the same order', () => {
    const fifo = new Fifo<string>();
    for (const item of ['a', 'b', 'c']) fifo.add(item);
    expect([fifo.take(), fifo.take(), fifo.take()]).toEqual(['a', 'b', 'c']);
  });

  it('has nothing to give when it is empty, new or emptied', () => {
    const fifo = new Fifo<number>();
    expect([fifo.take(), fifo.length]).toEqual([undefined, 0]);
    fifo.add(1);
    fifo.take();
    expect([fifo.take(), fifo.length]).toEqual([undefined, 0]);
  });

  it('forgets all when it is cleared, and can be used again', () => {
    const fifo = new Fifo<number>();
    for (let i = 0; i < 10; i++) fifo.add(i);
    fifo.take();
    fifo.clear();
    expect(fifo.length).toBe(0);
    fifo.add(7);
    expect([fifo.length, fifo.take()]).toEqual([1, 7]);
  });

  it('does what an array does, whatever is added, taken and cleared', () => {
    const step = fc.oneof(
      { arbitrary: fc.integer(), weight: 6 },
      { arbitrary: fc.constant('take' as const), weight: 5 },
      { arbitrary: fc.constant('clear' as const), weight: 1 },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        for (const each of steps) {
          if (each === 'take') expect(fifo.take()).toBe(model.shift());
          else if (each === 'clear') {
            fifo.clear();
            model.length = 0;
          } else {
            fifo.add(each);
            model.push(each);
          }
          expect(fifo.length).toBe(model.length);
        }
      }),
      { seed: 20_260 },
    );
  });
});
