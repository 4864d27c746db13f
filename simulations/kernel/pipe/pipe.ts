/**
 * A pipe (`struct pipe_inode_info`): the ring, who sleeps at it, and what read, poll and F_SETPIPE_SZ do
 * (`pipe_read`, `pipe_poll`, `pipe_set_size`, `pipe_release` in `fs/pipe.c`). Writing is in `write.ts`.
 *
 * Left out: the mutex (a call runs until it ends or sleeps), non-blocking reads, watch queues, FIFOs, which have a
 * name and an open() that waits.
 */
import { Chart } from '../../engine/chart.ts';
import type { Inode, PipeState } from '../../machine/state.ts';
import type { KernelMark } from '../../trace/event.ts';
import type { Cell, Shelf, Source } from '../../trace/history.ts';
import { type Waiter, WaitQueue } from '../wait-queue.ts';
import { Ring } from './ring.ts';
import { PAGE_SIZE_bytes } from './size.ts';
import { type PipeActions, pipeMachine } from './states.ts';
import type { Granted, PipeUser } from './user.ts';

/** What a read did. */
export interface PipeRead {
  /** Bytes read; 0 is the end of the file; null when there is nothing and the reader must sleep. */
  readonly ret: number | null;
  /** Slots that it freed. */
  readonly freed: number;
  /** Whether the pipe had been full before it. */
  readonly wasFull: boolean;
  /** Writers that it woke. */
  readonly woken: readonly string[];
}

/** What F_SETPIPE_SZ gave. */
export interface PipeResize {
  /** The size in force afterwards. */
  readonly size_bytes: number;
  readonly errno: 'EINVAL' | 'EPERM' | 'EBUSY' | null;
  readonly mark: KernelMark;
}

export class Pipe implements PipeActions, Source<PipeState> {
  readonly inode: Inode;
  readonly ring: Ring;
  readonly rd_wait = new WaitQueue();
  readonly wr_wait = new WaitQueue();
  readonly wakesWhileFull: boolean;
  /** Why it has as many slots as it has. */
  readonly granted: Granted;
  readonly #user: PipeUser;
  readonly #chart: Chart;
  readonly #cell: Cell<PipeState> | null;
  #woken: readonly string[] = [];
  /** `poll_usage`: somebody has polled it, and hears of every write from then on. */
  #isPolled = false;

  /** @param shelf where the trace keeps it, if anywhere */
  constructor(
    user: PipeUser,
    kernel: { readonly wakesWhileFull: boolean },
    inode: Inode = 0,
    shelf: Shelf<Inode, PipeState> | null = null,
  ) {
    this.inode = inode;
    const granted = user.allocate();
    this.granted = granted;
    this.#user = user;
    this.ring = new Ring(granted.slots);
    this.wakesWhileFull = kernel.wakesWhileFull;
    this.#chart = new Chart(pipeMachine, { pipe: this as PipeActions });
    this.#cell = shelf?.open(inode, this) ?? null;
  }

  get isEmpty(): boolean {
    return this.ring.isEmpty;
  }

  get isFull(): boolean {
    return this.ring.isFull;
  }

  /** F_GETPIPE_SZ. */
  get size_bytes(): number {
    return this.ring.slots * PAGE_SIZE_bytes;
  }

  /** Where its statechart stands: `empty`, `holding` or `full`. */
  get fill(): string {
    return this.#chart.state('ring');
  }

  /** Bytes that it could hold more if every byte of every page counted. A pipe can be full long before it is 0. */
  get free_bytes(): number {
    return this.size_bytes - this.ring.held_bytes;
  }

  /** Whether somebody holds the read end. */
  get hasReaders(): boolean {
    return this.#chart.state('readers') === 'open';
  }

  /** Whether somebody holds the write end. */
  get hasWriters(): boolean {
    return this.#chart.state('writers') === 'open';
  }

  /** `pipe_writable`: what a sleeping writer waits for. */
  get isWritable(): boolean {
    return !this.isFull || !this.hasReaders;
  }

  /** `pipe_poll` on the read end. */
  pollToRead(): readonly ('POLLIN' | 'POLLHUP')[] {
    this.#isPolled = true;
    return [
      ...(this.isEmpty ? [] : (['POLLIN'] as const)),
      ...(this.hasWriters ? [] : (['POLLHUP'] as const)),
    ];
  }

