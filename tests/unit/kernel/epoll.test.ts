import { describe, expect, it } from 'vitest';
import type { Json } from '#simulations/engine/json.ts';
import { SILENT } from '#simulations/machine/narrator.ts';
import { type Hand, Lab } from '../machine/lab.ts';

const EP = 3;
/** Ends of two pipes. */
const [R1, W1, R2, W2] = [4, 5, 6, 7];

/** A process with an epoll instance, 3, and two pipes. */
function watching() {
  const lab = new Lab();
  const process = lab.process();
  const hand = lab.hand(process);
  hand.call('epoll_create1');
  hand.call('pipe2');
  hand.call('pipe2');
  return { lab, process, hand };
}

type Op = 'ADD' | 'MOD' | 'DEL';
const control = (hand: Hand, op: Op, fd: number, ...events: string[]) =>
  hand.call('epoll_ctl', { epfd: EP, op: `EPOLL_CTL_${op}`, fd, events });
const write = (hand: Hand, fd: number, bytes = 1) => hand.call('write', { fd, bytes });

/** What is ready now: `4 POLLIN`. */
function ready(hand: Hand, maxevents = 10): string[] {
  const { events } = hand.out('epoll_wait', { epfd: EP, maxevents, timeout_ms: 0 });
  return (events as readonly { fd: number; events: readonly string[] }[]).map(
    ({ fd, events }) => `${fd} ${events.join('|')}`,
  );
}

describe('a descriptor that is watched by level', () => {
  it('is told as long as it is ready, and no longer', () => {
    const { hand } = watching();
    control(hand, 'ADD', R1, 'POLLIN');
    expect(ready(hand)).toEqual([]);
    write(hand, W1, 10);
    expect([ready(hand), ready(hand)]).toEqual([[`${R1} POLLIN`], [`${R1} POLLIN`]]);
    hand.call('read', { fd: R1, bytes: 10 });
    expect(ready(hand)).toEqual([]);
  });

  it('is told of the end of the other side, asked for or not', () => {
    const { hand } = watching();
    control(hand, 'ADD', R1);
    control(hand, 'ADD', W2);
    hand.call('close', { fd: W1 });
    hand.call('close', { fd: R2 });
    expect(ready(hand)).toEqual([`${R1} POLLHUP`, `${W2} POLLERR`]);
  });
});

describe('a descriptor that is watched by edge', () => {
  it('is told once for each arrival, whether it was read empty or not', () => {
    const { hand } = watching();
    control(hand, 'ADD', R1, 'POLLIN', 'EPOLLET');
    write(hand, W1, 10);
    expect([ready(hand), ready(hand)]).toEqual([[`${R1} POLLIN`], []]);
    hand.call('read', { fd: R1, bytes: 4 });
    expect(ready(hand)).toEqual([]);
    write(hand, W1, 1);
    expect([ready(hand), ready(hand)]).toEqual([[`${R1} POLLIN`], []]);
  });

  it('is told of what was there before it was added', () => {
    const { hand } = watching();
    write(hand, W1);
    control(hand, 'ADD', R1, 'POLLIN', 'EPOLLET');
    expect([ready(hand), ready(hand)]).toEqual([[`${R1} POLLIN`], []]);
  });

  it('is told again of what is still there when it is asked for anew', () => {
    const { hand } = watching();
    write(hand, W1);
    control(hand, 'ADD', R1, 'POLLIN', 'EPOLLET');
    void ready(hand);
    control(hand, 'MOD', R1, 'POLLIN', 'EPOLLET');
    expect(ready(hand)).toEqual([`${R1} POLLIN`]);
  });
});

describe('a descriptor that is watched once', () => {
  it('is told once, and then not before it is asked for again', () => {
    const { hand } = watching();
    control(hand, 'ADD', R1, 'POLLIN', 'EPOLLONESHOT');
    write(hand, W1);
    expect([ready(hand), ready(hand)]).toEqual([[`${R1} POLLIN`], []]);
    write(hand, W1);
    hand.call('close', { fd: W1 });
    expect(ready(hand)).toEqual([]);
    control(hand, 'MOD', R1, 'POLLIN', 'EPOLLONESHOT');
    expect([ready(hand), ready(hand)]).toEqual([[`${R1} POLLIN|POLLHUP`], []]);
  });
});

