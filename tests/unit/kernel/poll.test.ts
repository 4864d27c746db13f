import { describe, expect, it } from 'vitest';
import { sys } from '#simulations/machine/calls.ts';
import type { PollEvent } from '#simulations/machine/file.ts';
import { type Hand, Lab } from '../machine/lab.ts';

const IN: readonly PollEvent[] = ['POLLIN'];
const OUT: readonly PollEvent[] = ['POLLOUT'];

/** A process with three pipes: read ends 3, 5 and 7, write ends 4, 6 and 8. One hand waits, the other acts. */
function threePipes() {
  const lab = new Lab();
  const process = lab.process();
  const other = lab.hand(process);
  for (let i = 0; i < 3; i++) other.call('pipe2');
  const returned: string[] = [];
  const waiter = lab.hand(process);
  process.narrator.returned = (thread, call, { value, out = {} }, blocked_us) => {
    if (thread === waiter.thread)
      returned.push(
        `${lab.clock.now_us / 1000} ${call.name} ${value} ${JSON.stringify(out)} ${blocked_us / 1000}`,
      );
  };
  return { lab, process, other, waiter, returned };
}

const poll = (
  hand: Hand,
  fds: readonly (readonly [fd: number, events: readonly PollEvent[]])[],
  timeout_ms: number,
) => hand.call('poll', { fds: fds.map(([fd, events]) => ({ fd, events })), timeout_ms });

describe('poll() on several descriptors', () => {
  it('tells of each what it has, in their order, and counts those that have something', () => {
    const { other, waiter, returned } = threePipes();
    other.call('write', { fd: 6, bytes: 10 });
    expect(
      poll(
        waiter,
        [
          [3, IN],
          [5, IN],
          [4, OUT],
          [7, [...IN, ...OUT]],
        ],
        -1,
      ),
    ).toBe(2);
    expect(returned).toEqual(['0 poll 2 {"revents":[[],["POLLIN"],["POLLOUT"],[]]} 0']);
  });

  it('sleeps until one of them has something, and is woken once', () => {
    const { lab, other, waiter, returned } = threePipes();
    expect(
      poll(
        waiter,
        [
          [3, IN],
          [5, IN],
          [7, IN],
        ],
        -1,
      ),
    ).toBe('sleeps');
    expect(waiter.thread.state().call).toMatchObject({
      name: 'poll',
      wchan: 'poll_schedule_timeout.constprop.0',
      deadline_us: null,
    });
    lab.wait(7);
    other.call('write', { fd: 8, bytes: 1 });
    other.call('write', { fd: 4, bytes: 1 });
    lab.wait(1);
    expect(returned).toEqual(['7 poll 1 {"revents":[[],[],["POLLIN"]]} 7']);
  });

  it('is not woken by what it does not ask for, but is by the end of the other side', () => {
    const { lab, other, waiter, returned } = threePipes();
    expect(
      poll(
        waiter,
        [
          [3, []],
          [6, []],
        ],
        -1,
      ),
    ).toBe('sleeps');
    other.call('write', { fd: 4, bytes: 1 });
    lab.wait(1);
    expect(returned).toEqual([]);
    other.call('close', { fd: 5 });
    lab.wait(1);
    expect(returned).toEqual(['1 poll 1 {"revents":[[],["POLLERR"]]} 1']);
    other.call('close', { fd: 4 });
    poll(waiter, [[3, []]], -1);
    expect(returned[1]).toBe('2 poll 1 {"revents":[["POLLHUP"]]} 0');
  });

  it('returns 0 when its time is up, to the microsecond, and hears nothing more', () => {
    const { lab, other, waiter, returned } = threePipes();
    poll(
      waiter,
      [
        [3, IN],
        [5, IN],
      ],
      250,
    );
    lab.wait(1000);
    other.call('write', { fd: 4, bytes: 1 });
    lab.wait(1);
    expect(returned).toEqual(['250 poll 0 {"revents":[[],[]]} 250']);
  });

  it('with a time of 0 looks, and does not sleep', () => {
    const { waiter, returned } = threePipes();
    expect(poll(waiter, [[3, IN]], 0)).toBe(0);
    expect(returned).toEqual(['0 poll 0 {"revents":[[]]} 0']);
  });

  it('reports a descriptor that is not open as POLLNVAL at once, and leaves a negative one alone', () => {
    const { waiter, returned } = threePipes();
    expect(
      poll(
        waiter,
        [
          [3, IN],
          [99, IN],
          [-1, IN],
        ],
        -1,
      ),
    ).toBe(1);
    expect(returned).toEqual(['0 poll 1 {"revents":[[],["POLLNVAL"],[]]} 0']);
    expect(poll(waiter, [[-1, IN]], 40)).toBe('sleeps');
  });

  it('may name a descriptor twice', () => {
    const { other, waiter, returned } = threePipes();
    other.call('write', { fd: 4, bytes: 1 });
    expect(
      poll(
        waiter,
        [
          [3, IN],
          [3, IN],
        ],
        -1,
      ),
    ).toBe(2);
    expect(returned).toEqual(['0 poll 2 {"revents":[["POLLIN"],["POLLIN"]]} 0']);
  });

  it('wakes all that poll, and one that sleeps in read()', () => {
    const { lab, process, other, waiter, returned } = threePipes();
    const [second, reader] = [lab.hand(process), lab.hand(process)];
    poll(waiter, [[3, IN]], -1);
    poll(second, [[3, IN]], -1);
    reader.call('read', { fd: 3, bytes: 10 });
    other.call('write', { fd: 4, bytes: 1 });
    lab.wait(1);
    // Who polls is asked first: it stands before the readers in the queue.
    expect(returned).toEqual(['0 poll 1 {"revents":[["POLLIN"]]} 0']);
    expect([second, reader].map(({ thread }) => thread.status)).toEqual(['running', 'running']);
  });
});

