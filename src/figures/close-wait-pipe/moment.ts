/** The chain at one moment, read from the trace: who waits where, and where it stops. */
import type { ActorState, Trace, WorldState } from '#simulations/engine/trace.ts';
import type { Slot } from '../../views/pipe-slots.ts';
import { slotsOf, strandedBytes } from '../pipe-buffer/moment.ts';

type Holder = 'accept queue' | 'pool queue' | 'thread' | 'nobody';

/** Connections that look alike in ss. */
export interface Group {
  readonly server: string;
  readonly recv_q_bytes: number;
  readonly holder: Holder;
  readonly count: number;
}

export interface Thread {
  readonly name: string;
  readonly status: string;
  /** In write(), on the pipe. */
  readonly isAsleep: boolean;
  readonly isDead: boolean;
  /** In the middle of a request, and not asleep. */
  readonly isBusy: boolean;
  /** It has a request; without one, what it writes is about accept(). */
  readonly hasRequest: boolean;
  readonly since_us: number;
}

/** What is at the other end: reads, holds its end and does not, is gone. */
export type Reading = 'reads' | 'holds' | 'gone';

export interface Chain {
  readonly clients: Readonly<
    Record<'served' | 'waiting' | 'gave_up' | 'syn_sent' | 'timed_out' | 'refused', number>
  >;
  readonly accept: { readonly waiting: number; readonly room: number; readonly isListening: boolean };
  /** The thread that accepts, and where there is a pool, only that. */
  readonly main: Thread;
  /** The pool's queue, or null without a pool. @see room what descriptors leave for it */
  readonly pool: { readonly waiting: number; readonly room: number } | null;
  /** The pool's threads, or the one thread. */
  readonly workers: readonly Thread[];
  readonly asleep: number;
  readonly pipe: {
    readonly slots: readonly (Slot | null)[];
    readonly oldest: number | null;
    readonly newest: number | null;
    readonly used: number;
    readonly stranded_bytes: number;
    /** No slot is free, and nothing merges. */
    readonly isFull: boolean;
  };
  readonly reading: Reading;
  /** sshd's channel, where there is one. */
  readonly ssh: ActorState | null;
  readonly groups: readonly Group[];
}

/** Descriptors that no connection can have: standard input, output and error, and the listener. */
const TAKEN = 4;

const threadOf = (name: string, fields: ActorState = {}): Thread => ({
  name,
  status: String(fields.status),
  isAsleep: fields.status === 'asleep in write()',
  isDead: fields.status === 'dead',
  isBusy: fields.status === 'working' && typeof fields.fd === 'number',
  hasRequest: typeof fields.fd === 'number',
  since_us: Number(fields.since_us),
});

export const hasPool = ({ parameters }: Trace): boolean => parameters.accepting === 'pool';

/** The threads that work on requests. */
export const workersOf = (trace: Trace, world: WorldState): Thread[] =>
  hasPool(trace)
    ? Array.from({ length: Number(trace.parameters.workers) }, (_, i) => {
        const name = `worker ${i + 1}`;
        return threadOf(name, world[name]);
      })
    : [threadOf('main', world.main)];

export const asleepIn = (trace: Trace, world: WorldState): number =>
  workersOf(trace, world).filter(({ isAsleep }) => isAsleep).length;

function readingAt(trace: Trace, index: number): Reading {
  const { reader, recovers_at_s } = trace.parameters;
  const { pipe, sshd } = trace.stateAt(index);
  if (reader === 'none' || pipe?.readers === 'closed') return 'gone';
  if (reader === 'draining') return 'reads';
  const recovers_us = Number(recovers_at_s) * 1e6;
  const hasRecovered = recovers_us > 0 && (trace.events[index]?.at_us ?? 0) >= recovers_us;
  return (hasRecovered && reader !== 'dies') || sshd?.reads === true ? 'reads' : 'holds';
}

/** Connections that the pool's queue may hold before the descriptors are used up. */
export const poolRoom = ({ parameters }: Trace): number =>
  Math.max(0, Number(parameters.nofile) - TAKEN - Number(parameters.workers));

export const groupsOf = ({ connections = {} }: WorldState): readonly Group[] =>
  (connections.groups ?? []) as unknown as readonly Group[];

/** How many of one state and where. */
export const sum = (groups: readonly Group[]): number =>
  groups.reduce((total, { count }) => total + count, 0);

export function chainAt(trace: Trace, index: number): Chain {
  const world = trace.stateAt(index);
  const { clients = {}, connections = {}, pipe = {}, sshd } = world;
  const write_bytes = Number(trace.parameters.log_bytes);
  const slots = slotsOf(pipe, write_bytes);
  const workers = workersOf(trace, world);
  const number = (name: string) => Number(clients[name]);
  return {
    clients: {
      served: number('served'),
      waiting: number('waiting'),
      gave_up: number('gave_up'),
      syn_sent: number('syn_sent'),
      timed_out: number('timed_out'),
      refused: number('refused'),
    },
    accept: {
      waiting: Number(connections.accept_queue),
      room: Number(connections.sk_max_ack_backlog) + 1,
      isListening: connections.listening === true,
    },
    main: threadOf('main', world.main),
    pool: hasPool(trace) ? { waiting: Number(connections.pool_queue), room: poolRoom(trace) } : null,
    workers,
    asleep: workers.filter(({ isAsleep }) => isAsleep).length,
    pipe: {
      slots,
      oldest: pipe.newest === null ? null : Number(pipe.tail),
      newest: pipe.newest === null ? null : Number(pipe.newest),
      used: Number(pipe.used_slots),
      stranded_bytes: strandedBytes(pipe, write_bytes),
      isFull: slots.every((slot) => slot !== null && slot.room_bytes === 0),
    },
    reading: readingAt(trace, index),
    ssh: sshd ?? null,
    groups: groupsOf(world),
  };
}

/** The most that a level reaches in a run. */
export const most = (trace: Trace, at: (world: WorldState) => number): number =>
  trace.events.reduce((highest, { index }) => Math.max(highest, at(trace.stateAt(index))), 0);
