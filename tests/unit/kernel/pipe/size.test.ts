import { describe, expect, it } from 'vitest';
import { Pipe } from '#simulations/kernel/pipe/pipe.ts';
import { roundPipeSize } from '#simulations/kernel/pipe/size.ts';
import { PipeUser } from '#simulations/kernel/pipe/user.ts';
import { PipeWrite } from '#simulations/kernel/pipe/write.ts';
import { KERNELS } from '#simulations/kernel/profile.ts';

const open = (user: PipeUser) => new Pipe(user, KERNELS['6.12']);

describe('a size that is asked for', () => {
  it.each([
    [0, 4096],
    [1, 4096],
    [4096, 4096],
    [4097, 8192],
    [65_536, 65_536],
    [100_000, 131_072],
    [1_048_577, 2_097_152],
    [2 ** 31, 2 ** 31],
    [2 ** 31 + 1, 0],
  ])('of %i is rounded to %i', (asked, rounded) => {
    expect(roundPipeSize(asked)).toBe(rounded);
  });

  it.each([
    [1_048_576, 1_048_576, null],
    [1_048_577, 65_536, 'EPERM'],
    [2 ** 32 - 1, 65_536, 'EINVAL'],
  ])('of %i gives an ordinary user %i bytes and %s', (asked, size_bytes, errno) => {
    expect(open(new PipeUser()).resize(asked)).toMatchObject({ size_bytes, errno });
  });

  it('above pipe-max-size is granted to a privileged user', () => {
    expect(open(new PipeUser({ privileged: true })).resize(1_048_577)).toMatchObject({
      size_bytes: 2_097_152,
      errno: null,
    });
  });

  it('below what is in use is refused with EBUSY, counted in slots', () => {
    const pipe = open(new PipeUser());
    new PipeWrite(pipe, 4097, true).run();
    expect(pipe.resize(4096)).toMatchObject({ errno: 'EBUSY', size_bytes: 65_536 });
    expect(pipe.resize(8192)).toMatchObject({ errno: null, size_bytes: 8192 });
    expect(pipe.fill).toBe('full');
  });

  it('keeps the data where the ring had wrapped around', () => {
    const pipe = open(new PipeUser());
    for (let i = 0; i < 20; i++) {
      new PipeWrite(pipe, 4096, true).run();
      if (i < 18) pipe.read(4096);
    }
    new PipeWrite(pipe, 7, true).run();
    pipe.resize(131_072);
    expect(pipe.read(1_000_000).ret).toBe(2 * 4096 + 7);
  });

  it('that makes room wakes a writer', () => {
    const pipe = open(new PipeUser());
    new PipeWrite(pipe, 65_536, true).run();
    const woken: string[] = [];
    pipe.wr_wait.add({ tid: 1, name: 'a', exclusive: true, wake: () => woken.push('a') });
    pipe.resize(131_072);
    expect(woken).toEqual(['a']);
  });
});

describe('the soft limit of 16,384 pages', () => {
  it('gives the 1,025th pipe of a user two slots, and a privileged user 16', () => {
    const slots = (user: PipeUser) => {
      for (let i = 0; i < 1024; i++) expect(open(user).ring.slots).toBe(16);
      return open(user).ring.slots;
    };
    expect(slots(new PipeUser())).toBe(2);
    expect(slots(new PipeUser({ privileged: true }))).toBe(16);
  });

  it('lets a small pipe shrink and not grow, until others are closed', () => {
    const user = new PipeUser({ pipe_bufs: 16_384 });
    const pipe = open(user);
    expect(pipe.resize(65_536)).toMatchObject({ errno: 'EPERM', size_bytes: 8192 });
    expect(pipe.resize(4096)).toMatchObject({ errno: null, size_bytes: 4096 });
    expect(pipe.resize(8192)).toMatchObject({ errno: 'EPERM', size_bytes: 4096 });
    user.free(32);
    expect(pipe.resize(65_536)).toMatchObject({ errno: null, size_bytes: 65_536 });
  });

  it('counts a pipe no more once both its ends are closed', () => {
    const user = new PipeUser();
    const pipe = open(user);
    pipe.release('write');
    expect(user.pipe_bufs).toBe(16);
    pipe.release('read');
    expect(user.pipe_bufs).toBe(0);
  });
});
