/**
 * The statecharts of a pipe and of one that writes to it: who is woken, and when (`fs/pipe.c`).
 *
 * Left out: SIGIO, signals with a handler, several files that read or write the same pipe (a file may be held by
 * many processes, as after fork()).
 */
import { setup } from 'xstate';

/** What the pipe's statechart asks of the pipe, and what it has it do. */
export interface PipeActions {
  readonly isEmpty: boolean;
  readonly isFull: boolean;
  /** Whether a read wakes a writer although it has freed no slot: `was_full` before Linux 6.14. */
  readonly wakesWhileFull: boolean;
  wakeReader(): void;
  wakeWriter(): void;
  wakeAll(): void;
}

/**
 * `holding` means neither empty nor full. WRITE comes when a writer has put bytes in and stops, READ when a reader
 * has taken some. The two ends are open until their last file is closed.
 */
export const pipeMachine = setup({
  types: {
    context: {} as { pipe: PipeActions },
    input: {} as { pipe: PipeActions },
    events: {} as { type: 'WRITE' | 'READ' | 'RESIZE' | 'RELEASE_READER' | 'RELEASE_WRITER' },
  },
  guards: {
    isEmpty: ({ context }) => context.pipe.isEmpty,
    isFull: ({ context }) => context.pipe.isFull,
    hasSpace: ({ context }) => !context.pipe.isFull,
    wakesWhileFull: ({ context }) => context.pipe.wakesWhileFull,
  },
  actions: {
    wakeReader: ({ context }) => context.pipe.wakeReader(),
    wakeWriter: ({ context }) => context.pipe.wakeWriter(),
    wakeAll: ({ context }) => context.pipe.wakeAll(),
  },
}).createMachine({
  id: 'pipe',
  context: ({ input }) => input,
  type: 'parallel',
  states: {
    ring: {
      initial: 'empty',
      on: {
        RESIZE: [
          { guard: 'isFull', target: '.full', actions: 'wakeWriter' },
          { guard: 'isEmpty', target: '.empty', actions: 'wakeWriter' },
          { target: '.holding', actions: 'wakeWriter' },
        ],
      },
      states: {
        empty: {
          on: {
            WRITE: [
              { guard: 'isFull', target: 'full', actions: 'wakeReader' },
              { target: 'holding', actions: 'wakeReader' },
            ],
          },
        },
        holding: {
          on: {
            WRITE: { guard: 'isFull', target: 'full' },
            READ: { guard: 'isEmpty', target: 'empty' },
          },
        },
        full: {
          on: {
            READ: [
              { guard: 'isEmpty', target: 'empty', actions: 'wakeWriter' },
              { guard: 'hasSpace', target: 'holding', actions: 'wakeWriter' },
              { guard: 'wakesWhileFull', actions: 'wakeWriter' },
            ],
          },
        },
      },
    },
    readers: {
      initial: 'open',
      states: { open: { on: { RELEASE_READER: { target: 'closed', actions: 'wakeAll' } } }, closed: {} },
    },
    writers: {
      initial: 'open',
      states: { open: { on: { RELEASE_WRITER: { target: 'closed', actions: 'wakeAll' } } }, closed: {} },
    },
  },
});

/** What a writer's statechart asks of it, and what it has it do. */
export interface WriterActions {
  /** `pipe_writable`: a whole slot is free, or nobody reads any more. */
  readonly pipe_writable: boolean;
  /** Joins the end of `wr_wait`: `wait_event_interruptible_exclusive`. */
  queue(): void;
  /** Stands in `wr_wait` without being exclusive: `poll_wait`. */
  pollWait(): void;
  /** `poll_freewait`. */
  pollFree(): void;
}

/** One that is woken looks again, and sleeps again at the end of the queue when it finds the pipe still full. */
export const writerMachine = setup({
  types: {
    context: {} as { writer: WriterActions },
    input: {} as { writer: WriterActions },
    events: {} as { type: 'SLEEP' | 'POLL' | 'WAKE' | 'END' },
  },
  guards: { pipe_writable: ({ context }) => context.writer.pipe_writable },
  actions: {
    queue: ({ context }) => context.writer.queue(),
    pollWait: ({ context }) => context.writer.pollWait(),
    pollFree: ({ context }) => context.writer.pollFree(),
  },
}).createMachine({
  id: 'writer',
  context: ({ input }) => input,
  initial: 'running',
  on: { END: '.ended' },
  states: {
    running: { on: { SLEEP: 'asleep', POLL: 'polling' } },
    asleep: {
      entry: 'queue',
      on: {
        WAKE: [
          { guard: 'pipe_writable', target: 'running' },
          { target: 'asleep', reenter: true },
        ],
      },
    },
    polling: {
      entry: 'pollWait',
      exit: 'pollFree',
      on: { WAKE: { guard: 'pipe_writable', target: 'running' } },
    },
    ended: { type: 'final' },
  },
});