describe('a wake-up that comes when the call has returned already', () => {
  it('does not end the next call of the thread', () => {
    const lab = new Lab();
    const process = lab.process();
    const hand = lab.hand(process);
    hand.call('pipe2');
    hand.call('pipe2');
    lab.run(function* (say) {
      const fds = [3, 5].map((fd) => ({ fd, events: IN }));
      say('poll', (yield* sys.poll(fds, -1)).value);
      say('sleep', (yield* sys.nanosleep(10)).errno);
    }, process);
    lab.wait(5);
    // Both pipes wake the thread at the same moment.
    for (const fd of [4, 6]) hand.thread.make({ name: 'write', args: { fd, bytes: 1 } });
    lab.wait(50);
    expect(lab.log).toEqual(['5 poll 2', '15 sleep null']);
  });
});

describe('select() on several descriptors', () => {
  const select = (hand: Hand, read: number[], write: number[], timeout_ms: number) =>
    hand.call('select', { read, write, except: [], timeout_ms });

  it('leaves in its sets those that are ready, and counts one that is in two sets twice', () => {
    const { other, waiter, returned } = threePipes();
    other.call('write', { fd: 4, bytes: 1 });
    expect(select(waiter, [3, 5], [4, 6], -1)).toBe(3);
    expect(returned).toEqual(['0 select 3 {"read":[3],"write":[4,6],"except":[]} 0']);
  });

  it('is EBADF where one of them is not open', () => {
    const { waiter } = threePipes();
    expect(select(waiter, [3, 99], [], -1)).toBe('EBADF');
  });

  it('sleeps until one is ready, or its time is up and the sets are empty', () => {
    const { lab, other, waiter, returned } = threePipes();
    select(waiter, [3, 5, 7], [], 100);
    expect(waiter.thread.state().call).toMatchObject({
      wchan: 'poll_schedule_timeout.constprop.0',
      deadline_us: 100_000,
    });
    lab.wait(30);
    other.call('write', { fd: 6, bytes: 1 });
    lab.wait(1);
    select(waiter, [3, 7], [], 100);
    lab.wait(200);
    expect(returned).toEqual([
      '30 select 1 {"read":[5],"write":[],"except":[]} 30',
      '131 select 0 {"read":[],"write":[],"except":[]} 100',
    ]);
  });

  it('takes the end of a pipe for readable, and a pipe that nobody reads for writable', () => {
    const { other, waiter } = threePipes();
    other.call('close', { fd: 4 });
    other.call('close', { fd: 5 });
    expect(waiter.out('select', { read: [3], write: [6], except: [], timeout_ms: 0 })).toEqual({
      read: [3],
      write: [6],
      except: [],
    });
  });
});

describe('a listener that is polled', () => {
  it('is readable while a connection waits for accept()', () => {
    const lab = new Lab(['server', 'client'], { rtt_ms: 10 });
    const server = lab.hand();
    const fd = Number(server.call('socket', { nonblocking: true }));
    server.call('bind', { fd, port: 80 });
    server.call('listen', { fd, backlog: 4 });
    expect(poll(server, [[fd, IN]], -1)).toBe('sleeps');
    const client = lab.hand(lab.process({}, lab.machine(2)));
    client.call('socket', { nonblocking: true });
    client.call('connect', { fd: 3, address: '192.0.2.1', port: 80 });
    lab.wait(30);
    expect(server.thread.status).toBe('running');
    expect(poll(server, [[fd, IN]], 0)).toBe(1);
    expect(server.call('accept', { fd })).toBe(4);
    expect(poll(server, [[fd, IN]], 0)).toBe(0);
  });
});
