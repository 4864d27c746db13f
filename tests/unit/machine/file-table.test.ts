import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Device } from '#simulations/machine/device.ts';
import { OpenFile } from '#simulations/machine/file.ts';
import { Descriptor, FileTable } from '#simulations/machine/file-table.ts';
import { Ledger, Shelf } from '#simulations/trace/history.ts';

const table = (nofile: number) => new FileTable(nofile, new Shelf(new Ledger()));
const open = (files: FileTable, closeOnExec = false) => files.add(new Device('/dev/null', 'u'), closeOnExec);

/** A table with so many descriptors open. */
function opened(nofile: number, count: number): FileTable {
  const files = table(nofile);
  for (let i = 0; i < count; i++) open(files);
  return files;
}

describe('a table of descriptors', () => {
  it('gives the lowest that is free', () => {
    const files = opened(10, 5);
    files.free(3);
    files.free(1);
    expect([files.alloc(), files.alloc(), files.alloc()]).toEqual([1, 3, 5]);
  });

  it('gives the lowest that is free from a number on, and the lowest of all afterwards', () => {
    const files = opened(20, 3);
    expect([files.alloc(9), files.alloc(9), files.alloc()]).toEqual([9, 10, 3]);
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
    for (const [fd] of files.entries()) files.free(fd);
    expect([files.open, files.alloc()]).toEqual([0, 0]);
  });

  it('does what a set of numbers does, whatever is opened and closed', () => {
    const step = fc.oneof(fc.constant('open' as const), fc.constant('reserve' as const), fc.nat(11));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 60 }), (nofile, steps) => {
        const files = table(nofile);
        const taken = new Map<number, 'open' | 'reserve'>();
        for (const each of steps) {
          if (typeof each === 'number') {
            if (!taken.delete(each)) continue;
            files.free(each);
          } else {
            let lowest = 0;
            while (taken.has(lowest)) lowest++;
            const fd = each === 'open' ? open(files) : files.alloc();
            expect(fd).toBe(lowest < nofile ? lowest : null);
            if (fd === null) continue;
            taken.set(fd, each);
          }
          expect(files.open).toBe([...taken.values()].filter((how) => how === 'open').length);
          const numbers = [...files.entries()].map(([fd]) => fd);
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        }
      }),
      { seed: 20_260 },
    );
  });

  it('frees nothing twice, and counts it once', () => {
    const files = opened(5, 3);
    expect([files.free(1) !== undefined, files.free(1), files.free(7), files.open]).toEqual([
      true,
      undefined,
      undefined,
      2,
    ]);
  });
});

describe('an open file', () => {
  it('is referred to by every descriptor that leads to it, until the last is freed', () => {
    const files = table(10);
    const file = new OpenFile(new Device('/dev/null', 'u'));
    for (const fd of [0, 1]) files.install(fd, new Descriptor(file, false, null));
    expect(file.refs).toBe(2);
    files.free(0);
    expect(file.refs).toBe(1);
    files.free(1);
    expect(file.refs).toBe(0);
  });

  it('is inherited under the same numbers, with the flag and where it came from', () => {
    const parent = table(10);
    const child = table(10);
    open(parent);
    open(parent);
    open(parent, true);
    parent.free(1);
    parent.inheritTo(child, 77);
    const inherited = [...child.entries()].map(([fd, descriptor]) => [fd, descriptor.state()] as const);
    expect(inherited).toMatchObject([
      [0, { close_on_exec: false, inherited_from: 77 }],
      [2, { close_on_exec: true, inherited_from: 77 }],
    ]);
    for (const fd of [0, 2]) expect(child.get(fd)?.open).toBe(parent.get(fd)?.open);
    expect([parent.get(0)?.open.refs, child.open, child.alloc()]).toEqual([2, 2, 1]);
    parent.free(0);
    expect(child.get(0)?.open.refs).toBe(1);
  });
});

describe('a descriptor', () => {
  it('tells its flags as they are now', () => {
    const device = new Device('/dev/null', 'w');
    const descriptor = new Descriptor(new OpenFile(device), false, null);
    const before = descriptor.state();
    expect(descriptor.state()).toBe(before);
    device.nonblocking = true;
    descriptor.closeOnExec = true;
    expect(descriptor.state()).toEqual({
      file: { kind: 'device', path: '/dev/null', mode: 'w' },
      close_on_exec: true,
      nonblocking: true,
      inherited_from: null,
    });
    expect(before).toMatchObject({ close_on_exec: false, nonblocking: false });
  });
});