  /** `pipe_poll` on the write end. */
  poll(): readonly ('POLLOUT' | 'POLLERR')[] {
    this.#isPolled = true;
    return [
      ...(this.isFull ? [] : (['POLLOUT'] as const)),
      ...(this.hasReaders ? [] : (['POLLERR'] as const)),
    ];
  }

  /** `pipe_read`. @param total_len at least 1 */
  read(total_len: number): PipeRead {
    const { ring } = this;
    const wasFull = ring.isFull;
    const tail = ring.tail;
    let ret = 0;
    while (ret < total_len && !ring.isEmpty) ret += ring.take(total_len - ret);
    if (ret === 0) return { ret: this.hasWriters ? null : 0, freed: 0, wasFull, woken: [] };
    this.#touch();
    this.#woken = [];
    if (ring.isEmpty || wasFull) this.#send('READ');
    return { ret, freed: ring.tail - tail, wasFull, woken: this.#woken };
  }

  /** A writer has put bytes in and stops. A merge changes no state, so the statechart need not hear of it. */
  wrote(): void {
    this.#touch();
    const wasEmpty = this.fill === 'empty';
    if (!this.isEmpty && (wasEmpty || this.isFull)) this.#send('WRITE');
    // pipe_write: epoll wants to hear of data behind data.
    if (this.#isPolled && !wasEmpty) this.wakeReader();
  }

  /** `pipe_set_size`. @param size_bytes a whole number from 0 to 2³² − 1 */
  resize(size_bytes: number): PipeResize {
    const before = this.ring.slots;
    const { slots, errno, mark } = this.#user.resize(before, size_bytes);
    if (slots === null) return { size_bytes: this.size_bytes, errno, mark };
    if (!this.ring.resize(slots)) {
      this.#user.free(slots - before);
      return { size_bytes: this.size_bytes, errno: 'EBUSY', mark: 'pipe_resize_ring:busy' };
    }
    this.#send('RESIZE');
    this.#touch();
    return { size_bytes: this.size_bytes, errno: null, mark };
  }

  /** `pipe_release`: the last file of one end is closed. @returns who was woken, all of them */
  release(end: 'read' | 'write'): readonly string[] {
    this.#woken = [];
    this.#touch();
    this.#send(end === 'read' ? 'RELEASE_READER' : 'RELEASE_WRITER');
    if (!this.hasReaders && !this.hasWriters) this.#user.free(this.ring.slots);
    return this.#woken;
  }

  /** A reader sleeps, or watches. */
  sleepToRead(waiter: Waiter): void {
    this.rd_wait.add(waiter);
    this.#touch();
  }

  /** A writer sleeps, or watches. */
  sleepToWrite(waiter: Waiter): void {
    this.wr_wait.add(waiter);
    this.#touch();
  }

  state(): PipeState {
    const { inode, ring, size_bytes, free_bytes, rd_wait, wr_wait } = this;
    return {
      inode,
      state: this.#chart.state('ring') as PipeState['state'],
      slots: [...ring.bufs],
      tail: ring.position(ring.tail),
      newest: ring.isEmpty ? null : ring.position(ring.head - 1),
      used_slots: ring.occupancy,
      size_bytes,
      held_bytes: ring.held_bytes,
      free_bytes,
      readers: this.hasReaders ? 1 : 0,
      writers: this.hasWriters ? 1 : 0,
      rd_wait: rd_wait.sleepers,
      wr_wait: wr_wait.sleepers,
    };
  }

  #touch(): void {
    this.#cell?.touch();
  }

  wakeReader(): void {
    this.#woken = this.rd_wait.wake();
  }

  wakeWriter(): void {
    this.#woken = this.wr_wait.wake();
  }

  wakeAll(): void {
    this.#woken = [...this.rd_wait.wakeAll(), ...this.wr_wait.wakeAll()];
  }

  #send(type: 'WRITE' | 'READ' | 'RESIZE' | 'RELEASE_READER' | 'RELEASE_WRITER'): void {
    this.#chart.send(type);
  }
}
