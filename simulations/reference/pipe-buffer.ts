/**
 * Programs write log lines into a pipe that is read slowly, not at all, or by nobody any more.
 *
 * Left out: the time that a write or a read itself takes. Whatever is due at the same moment happens in the order
 * in which it was set; on a real machine either may be first.
 */
import { VirtualClock } from '../engine/clock.ts';
import type { Program } from '../engine/process.ts';
import type { Simulation } from '../engine/simulation.ts';
import { Recorder, type Trace } from '../engine/trace.ts';
import { PipeCalls, sys } from '../kernel/pipe/calls.ts';
import { Journal } from '../kernel/pipe/journal.ts';
import { Pipe } from '../kernel/pipe/pipe.ts';
import { PIPE_USER_PAGES_SOFT } from '../kernel/pipe/size.ts';
import { PipeUser } from '../kernel/pipe/user.ts';
import { kernelOf, type PipeBufferParameters, parameters, presets } from './pipe-buffer/parameters.ts';

export interface PipeBufferOutcome {
  readonly pipe_size_bytes: number;
  readonly accepted_bytes: number;
  readonly blocked_at_ms: number | null;
  readonly errno: string | null;
  readonly signal: string | null;
  readonly wakeups: readonly { readonly at_ms: number; readonly free_bytes: number }[];
  readonly pollout_at_free_bytes: number | null;
}

/** Writes lines, each to its end, and gives up at an error. */
function* writer(p: PipeBufferParameters): Program {
  for (let line = 1; line <= p.writes; line++) {
    for (let left = p.write_bytes; left > 0; ) {
      const { value, errno } = yield* sys.write(left);
      if (errno === 'EAGAIN') yield* sys.poll();
      else if (errno) return;
      else left -= value;
    }
    if (p.write_every_ms && line < p.writes) yield* sys.nanosleep(p.write_every_ms);
  }
}

/** Reads, or does not. Where it ends, its end of the pipe is closed. */
function* reader(p: PipeBufferParameters): Program {
  if (p.reader === 'stalled') yield* sys.pause();
  if (p.reader === 'dies') yield* sys.nanosleep(p.reader_dies_at_ms);
  while (p.reader === 'draining') {
    yield* sys.nanosleep(p.read_every_ms);
    if ((yield* sys.read(p.read_bytes)).value === 0) return;
  }
}

function run(p: PipeBufferParameters): Trace<PipeBufferOutcome> {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const user = new PipeUser({ pipe_bufs: p.past_user_soft_limit ? PIPE_USER_PAGES_SOFT : 0 });
  const pipe = new Pipe(user, kernelOf(p));
  const end_us = p.duration_ms * 1000;
  const journal = new Journal({ pipe, clock, recorder, write_bytes: p.write_bytes, end_us });
  const calls = new PipeCalls({
    pipe,
    clock,
    journal,
    nonblocking: p.nonblocking,
    ignoresSigpipe: p.sigpipe === 'ignored',
  });
  const processes = [
    calls.spawn('reader', 3001, 'read', reader(p)),
    ...Array.from({ length: p.writers }, (_, i) =>
      calls.spawn(`writer ${i + 1}`, 2001 + i, 'write', writer(p)),
    ),
  ];
  journal.created();
  if (p.pipe_size_bytes) journal.resized(p.pipe_size_bytes, pipe.resize(p.pipe_size_bytes));
  for (const { process } of processes) process.start();
  clock.advance(end_us);
  journal.finished(processes.map(({ task }) => task));

  const { tally } = calls;
  return recorder.finish(
    'pipe-buffer',
    { ...p },
    {
      pipe_size_bytes: pipe.size_bytes,
      accepted_bytes: tally.accepted_bytes,
      blocked_at_ms: tally.blocked_at_us === null ? null : tally.blocked_at_us / 1000,
      errno: tally.errno,
      signal: tally.signal,
      wakeups: tally.wakeups.map(({ at_us, free_bytes }) => ({ at_ms: at_us / 1000, free_bytes })),
      pollout_at_free_bytes: tally.pollout_at_free_bytes,
    },
  );
}

export const pipeBuffer: Simulation<typeof parameters, PipeBufferOutcome> = {
  name: 'pipe-buffer',
  title: 'Writers at a pipe that is read slowly, not at all, or by nobody any more',
  parameters,
  outcome: {
    pipe_size_bytes: 'size of the pipe as F_GETPIPE_SZ tells it (bytes)',
    accepted_bytes: 'what the writers got into the pipe, all together (bytes)',
    blocked_at_ms: 'when the first writer fell asleep in write() (ms), or null',
    errno:
      'the error of the last write() that failed, or null; null too where SIGPIPE kills before write() returns',
    signal: 'SIGPIPE where it killed a writer, or null',
    wakeups:
      'each read, or end of the reader, after which a writer asleep in write() or poll() went on: at_ms (ms), and free_bytes: the size of the pipe less what waits in it (FIONREAD) at that moment (bytes)',
    pollout_at_free_bytes:
      'free bytes, as above, when poll() reported POLLOUT again for the first time after the pipe was full, or null',
  },
  presets,
  run,
};
