/**
 * Holds the pipe-buffer simulation, and the rules for a pipe's size, to what a kernel did.
 *
 * Bytes, counts, errors and the order of writers must be equal. The lab goes step by step, so there is no timer to be
 * late: a time may be late by what it takes a busy machine to carry out a step, and early by the 0.1 ms to which it is
 * recorded. A case without the clock ("stepped") has exact times.
 */
import { type Given, settleParameters } from '../../engine/parameters.ts';
import { Pipe } from '../../kernel/pipe/pipe.ts';
import type { PipeKernel } from '../../kernel/pipe/profile.ts';
import { PIPE_DEF_BUFFERS } from '../../kernel/pipe/size.ts';
import { PipeUser } from '../../kernel/pipe/user.ts';
import { PipeWrite } from '../../kernel/pipe/write.ts';
import { KERNELS } from '../../kernel/profile.ts';
import { type Compared, equal, time } from '../../recording/compared.ts';
import { ofKind } from '../../trace/event.ts';
import type { Trace } from '../../trace/trace.ts';
import { type PipeBufferOutcome, type PipeBufferPrograms, pipeBuffer } from './simulation.ts';

/** What a run at a pipe showed: the simulation's outcome, and how everybody stood at the end. */
export interface ObservedPipe extends PipeBufferOutcome {
  /** What F_SETPIPE_SZ gave; null too where it was not called. */
  readonly setpipe_errno: string | null;
  readonly read_bytes: number;
  readonly reads: number;
  readonly writers: readonly { readonly returned_bytes: number; readonly asleep: boolean }[];
  /** The kernel function that a blocked writer slept in. */
  readonly wchan: string | null;
}

/** F_SETPIPE_SZ on a pipe that holds something. */
export interface ObservedResize {
  readonly errno: string | null;
  readonly pipe_size_bytes: number;
}

/** What a user gets who opens pipes until they are small. */
export interface ObservedSoftLimit {
  readonly large_pipes: number;
  readonly small_pipe_bytes: number;
  readonly grow_errno: string | null;
  readonly shrunk_bytes: number;
  readonly grow_back_errno: string | null;
  readonly grow_after_closing_two_errno: string | null;
  readonly grown_bytes: number;
}

/** A writer that sleeps in write(), and a debugger that attaches, stops it and lets it go. */
export interface ObservedAttach {
  /** What its calls had returned before, all together. */
  readonly returned_before_bytes: number;
  /** Calls that ended because of it: one or none. */
  readonly calls_ended: number;
  /** What the one that ended returned. */
  readonly returned_bytes: number | null;
  /** What was in the pipe afterwards. */
  readonly held_bytes: number;
  readonly wchan: string | null;
}

interface Case<Experiment extends string, Observed> {
  readonly name: string;
  readonly experiment: Experiment;
  readonly parameters: Given;
  /** Whether its times are those that its steps stand for, and not the clock's. */
  readonly stepped?: boolean;
  readonly observed?: Observed;
  readonly skipped?: string;
}

export type PipeCase =
  | Case<'pipe', ObservedPipe>
  | Case<'resize', ObservedResize>
  | Case<'soft-limit', ObservedSoftLimit>
  | Case<'attach', ObservedAttach>;

/** The most that a step may take on a busy machine, in ms. */
const STEP_ms = 20;

/** A time: how late it may be, and how early, for times are recorded to 0.1 ms. A step's own is exact. */
const boundsOf = ({ stepped }: { readonly stepped?: boolean }) =>
  stepped ? { late_ms: 0, early_ms: 0 } : { late_ms: STEP_ms, early_ms: 0.1 };

/** The simulation's kernel for a recording's. @param kernel Linux version, such as 6.18.44 */
export function pipeKernelOf(kernel: string): PipeKernel {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 14) ? '6.18' : '6.12';
}

/** Runs the simulation with a case's parameters. @throws Error when one of them is unsound */
export function simulate(
  recorded: Pick<PipeCase, 'name' | 'parameters'>,
  kernel: string,
): Trace<PipeBufferOutcome, PipeBufferPrograms> {
  const given = { kernel: pipeKernelOf(kernel), ...recorded.parameters };
  const { values, problems } = settleParameters(pipeBuffer.parameters, given);
  if (problems[0]) throw new Error(`${recorded.name}: ${problems[0].message}`);
  return pipeBuffer.run(values);
}

