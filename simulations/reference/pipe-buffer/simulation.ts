/**
 * Programs write log lines into a pipe that is read slowly, not at all, or by nobody any more.
 *
 * Left out: the time that a write or a read itself takes. Whatever is due at the same moment happens in the order
 * in which it was set; on a real machine either may be first.
 */
import { PIPE_USER_PAGES_SOFT } from '../../kernel/pipe/size.ts';
import { PipeUser } from '../../kernel/pipe/user.ts';
import type { KernelVersion } from '../../kernel/profile.ts';
import { sys } from '../../machine/calls.ts';
import { OpenFile } from '../../machine/file.ts';
import { openPipe, PIPES } from '../../machine/kinds/pipes.ts';
import type { Program } from '../../machine/program.ts';
import { type Interventions, Run, type Slices } from '../../machine/run.ts';
import { simulationOf } from '../../simulation.ts';
import type { Trace } from '../../trace/trace.ts';
import { PipeNarrator } from './narrator.ts';
import { type PipeBufferOutcome, verdictOf } from './outcome.ts';
import { type PipeBufferParameters, parameters, presets } from './parameters.ts';
import { sectionsOf } from './sections.ts';
import type { TaskState } from './task.ts';

export type { PipeBufferOutcome } from './outcome.ts';

/** What the programs know, by the name of their thread: `reader`, `writer 1`. */
export type PipeBufferPrograms = Readonly<Record<string, TaskState>>;

const STDIN = 0;
const STDOUT = 1;

/** Writes lines, each to its end, and gives up at an error. */
function* writer(p: PipeBufferParameters): Program {
  for (let line = 1; line <= p.writes; line++) {
    for (let left = p.write_bytes; left > 0; ) {
      const { value, errno } = yield* sys.write(STDOUT, left);
      if (errno === 'EAGAIN') yield* sys.poll([{ fd: STDOUT, events: ['POLLOUT'] }], -1);
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
    if ((yield* sys.read(STDIN, p.read_bytes)).value === 0) return;
  }
}

function* start(
  p: PipeBufferParameters,
  actions?: Interventions,
): Slices<Trace<PipeBufferOutcome, PipeBufferPrograms>> {
  const run = new Run({ actions });
  const { clock, recorder } = run;
  const ignoresSigpipe = p.sigpipe === 'ignored';
  const end_us = p.duration_ms * 1000;
  const machine = run.machine({
    name: 'machine',
    addresses: [],
    kernel: p.kernel as KernelVersion,
    kinds: [PIPES],
  });
  const narrator = new PipeNarrator({ clock, recorder, write_bytes: p.write_bytes, end_us, ignoresSigpipe });
  const user = new PipeUser({ pipe_bufs: p.past_user_soft_limit ? PIPE_USER_PAGES_SOFT : 0 });
  const ends = openPipe(machine, user, narrator);
  const { pipe } = ends;
  ends.writer.nonblocking = p.nonblocking;
  const files = { read: new OpenFile(ends.reader), write: new OpenFile(ends.writer) };
  /** A process that holds one end of the pipe, as a shell would have started it. */
  const start = (name: string, pid: number, end: 'read' | 'write', program: Program) => {
    const process = machine.spawn({
      pid,
      comm: name,
      stdio: end === 'read' ? [files.read] : [undefined, files.write],
      narrator: narrator.narratorOf(end),
      ignoresSigpipe,
    });
    const thread = process.thread(name, program);
    narrator.introduce(thread, end);
    return thread;
  };
  const threads = [
    start('reader', 3001, 'read', reader(p)),
    ...Array.from({ length: p.writers }, (_, i) => start(`writer ${i + 1}`, 2001 + i, 'write', writer(p))),
  ];
  narrator.created(pipe);
  if (p.pipe_size_bytes) narrator.resized(p.pipe_size_bytes, pipe.resize(p.pipe_size_bytes));
  for (const thread of threads) thread.start();
  yield* run.until(end_us);
  narrator.finished();

  const { tally } = narrator;
  recorder.divide(sectionsOf(recorder.events));
  const outcome: PipeBufferOutcome = {
    pipe_size_bytes: pipe.size_bytes,
    accepted_bytes: tally.accepted_bytes,
    blocked_at_ms: tally.blocked_at_us === null ? null : tally.blocked_at_us / 1000,
    errno: tally.errno,
    signal: tally.signal,
    wakeups: tally.wakeups.map(({ at_us, free_bytes }) => ({ at_ms: at_us / 1000, free_bytes })),
    pollout_at_free_bytes: tally.pollout_at_free_bytes,
  };
  return run.finish('pipe-buffer', { ...p }, outcome, verdictOf(outcome));
}

export const pipeBuffer = simulationOf<typeof parameters, PipeBufferOutcome, PipeBufferPrograms>({
  name: 'pipe-buffer',
  title: 'Writers at a pipe that is read slowly, not at all, or by nobody any more',
  parameters,
  outcome: {
    pipe_size_bytes: 'size of the pipe as F_GETPIPE_SZ tells it (bytes)',
    accepted_bytes: 'what the writers got into the pipe, all together (bytes)',
    blocked_at_ms: 'when the first writer fell asleep in write() (ms), or null',
    errno:
      'the error of the last write() that failed, or null; null too where SIGPIPE kills before write() returns',
    signal: 'what killed a writer: SIGPIPE, or what a person sent; or null',
    wakeups:
      'each read, or end of the reader, after which a writer asleep in write() or poll() went on: at_ms (ms), and free_bytes: the size of the pipe less what waits in it (FIONREAD) at that moment (bytes)',
    pollout_at_free_bytes:
      'free bytes, as above, when poll() reported POLLOUT again for the first time after the pipe was full, or null',
  },
  presets,
  // From 1,500 events on what repeats itself is summed up.
  size: ({ writers, writes, reader: kind, duration_ms, read_every_ms }) => {
    const reads = kind === 'draining' ? duration_ms / read_every_ms : 0;
    const most = writers * writes + 3 * reads;
    return { events: Math.min(2500, most), steps: Math.round(most), lower: 'writes' };
  },
  largest: {
    writers: 16,
    writes: 125_000,
    write_bytes: 1,
    nonblocking: true,
    reader: 'draining',
    read_every_ms: 1,
    duration_ms: 5000,
  },
  start,
});
