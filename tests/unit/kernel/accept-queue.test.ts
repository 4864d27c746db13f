import { describe, expect, it } from 'vitest';
import { AcceptQueue } from '#simulations/kernel/accept-queue.ts';
import { DEFAULT_SYSCTLS } from '#simulations/machine/sysctl.ts';

const { somaxconn } = DEFAULT_SYSCTLS;

/** Connections that go in until the queue is full. */
function fill(backlog: number): AcceptQueue<number> {
  const queue = new AcceptQueue<number>(backlog, somaxconn);
  for (let i = 0; !queue.isFull; i++) queue.add(i);
  return queue;
}

describe('an accept queue', () => {
  it.each([
    [0, 1],
    [1, 2],
    [5, 6],
    [128, 129],
  ])('with a backlog of %i is full at %i', (backlog, most) => {
    expect(fill(backlog).sk_ack_backlog).toBe(most);
  });

  it('is no longer than somaxconn allows, whatever listen() asks for', () => {
    const queue = fill(100_000);
    expect([queue.sk_max_ack_backlog, queue.sk_ack_backlog]).toEqual([somaxconn, somaxconn + 1]);
  });

  it('has room again as soon as one connection is accepted, and gives the oldest first', () => {
    const queue = fill(2);
    expect([queue.take(), queue.isFull]).toEqual([0, false]);
    queue.add(3);
    expect(queue.isFull).toBe(true);
    expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([1, 2, 3, undefined]);
  });
});