function comparePipe(
  recorded: Case<'pipe', ObservedPipe>,
  observed: ObservedPipe,
  kernel: string,
): Compared[] {
  const { outcome, events, worldAt } = simulate(recorded, kernel);
  const bounds = boundsOf(recorded);
  const { programs } = worldAt(events.length);
  const [resized] = ofKind(events, 'pipe-resized');
  return [
    equal('pipe size', outcome.pipe_size_bytes, observed.pipe_size_bytes),
    equal('F_SETPIPE_SZ', resized?.data.errno ?? null, observed.setpipe_errno),
    equal('accepted', outcome.accepted_bytes, observed.accepted_bytes),
    time('blocked', outcome.blocked_at_ms, observed.blocked_at_ms, bounds),
    equal('errno', outcome.errno, observed.errno),
    equal('signal', outcome.signal, observed.signal),
    equal('POLLOUT at', outcome.pollout_at_free_bytes, observed.pollout_at_free_bytes),
    equal('wake-ups', outcome.wakeups.length, observed.wakeups.length),
    ...outcome.wakeups.flatMap(({ at_ms, free_bytes }, i) => [
      time(`wake-up ${i + 1}`, at_ms, observed.wakeups[i]?.at_ms ?? null, bounds),
      equal(`free at wake-up ${i + 1}`, free_bytes, observed.wakeups[i]?.free_bytes ?? null),
    ]),
    equal('read', programs.reader?.returned_bytes ?? null, observed.read_bytes),
    ...observed.writers.flatMap(({ returned_bytes, asleep }, i) => {
      const writer = programs[`writer ${i + 1}`];
      const status = writer?.status;
      return [
        equal(`writer ${i + 1}`, writer?.returned_bytes ?? null, returned_bytes),
        equal(`writer ${i + 1} asleep`, String(status === 'asleep' || status === 'polling'), String(asleep)),
      ];
    }),
    ...(observed.wchan
      ? [equal('sleeps in', KERNELS[pipeKernelOf(kernel)].pipe_write_wchan, observed.wchan)]
      : []),
  ];
}

function compareResize(
  { parameters }: Case<'resize', ObservedResize>,
  observed: ObservedResize,
  kernel: string,
): Compared[] {
  const pipe = new Pipe(new PipeUser(), KERNELS[pipeKernelOf(kernel)]);
  const content_bytes = Number(parameters.content_bytes);
  if (content_bytes) new PipeWrite(pipe, content_bytes, true).run();
  const { errno, size_bytes } = pipe.resize(Number(parameters.size_bytes));
  return [
    equal('F_SETPIPE_SZ', errno, observed.errno),
    equal('pipe size', size_bytes, observed.pipe_size_bytes),
  ];
}

function compareSoftLimit(observed: ObservedSoftLimit, kernel: string): Compared[] {
  const user = new PipeUser();
  const open = () => new Pipe(user, KERNELS[pipeKernelOf(kernel)]);
  let large_pipes = 0;
  let pipe = open();
  for (; pipe.ring.slots === PIPE_DEF_BUFFERS; pipe = open()) large_pipes++;
  const small_pipe_bytes = pipe.size_bytes;
  const grow = pipe.resize(65_536);
  const shrink = pipe.resize(4096);
  const growBack = pipe.resize(8192);
  user.free(2 * PIPE_DEF_BUFFERS);
  const growAfter = pipe.resize(65_536);
  return [
    equal('pipes of 16 slots', large_pipes, observed.large_pipes),
    equal('the next one', small_pipe_bytes, observed.small_pipe_bytes),
    equal('growing it', grow.errno, observed.grow_errno),
    equal('shrinking it', shrink.size_bytes, observed.shrunk_bytes),
    equal('growing it back', growBack.errno, observed.grow_back_errno),
    equal('growing it after two others are closed', growAfter.errno, observed.grow_after_closing_two_errno),
    equal('its size then', growAfter.size_bytes, observed.grown_bytes),
  ];
}

function compareAttach(
  { parameters }: Case<'attach', ObservedAttach>,
  observed: ObservedAttach,
  kernel: string,
): Compared[] {
  const pipe = new Pipe(new PipeUser(), KERNELS[pipeKernelOf(kernel)]);
  const write_bytes = Number(parameters.write_bytes);
  let returned_before_bytes = 0;
  let write = new PipeWrite(pipe, write_bytes, true);
  for (; write.run().end === 'done'; write = new PipeWrite(pipe, write_bytes, true))
    returned_before_bytes += write.ret;
  const returned_bytes = write.interrupt();
  return [
    equal('returned before', returned_before_bytes, observed.returned_before_bytes),
    equal('calls that end', returned_bytes === null ? 0 : 1, observed.calls_ended),
    equal('write() returns', returned_bytes, observed.returned_bytes),
    equal('in the pipe', pipe.ring.held_bytes, observed.held_bytes),
    ...(observed.wchan
      ? [equal('sleeps again in', KERNELS[pipeKernelOf(kernel)].pipe_write_wchan, observed.wchan)]
      : []),
  ];
}

/** Every figure of a case beside the simulation's; none when it was not recorded. @param kernel Linux version */
export function compare(recorded: PipeCase, kernel: string): Compared[] {
  if (!recorded.observed) return [];
  switch (recorded.experiment) {
    case 'pipe':
      return comparePipe(recorded, recorded.observed, kernel);
    case 'resize':
      return compareResize(recorded, recorded.observed, kernel);
    case 'soft-limit':
      return compareSoftLimit(recorded.observed, kernel);
    case 'attach':
      return compareAttach(recorded, recorded.observed, kernel);
  }
}
