import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileTable } from '#simulations/kernel/file-table.ts';

/** A table with so many descriptors open. */
function opened(nofile: number, count: number): FileTable {
  const files = new FileTable(nofile);
  for (let i = 0; i < count; i++) files.install(Number(files.alloc()));
  return files;
}

describe('a table of descriptors', () => {
  it('gives the lowest that is free', () => {
    const files = opened(10, 5);
    files.free(3);
    files.free(1);
    expect([files.alloc(), files.alloc(), files.alloc()]).toEqual([1, 3, 5]);
  });

  it('has none left at the limit, and one again after a close()', () => {
    const files = opened(5, 5);
    expect([files.alloc(), files.open]).toEqual([null, 5]);
    files.free(4);
    expect([files.alloc(), files.alloc()]).toEqual([4, null]);
  });

  it('keeps a reserved descriptor from others, but does not count it as open', () => {
    const files = opened(5, 4);
    expect([files.alloc(), files.open]).toEqual([4, 4]);
    expect(files.alloc()).toBeNull();
    files.free(4);
    expect([files.open, files.alloc()]).toEqual([4, 4]);
  });

  it('is empty when the process is gone', () => {
    const files = opened(5, 5);
    files.clear();
    expect([files.open, files.alloc()]).toEqual([0, 0]);
  });

  it('does what a set of numbers does, whatever is opened and closed', () => {
    const step = fc.oneof(fc.constant('open' as const), fc.constant('reserve' as const), fc.nat(11));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 60 }), (nofile, steps) => {
        const files = new FileTable(nofile);
        const taken = new Map<number, 'open' | 'reserve'>();
        for (const each of steps) {
          if (typeof each === 'number') {
            if (!taken.delete(each)) continue;
            files.free(each);
          } else {
            let lowest = 0;
            while (taken.has(lowest)) lowest++;
            const fd = files.alloc();
            expect(fd).toBe(lowest < nofile ? lowest : null);
            if (fd === null) continue;
            taken.set(fd, each);
            if (each === 'open') files.install(fd);
          }
          expect(files.open).toBe([...taken.values()].filter((how) => how === 'open').length);
        }
      }),
      { seed: 20_260 },
    );
  });
});
