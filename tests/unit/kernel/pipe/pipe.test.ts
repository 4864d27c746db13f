import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { Pipe } from '#simulations/kernel/pipe/pipe.ts';
import type { PipeKernel } from '#simulations/kernel/pipe/profile.ts';
import { Sleeper } from '#simulations/kernel/pipe/sleeper.ts';
import { PipeUser } from '#simulations/kernel/pipe/user.ts';
import { PipeWrite } from '#simulations/kernel/pipe/write.ts';
import { KERNELS } from '#simulations/kernel/profile.ts';

const newPipe = (size_bytes = 65_536, kernel: PipeKernel = '6.18') => {
  const pipe = new Pipe(new PipeUser(), KERNELS[kernel]);
  pipe.resize(size_bytes);
  return pipe;
};
const write = (pipe: Pipe, bytes: number) => new PipeWrite(pipe, bytes, true).run();
const lengths = (pipe: Pipe) => pipe.ring.bufs.map((buf) => buf?.len ?? 0);

/** Bytes that fit when writes of one size come until one does not go through. */
function capacity(pipe: Pipe, bytes: number): number {
  while (write(pipe, bytes).end === 'done');
  return pipe.ring.held_bytes;
}

describe('a write that is smaller than a page', () => {
  it('takes a slot, and the next one merges into it', () => {
    const pipe = newPipe(8192);
    expect(write(pipe, 100)).toMatchObject({ slots: 1, merged_bytes: 0 });
    expect(write(pipe, 200)).toMatchObject({ slots: 0, merged_bytes: 200 });
    expect(lengths(pipe)).toEqual([300, 0]);
  });

  it('never lies in two slots: what the page has left is not used', () => {
    const pipe = newPipe(8192);
    write(pipe, 4000);
    expect(write(pipe, 100)).toMatchObject({ slots: 1, unused_bytes: 96 });
    expect(lengths(pipe)).toEqual([4000, 100]);
  });

  it('merges into a full pipe whose newest slot has room, although poll() does not say POLLOUT', () => {
    const pipe = newPipe(4096);
    write(pipe, 4000);
    expect(pipe.poll()).toEqual([]);
    expect(write(pipe, 96)).toMatchObject({ end: 'done', merged_bytes: 96 });
    expect(write(pipe, 1).end).toBe('full');
  });

  it('does not use the space that a read has left at the front of a page', () => {
    const pipe = newPipe(4096);
    write(pipe, 4000);
    pipe.read(3999);
    expect(pipe.ring.held_bytes).toBe(1);
    expect(write(pipe, 97).end).toBe('full');
  });
});

describe('a write that is larger than a page', () => {
  it('puts what is odd behind the newest data, and the rest into pages of its own', () => {
    const pipe = newPipe(16_384);
    write(pipe, 10);
    expect(write(pipe, 4097)).toMatchObject({ merged_bytes: 1, slots: 1 });
    expect(lengths(pipe)).toEqual([11, 4096, 0, 0]);
  });

  it('stops in the middle when no slot is left, and goes on there without merging', () => {
    const pipe = newPipe(4096);
    const long = new PipeWrite(pipe, 5000, true);
    expect(long.run()).toMatchObject({ end: 'full', bytes: 4096 });
    expect(long.left).toBe(904);
    pipe.read(4096);
    expect(long.run()).toMatchObject({ end: 'done', bytes: 904, slots: 1 });
    expect(long.ret).toBe(5000);
  });
});

describe('the capacity of 16 slots', () => {
  it.each([
    [1, 65_536],
    [100, 64_000],
    [120, 65_280],
    [2048, 65_536],
    [2049, 32_784],
    [4096, 65_536],
    [4097, 45_066],
    [65_537, 65_536],
  ])('in writes of %i bytes is %i bytes', (bytes, fits) => {
    expect(capacity(newPipe(), bytes)).toBe(fits);
  });
});

describe('a sleeping writer', () => {
  const clock = new VirtualClock();
  const asleep = (pipe: Pipe, names: readonly string[]) => {
    const log: string[] = [];
    for (const [i, name] of names.entries())
      new Sleeper({ tid: i + 1, name }, pipe, clock).sleep(
        'SLEEP',
        () => log.push(`${name} goes on`),
        () => log.push(`${name} sleeps again`),
      );
    return log;
  };

  it('is woken by the read that frees a slot, and by no read before it', () => {
    const pipe = newPipe();
    capacity(pipe, 4096);
    const log = asleep(pipe, ['a']);
    expect(pipe.read(4095)).toMatchObject({ freed: 0, woken: [] });
    clock.drain();
    expect(log).toEqual([]);
    expect(pipe.read(1)).toMatchObject({ freed: 1, woken: ['a'] });
    clock.drain();
    expect(log).toEqual(['a goes on']);
  });

  it('before Linux 6.14 is woken by every read of a full pipe, and falls back behind the others', () => {
    const pipe = newPipe(65_536, '6.12');
    capacity(pipe, 4096);
    const log = asleep(pipe, ['a', 'b']);
    pipe.read(1);
    clock.drain();
    expect(log).toEqual(['a sleeps again']);
    expect(pipe.wr_wait.names).toEqual(['b', 'a']);
  });

  it('is woken alone: the others stay where they are', () => {
    const pipe = newPipe();
    capacity(pipe, 4096);
    const log = asleep(pipe, ['a', 'b', 'c']);
    pipe.read(20_000);
    clock.drain();
    expect(log).toEqual(['a goes on']);
    expect(pipe.wr_wait.names).toEqual(['b', 'c']);
  });

  it('wakes the next when it has written all and a slot is still free', () => {
    const pipe = newPipe();
    const first = new PipeWrite(pipe, 65_537, true);
    first.run();
    asleep(pipe, ['b']);
    pipe.ring.take(4096);
    pipe.ring.take(4096);
    expect(first.run()).toMatchObject({ end: 'done', woken: ['b'] });
  });

  it('is woken when the last reader goes, all of them at once', () => {
    const pipe = newPipe();
    capacity(pipe, 4096);
    const log = asleep(pipe, ['a', 'b']);
    expect(pipe.release('read')).toEqual(['a', 'b']);
    clock.drain();
    expect(log).toEqual(['a goes on', 'b goes on']);
    expect(write(pipe, 1)).toMatchObject({ end: 'broken', bytes: 0 });
  });

  it('in poll() is woken with everybody else who polls', () => {
    const pipe = newPipe();
    capacity(pipe, 4096);
    const log: string[] = [];
    for (const [i, name] of ['a', 'b'].entries())
      new Sleeper({ tid: i + 1, name }, pipe, clock).sleep('POLL', () => log.push(name), Object);
    pipe.read(4096);
    clock.drain();
    expect(log.sort()).toEqual(['a', 'b']);
    expect(pipe.wr_wait.names).toEqual([]);
  });
});

describe('the two ends', () => {
  it('report POLLERR to a writer without a reader, and POLLOUT only while a slot is free', () => {
    const pipe = newPipe(4096);
    expect(pipe.poll()).toEqual(['POLLOUT']);
    write(pipe, 1);
    expect(pipe.poll()).toEqual([]);
    pipe.release('read');
    expect(pipe.poll()).toEqual(['POLLERR']);
  });

  it('give a reader what is left when the writers are gone, then the end of the file', () => {
    const pipe = newPipe();
    write(pipe, 10);
    pipe.release('write');
    expect(pipe.read(100).ret).toBe(10);
    expect(pipe.read(100).ret).toBe(0);
  });

  it('let a reader of an empty pipe wait', () => {
    expect(newPipe().read(1).ret).toBeNull();
  });
});
