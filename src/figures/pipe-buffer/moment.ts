/** A pipe and who is at it, as the trace has them at one moment. */
import { bytes, count, span } from '#simulations/engine/wording.ts';
import { PAGE_SIZE_bytes } from '#simulations/kernel/pipe/size.ts';
import { machineOf, pipeOf } from '#simulations/machine/lookups.ts';
import type { PipeState, World } from '#simulations/machine/state.ts';
import type { TaskState } from '#simulations/reference/pipe-buffer/task.ts';
import type { Doing, End } from '../../views/pipe-ends.ts';
import type { PipeMoment } from '../../views/pipe-ring.ts';
import type { Slot } from '../../views/pipe-slots.ts';
import { wordsIn } from '../words-in.ts';
import type { PipeRun, PipeWorld } from './pipe-run.ts';

/** The slots with their parts. @param write_bytes what the next write asks for: it decides what may merge */
export function slotsOf(pipe: Pick<PipeState, 'slots' | 'newest'>, write_bytes: number): (Slot | null)[] {
  const odd_bytes = write_bytes % PAGE_SIZE_bytes;
  return pipe.slots.map((buffer, i) => {
    if (!buffer) return null;
    const { offset, len } = buffer;
    const free_bytes = PAGE_SIZE_bytes - offset - len;
    const merges = i === pipe.newest && odd_bytes > 0 && odd_bytes <= free_bytes;
    return {
      read_bytes: offset,
      held_bytes: len,
      room_bytes: merges ? free_bytes : 0,
      stranded_bytes: merges ? 0 : free_bytes,
    };
  });
}

/** Free bytes that no write can use: in taken slots, read already or too few. */
export function strandedBytes(pipe: PipeState, write_bytes: number): number {
  const [newest] =
    pipe.newest === null ? [] : slotsOf({ slots: [pipe.slots[pipe.newest] ?? null], newest: 0 }, write_bytes);
  return pipe.used_slots * PAGE_SIZE_bytes - pipe.held_bytes - (newest?.room_bytes ?? 0);
}

/** The largest size that the pipe has in a run: F_SETPIPE_SZ may change it. */
export const largest_bytes = ({ events, worldAt }: PipeRun): number =>
  Math.max(...[0, events.length].map((index) => thePipe(worldAt(index)).size_bytes));

/** The one pipe. */
export const thePipe = (world: World): PipeState => pipeOf(machineOf(world, 'machine'));

/** All writers, by number. */
export function writersOf(world: PipeWorld): (readonly [name: string, task: TaskState])[] {
  const processes = [...machineOf(world, 'machine').processes.values()];
  const names = processes.flatMap(({ threads }) => [...threads.values()].map(({ name }) => name));
  return names.flatMap((name) => {
    const task = world.programs[name];
    return task?.end === 'write' ? [[name, task] as const] : [];
  });
}

/** How long somebody has slept, in µs; 0 when awake. */
export const slept_us = ({ asleep_since_us }: TaskState, at_us: number): number =>
  asleep_since_us === null ? 0 : at_us - asleep_since_us;

function doingOf({ status }: TaskState, isWoken: boolean, hasWrittenAll: boolean): Doing {
  if (isWoken) return 'woken';
  if (status === 'asleep' || status === 'polling' || status === 'running') return status;
  return status === 'exited' && hasWrittenAll ? 'done' : 'dead';
}

function writer(
  name: string,
  task: TaskState,
  isWoken: boolean,
  at_us: number,
  parameters: PipeRun['parameters'],
): End {
  const { writes, write_bytes, write_every_ms } = parameters;
  const doing = doingOf(task, isWoken, task.returned_bytes === writes * write_bytes);
  const words: Record<Doing, string> = {
    running: write_every_ms ? `every ${span(write_every_ms * 1000)}` : 'writes',
    woken: 'woken',
    asleep: `for ${span(slept_us(task, at_us))}`,
    polling: `in poll() for ${span(slept_us(task, at_us))}`,
    done: 'done',
    dead: task.status === 'exited' ? 'gave up' : task.status,
  };
  return { name, doing, words: words[doing] };
}

function readerOf(task: TaskState, { parameters }: PipeRun): { reader: End; readerWords: string[] } {
  const { read_bytes, read_every_ms } = parameters;
  const isGone = task.status !== 'running';
  const sleeps = task.call === 'read' && task.asleep_since_us !== null;
  const drains = !isGone && parameters.reader === 'draining';
  const doing: Doing = isGone ? 'dead' : drains && !sleeps ? 'running' : 'asleep';
  const words = isGone
    ? ['gone']
    : drains
      ? [sleeps ? 'waits' : 'drains', bytes(read_bytes), `every ${span(read_every_ms * 1000)}`]
      : ['stalled', 'holds its end,', 'never reads'];
  return {
    reader: { name: 'reader', doing, words: '' },
    readerWords: [...words, `${count(task.returned_bytes)} B read`],
  };
}

/** @param at_us the moment, which may be later than the event */
export function momentOf(trace: PipeRun, index: number, at_us: number): PipeMoment {
  const world = trace.worldAt(index);
  const pipe = thePipe(world);
  const { write_bytes } = trace.parameters;
  const event = trace.events[index];
  const woken = event?.at_us === at_us && 'woken' in event.data ? wordsIn(event.data.woken) : [];
  const writers = writersOf(world);
  const { reader } = world.programs;
  if (!reader) throw new Error('nobody was started as the reader');
  const inLine = pipe.wr_wait.flatMap(({ name }) =>
    writers.filter(([writer, { status }]) => writer === name && status === 'asleep'),
  );
  const others = writers.filter((one) => !inLine.includes(one));
  const draw = (one: readonly [name: string, task: TaskState]) => {
    const [name, task] = one;
    const hasLeft = task.status === 'asleep' && !inLine.includes(one);
    return writer(name, task, hasLeft || woken.includes(name), at_us, trace.parameters);
  };
  return {
    slots: slotsOf(pipe, write_bytes),
    oldest: pipe.newest === null ? null : pipe.tail,
    newest: pipe.newest,
    size_bytes: pipe.size_bytes,
    free_bytes: pipe.free_bytes,
    stranded_bytes: strandedBytes(pipe, write_bytes),
    isRead: pipe.readers > 0,
    writers: [...others, ...inLine].map(draw),
    asleep: inLine.length,
    ...readerOf(reader, trace),
  };
}
