/** A pipe and who is at it, as the trace has them at one moment. */
import type { ActorState, Trace, WorldState } from '#simulations/engine/trace.ts';
import { bytes, count, span } from '#simulations/engine/wording.ts';
import { PAGE_SIZE_bytes } from '#simulations/kernel/pipe/size.ts';
import type { Doing, End } from '../../views/pipe-ends.ts';
import type { PipeMoment } from '../../views/pipe-ring.ts';
import type { Slot } from '../../views/pipe-slots.ts';

type Buffer = { readonly offset: number; readonly len: number } | null;

/** The slots with their parts. @param write_bytes what the next write asks for: it decides what may merge */
export function slotsOf(pipe: ActorState, write_bytes: number): (Slot | null)[] {
  const odd_bytes = write_bytes % PAGE_SIZE_bytes;
  return (pipe.slots as readonly Buffer[]).map((buffer, i) => {
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
export function strandedBytes(pipe: ActorState, write_bytes: number): number {
  const slots = pipe.slots as readonly Buffer[];
  const [newest] =
    typeof pipe.newest === 'number'
      ? slotsOf({ ...pipe, slots: [slots[pipe.newest] ?? null], newest: 0 }, write_bytes)
      : [];
  return Number(pipe.used_slots) * PAGE_SIZE_bytes - Number(pipe.held_bytes) - (newest?.room_bytes ?? 0);
}

/** The largest size that the pipe has in a run: F_SETPIPE_SZ may change it. */
export const largest_bytes = ({ events, stateAt }: Trace): number =>
  Math.max(...[0, events.length].map((index) => Number(stateAt(index).pipe?.size_bytes)));

/** The names of all writers, by number. */
export const writersOf = (world: WorldState): string[] =>
  Object.keys(world).filter((name) => name.startsWith('writer '));

/** How long somebody has slept, in µs; 0 when awake. */
export const slept_us = (task: ActorState | undefined, at_us: number): number =>
  typeof task?.asleep_since_us === 'number' ? at_us - task.asleep_since_us : 0;

function doingOf(task: ActorState, isWoken: boolean, hasWrittenAll: boolean): Doing {
  const status = String(task.status);
  if (isWoken) return 'woken';
  if (status === 'asleep' || status === 'polling' || status === 'running') return status;
  return status === 'exited' && hasWrittenAll ? 'done' : 'dead';
}

function writer(
  name: string,
  task: ActorState,
  isWoken: boolean,
  at_us: number,
  parameters: Trace['parameters'],
): End {
  const { writes, write_bytes, write_every_ms } = parameters;
  const doing = doingOf(task, isWoken, Number(task.returned_bytes) === Number(writes) * Number(write_bytes));
  const words: Record<Doing, string> = {
    running: write_every_ms ? `every ${span(Number(write_every_ms) * 1000)}` : 'writes',
    woken: 'woken',
    asleep: `for ${span(slept_us(task, at_us))}`,
    polling: `in poll() for ${span(slept_us(task, at_us))}`,
    done: 'done',
    dead: task.status === 'exited' ? 'gave up' : String(task.status),
  };
  return { name, doing, words: words[doing] };
}

function readerOf(task: ActorState, trace: Trace): { reader: End; readerWords: string[] } {
  const { read_bytes, read_every_ms } = trace.parameters;
  const isGone = task.status !== 'running';
  const sleeps = task.call === 'read' && task.asleep_since_us !== null;
  const drains = !isGone && trace.parameters.reader === 'draining';
  const doing: Doing = isGone ? 'dead' : drains && !sleeps ? 'running' : 'asleep';
  const words = isGone
    ? ['gone']
    : drains
      ? [
          sleeps ? 'waits' : 'drains',
          bytes(Number(read_bytes)),
          `every ${span(Number(read_every_ms) * 1000)}`,
        ]
      : ['stalled', 'holds its end,', 'never reads'];
  return {
    reader: { name: 'reader', doing, words: '' },
    readerWords: [...words, `${count(Number(task.returned_bytes))} B read`],
  };
}

/** @param at_us the moment, which may be later than the event */
export function momentOf(trace: Trace, index: number, at_us: number): PipeMoment {
  const world = trace.stateAt(index);
  const { pipe = {}, reader = {} } = world;
  const write_bytes = Number(trace.parameters.write_bytes);
  const slots = slotsOf(pipe, write_bytes);
  const line = pipe.wr_wait as readonly string[];
  const event = trace.events[index];
  const woken = (event?.at_us === at_us ? event.data.woken : undefined) as readonly string[] | undefined;
  const names = writersOf(world);
  const inLine = line.filter((name) => world[name]?.status === 'asleep');
  const others = names.filter((name) => !inLine.includes(name));
  const draw = (name: string) => {
    const task = world[name] ?? {};
    const hasLeft = task.status === 'asleep' && !inLine.includes(name);
    return writer(name, task, hasLeft || Boolean(woken?.includes(name)), at_us, trace.parameters);
  };
  const isEmpty = pipe.newest === null;
  return {
    slots,
    oldest: isEmpty ? null : Number(pipe.tail),
    newest: isEmpty ? null : Number(pipe.newest),
    size_bytes: Number(pipe.size_bytes),
    free_bytes: Number(pipe.free_bytes),
    stranded_bytes: strandedBytes(pipe, write_bytes),
    isRead: pipe.readers === 'open',
    writers: [...others, ...inLine].map(draw),
    asleep: inLine.length,
    ...readerOf(reader, trace),
  };
}