describe('epoll_wait()', () => {
  const wait = (hand: Hand, timeout_ms: number) =>
    hand.call('epoll_wait', { epfd: EP, maxevents: 10, timeout_ms });

  it('sleeps until one of them is ready, and tells all that are', () => {
    const { lab, process, hand } = watching();
    const told: (readonly [number, Json | undefined])[] = [];
    control(hand, 'ADD', R1, 'POLLIN');
    control(hand, 'ADD', R2, 'POLLIN');
    const waiter = lab.hand(process);
    process.narrator.returned = (thread, _call, { out }) => {
      if (thread === waiter.thread) told.push([lab.clock.now_us / 1000, out?.events]);
    };
    expect(wait(waiter, -1)).toBe('sleeps');
    expect(waiter.thread.state().call).toMatchObject({ wchan: 'do_epoll_wait', deadline_us: null });
    lab.wait(5);
    hand.thread.make({ name: 'write', args: { fd: W2, bytes: 1 } });
    hand.thread.make({ name: 'write', args: { fd: W1, bytes: 1 } });
    lab.wait(1);
    expect(told).toEqual([
      [
        5,
        [
          { fd: R2, events: ['POLLIN'] },
          { fd: R1, events: ['POLLIN'] },
        ],
      ],
    ]);
  });

  it('returns 0 when its time is up', () => {
    const { lab, hand } = watching();
    control(hand, 'ADD', R1, 'POLLIN');
    expect(wait(hand, 20)).toBe('sleeps');
    lab.wait(19);
    expect(hand.thread.status).toBe('asleep');
    lab.wait(1);
    expect(hand.thread.status).toBe('running');
  });

  it('hears of a descriptor that is ready when it is added meanwhile', () => {
    const { lab, process, hand } = watching();
    write(hand, W1);
    const waiter = lab.hand(process);
    wait(waiter, -1);
    control(hand, 'ADD', R1, 'POLLIN');
    expect(waiter.thread.status).toBe('running');
  });

  it('tells no more than it is asked for, and the others first the next time', () => {
    const { hand } = watching();
    for (const fd of [W1, W2]) control(hand, 'ADD', fd, 'POLLOUT');
    const one = () => ready(hand, 1);
    expect([one(), one(), one(), one()]).toEqual([W1, W2, W1, W2].map((fd) => [`${fd} POLLOUT`]));
    expect(ready(hand, 2)).toHaveLength(2);
  });

  it('tells first who was ready first', () => {
    const { hand } = watching();
    for (const fd of [R1, R2]) control(hand, 'ADD', fd, 'POLLIN');
    write(hand, W2);
    write(hand, W1);
    expect(ready(hand)).toEqual([`${R2} POLLIN`, `${R1} POLLIN`]);
  });

  it('needs room for one at least, and an epoll instance: EINVAL; one that is open: EBADF', () => {
    const { hand } = watching();
    const waits = [
      { epfd: EP, maxevents: 0, timeout_ms: 0 },
      { epfd: R1, maxevents: 1, timeout_ms: 0 },
      { epfd: 99, maxevents: 1, timeout_ms: 0 },
    ];
    expect(waits.map((args) => hand.call('epoll_wait', args))).toEqual(['EINVAL', 'EINVAL', 'EBADF']);
  });
});

describe('epoll_ctl()', () => {
  it('adds what is not there, changes and removes what is: EEXIST, ENOENT', () => {
    const { hand } = watching();
    expect(control(hand, 'MOD', R1, 'POLLIN')).toBe('ENOENT');
    expect(control(hand, 'DEL', R1)).toBe('ENOENT');
    expect(control(hand, 'ADD', R1, 'POLLIN')).toBe(0);
    expect(control(hand, 'ADD', R1, 'POLLIN')).toBe('EEXIST');
    expect(control(hand, 'DEL', R1)).toBe(0);
    write(hand, W1);
    expect(ready(hand)).toEqual([]);
  });

  it('knows open descriptors other than its own: EBADF, EINVAL', () => {
    const { hand } = watching();
    expect([control(hand, 'ADD', 99, 'POLLIN'), control(hand, 'ADD', EP, 'POLLIN')]).toEqual([
      'EBADF',
      'EINVAL',
    ]);
  });

  it('shows in the snapshot whom it watches', () => {
    const { lab, hand } = watching();
    control(hand, 'ADD', R2, 'POLLIN');
    control(hand, 'ADD', R1, 'POLLIN');
    const [process] = lab.now().processes.values();
    expect(process?.fds.get(EP)?.file).toMatchObject({ kind: 'epoll', watches: [R2, R1] });
  });
});

describe('a descriptor that is closed', () => {
  it('is watched no more: it wakes nobody, and the number can be added again', () => {
    const { hand } = watching();
    control(hand, 'ADD', R1, 'POLLIN');
    write(hand, W1);
    hand.call('close', { fd: R1 });
    expect(ready(hand)).toEqual([]);
    expect(hand.call('socket')).toBe(R1);
    expect(control(hand, 'ADD', R1, 'POLLIN')).toBe(0);
  });

  it('is watched on while another process has the file', () => {
    const { lab, process, hand } = watching();
    control(hand, 'ADD', R1, 'POLLIN');
    const child = lab.hand(lab.machine().fork(process, { pid: 2, comm: 'child', narrator: SILENT }));
    hand.call('close', { fd: R1 });
    write(hand, W1);
    expect(ready(hand)).toEqual([`${R1} POLLIN`]);
    child.call('close', { fd: R1 });
    expect(ready(hand)).toEqual([]);
  });
});
