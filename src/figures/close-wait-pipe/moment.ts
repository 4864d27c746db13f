/** The chain at one moment, read from the trace: who waits where, and where it stops. */
import type { ClientsState } from '#simulations/incidents/close-wait-pipe/clients.ts';
import { statusOf, type ThreadStatus } from '#simulations/incidents/close-wait-pipe/thread-states.ts';
import { socketAt, socketCount, threadOf } from '#simulations/machine/lookups.ts';
import type { Alike, ProcessState, TcpStateName, ThreadState } from '#simulations/machine/state.ts';
import type { SshChannelState } from '#simulations/userland/ssh-channel.ts';
import type { Slot } from '../../views/pipe-slots.ts';
import { slotsOf, strandedBytes } from '../pipe-buffer/moment.ts';
import { logPipe, type PileUp, type PileUpWorld, serverOf } from './pile-up.ts';

export interface Thread {
  readonly name: string;
  readonly status: ThreadStatus;
  /** In write(), on the pipe. */
  readonly isAsleep: boolean;
  readonly isDead: boolean;
  /** In the middle of a request, and not asleep. */
  readonly isBusy: boolean;
  /** It has a request; without one, what it writes is about accept(). */
  readonly hasRequest: boolean;
  /** Since when it has been in the call that it sleeps in. */
  readonly since_us: number;
  /** The kernel function that it sleeps in, or null. */
  readonly wchan: string | null;
}

/** What is at the other end: reads, holds its end and does not, is gone. */
export type Reading = 'reads' | 'holds' | 'gone';

export interface Chain {
  readonly clients: ClientsState;
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
  readonly ssh: SshChannelState | null;
  /** The connections, counted by what ss shows of them. */
  readonly census: readonly Alike[];
}

/** Descriptors that no connection can have: standard input, output and error, and the listener. */
const TAKEN = 4;
const LISTENER_FD = 3;

function threadFrom(state: ThreadState): Thread {
  const status = statusOf(state);
  const hasRequest = state.frames.some(({ function: name }) => name === 'handle');
  return {
    name: state.name,
    status,
    isAsleep: status === 'asleep in write()',
    isDead: status === 'dead',
    isBusy: status === 'working' && hasRequest,
    hasRequest,
    since_us: state.call?.since_us ?? 0,
    wchan: state.call?.wchan ?? null,
  };
}

export const hasPool = ({ parameters }: PileUp): boolean => parameters.accepting === 'pool';

/** The server's process. */
export function processOf(world: PileUpWorld): ProcessState {
  const main = threadOf(serverOf(world), 'main');
  if (!main) throw new Error('the server was not started');
  return main.process;
}

/** The threads that work on requests. */
export function workersOf(trace: PileUp, world: PileUpWorld): Thread[] {
  const threads = [...processOf(world).threads.values()].map(threadFrom);
  return hasPool(trace) ? threads.filter(({ name }) => name !== 'main') : threads;
}

/** The thread whose states are drawn: worker 1, or the only one. */
export function shownThread(world: PileUpWorld): Thread {
  const [main, worker] = processOf(world).threads.values();
  const shown = worker ?? main;
  if (!shown) throw new Error('the server has no thread');
  return threadFrom(shown);
}

export const asleepIn = (trace: PileUp, world: PileUpWorld): number =>
  workersOf(trace, world).filter(({ isAsleep }) => isAsleep).length;

/** A reader that sleeps elsewhere than in read() holds its end and does not read. */
function readingIn(world: PileUpWorld): Reading {
  if (logPipe(world).readers === 0) return 'gone';
  const server = serverOf(world);
  const reader = threadOf(server, 'sshd') ?? threadOf(server, 'reader');
  const call = reader?.thread.call?.name ?? 'read';
  return call === 'read' ? 'reads' : 'holds';
}

/** Connections that the pool's queue may hold before the descriptors are used up. */
export const poolRoom = ({ parameters }: PileUp): number =>
  Math.max(0, parameters.nofile - TAKEN - parameters.workers);

/** How many of the server's connections are in a state. */
export const connectionsIn = (world: PileUpWorld, state: TcpStateName): number =>
  socketCount(serverOf(world).census, state);

export function chainAt(trace: PileUp, index: number): Chain {
  const world = trace.worldAt(index);
  const { clients, pool_queue, channel } = world.programs;
  const { log_bytes, backlog } = trace.parameters;
  const server = serverOf(world);
  const process = processOf(world);
  const listener = socketAt(server, process, LISTENER_FD);
  const pipe = logPipe(world);
  const slots = slotsOf(pipe, log_bytes);
  const workers = workersOf(trace, world);
  const [main] = process.threads.values();
  if (!main) throw new Error('the server has no thread');
  return {
    clients,
    accept: {
      waiting: listener?.recv_q_bytes ?? 0,
      room: (listener?.send_q_bytes ?? backlog) + 1,
      isListening: listener?.state === 'LISTEN',
    },
    main: threadFrom(main),
    pool: hasPool(trace) ? { waiting: pool_queue, room: poolRoom(trace) } : null,
    workers,
    asleep: workers.filter(({ isAsleep }) => isAsleep).length,
    pipe: {
      slots,
      oldest: pipe.newest === null ? null : pipe.tail,
      newest: pipe.newest,
      used: pipe.used_slots,
      stranded_bytes: strandedBytes(pipe, log_bytes),
      isFull: slots.every((slot) => slot !== null && slot.room_bytes === 0),
    },
    reading: readingIn(world),
    ssh: channel ?? null,
    census: server.census,
  };
}

/** The most that a level reaches in a run. */
export const most = (trace: PileUp, at: (world: PileUpWorld) => number): number =>
  trace.events.reduce((highest, { index }) => Math.max(highest, at(trace.worldAt(index))), 0);
