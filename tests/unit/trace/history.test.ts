import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cell, Ledger, Shelf } from '#simulations/trace/history.ts';

/** A thing that can be set. */
class Thing {
  value: number | undefined;

  constructor(value: number) {
    this.value = value;
  }

  state(): number {
    return this.value as number;
  }
}

describe('a shelf of things by key', () => {
  const KEYS = 6;
  const step = fc.oneof(
    {
      arbitrary: fc.record({
        do: fc.constantFrom('open' as const, 'set' as const),
        key: fc.nat(KEYS - 1),
        value: fc.nat(5),
      }),
      weight: 4,
    },
    {
      arbitrary: fc.record({ do: fc.constant('end' as const), key: fc.nat(KEYS - 1), value: fc.constant(0) }),
      weight: 1,
    },
    {
      arbitrary: fc.record({ do: fc.constant('event' as const), key: fc.constant(0), value: fc.constant(0) }),
      weight: 3,
    },
  );

  it('holds at any event what a copy of everything, made at each event, holds', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const ledger = new Ledger();
        const shelf = new Shelf<number, number>(ledger);
        const open = new Map<number, { thing: Thing; cell: Cell<number> }>();
        const copies: ReadonlyMap<number, number>[] = [];
        for (const { do: what, key, value } of [...steps, { do: 'event' as const, key: 0, value: 0 }]) {
          const known = open.get(key);
          if (what === 'open') {
            // A key that is in use is first given up, as a descriptor is.
            known?.cell.end();
            const thing = new Thing(value);
            open.set(key, { thing, cell: shelf.open(key, thing) });
          } else if (what === 'set' && known) {
            known.thing.value = value;
            known.cell.touch();
          } else if (what === 'end' && known) {
            known.cell.end();
            open.delete(key);
          } else if (what === 'event') {
            ledger.keep(copies.length);
            copies.push(new Map([...open].map(([each, { thing }]) => [each, thing.state()])));
          }
        }
        const indices = copies.map((_, index) => index);
        for (const index of [...indices, ...indices.reverse()]) {
          const copy = copies[index] as ReadonlyMap<number, number>;
          const then = shelf.at(index);
          expect(new Map(then.entries())).toEqual(copy);
          expect([...then.values()].sort()).toEqual([...copy.values()].sort());
          for (let key = 0; key < KEYS; key++) expect(then.get(key)).toBe(copy.get(key));
        }
      }),
      { seed: 20_260, numRuns: 1000 },
    );
  });

  it('gives things in the order in which they came into being', () => {
    const ledger = new Ledger();
    const shelf = new Shelf<string, number>(ledger);
    for (const [i, key] of ['c', 'a', 'b'].entries()) {
      shelf.open(key, new Thing(i));
      ledger.keep(i);
    }
    expect([...shelf.at(2).entries()]).toEqual([
      ['c', 0],
      ['a', 1],
      ['b', 2],
    ]);
    expect([...shelf.at(1).values()]).toEqual([0, 1]);
  });

  it('shows nothing under a key between one thing and the next', () => {
    const ledger = new Ledger();
    const shelf = new Shelf<number, number>(ledger);
    const first = shelf.open(3, new Thing(1));
    ledger.keep(0);
    first.end();
    ledger.keep(1);
    shelf.open(3, new Thing(2));
    ledger.keep(2);
    expect([0, 1, 2].map((index) => shelf.at(index).get(3))).toEqual([1, undefined, 2]);
  });

  it('keeps nothing of what is born and gone between two events, and shows the next under the same key', () => {
    const ledger = new Ledger();
    const shelf = new Shelf<number, number>(ledger);
    shelf.open(3, new Thing(1)).end();
    ledger.keep(0);
    expect([...shelf.at(0).entries()]).toEqual([]);
    expect([...shelf.at(9).entries()]).toEqual([]);
    shelf.open(3, new Thing(2)).end();
    shelf.open(3, new Thing(4));
    ledger.keep(1);
    expect([0, 1].map((index) => shelf.at(index).get(3))).toEqual([undefined, 4]);
  });
});

describe('a cell', () => {
  it('asks its thing once for all the changes between two events', () => {
    const ledger = new Ledger();
    const shelf = new Shelf<number, number>(ledger);
    let asked = 0;
    const cell = shelf.open(1, { state: () => ++asked });
    for (let i = 0; i < 10; i++) cell.touch();
    ledger.keep(0);
    ledger.keep(1);
    expect(asked).toBe(1);
    expect([cell.at(0), cell.at(1)]).toEqual([1, 1]);
  });

  it('knows nothing of a thing before its first event', () => {
    const ledger = new Ledger();
    const shelf = new Shelf<number, number>(ledger);
    ledger.keep(4);
    const cell = shelf.open(1, new Thing(7));
    ledger.keep(5);
    expect([cell.at(-1), cell.at(4), cell.at(5), cell.at(100)]).toEqual([undefined, undefined, 7, 7]);
  });
});
