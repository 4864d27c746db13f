/** Whether each link hands on to the next, and in a few words where it stops and what that does. */
import type { Chain } from './moment.ts';

export interface Flow {
  /** A SYN is taken into the accept queue. */
  readonly clients: boolean;
  /** Somebody accepts. */
  readonly accept: boolean;
  /** What is accepted is handed on. */
  readonly main: boolean;
  /** A worker takes what waits in the pool's queue. */
  readonly pool: boolean;
  /** A write is taken, or fails at once. */
  readonly workers: boolean;
  /** Somebody reads. */
  readonly pipe: boolean;
  readonly isStopped: boolean;
}

export function flowOf({ accept, main, pool, workers, asleep, pipe, reading }: Chain): Flow {
  const stands = main.isAsleep || main.isDead || main.status === 'resting';
  const writes = !main.isDead && (!pipe.isFull || reading !== 'holds');
  return {
    clients: accept.isListening && accept.waiting < accept.room,
    accept: !stands,
    main: pool ? !stands : writes,
    pool: asleep < workers.length && !main.isDead,
    workers: writes,
    pipe: reading === 'reads',
    isStopped: asleep > 0 || main.isDead,
  };
}

/** Short enough for a phone: where it stops, and what that does. */
export function headline({
  accept,
  main,
  pool,
  workers,
  asleep,
  pipe,
  reading,
  ssh,
}: Chain): readonly [string, string] {
  if (main.isDead) return ['SIGPIPE has killed the server', 'clients are refused at once'];
  if (asleep > 0) {
    const where = pipe.isFull ? 'It stops at the pipe, which is full' : 'The sleepers are about to go on';
    if (accept.waiting >= accept.room) return [where, 'nobody accepts, SYNs are dropped'];
    if (main.isAsleep) return [where, 'nobody works, nobody accepts'];
    if (asleep < workers.length) return [where, `${asleep} of ${workers.length} workers asleep in write()`];
    return [
      where,
      pool && pool.waiting > 0 ? 'all workers asleep, the queue grows' : 'all workers asleep in write()',
    ];
  }
  if (reading === 'gone') return ['Nobody holds the read end', 'write() fails at once, requests are served'];
  if (reading === 'reads' && ssh?.reads)
    return ['Everything flows, for now', 'sshd swallows the log for an ssh that stopped'];
  if (reading === 'reads') return ['Everything flows', 'each request is logged and answered'];
  return ['Nobody reads: the pipe fills', 'requests are served, for now'];
}
