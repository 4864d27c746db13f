/**
 * What a run at a pipe tells: events with their kernel marks, in words, and what the run has come to.
 *
 * A run may make a million calls, so the trace sums up. Writes that only merge are one event for each slot (while
 * time passes, one for each quarter of a page), and so are reads that free no slot. From `DETAILED` events on, what
 * repeats itself is one event for each `SHARE`th part of the time that is left then; ends, errors and the first of their
 * kind stay events of their own. The state after an event is always exact.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import { ordinal } from '../../engine/duration.ts';
import { bytes, capital, count, counted, list, span } from '../../engine/wording.ts';
import type { Pipe, PipeRead, PipeResize } from '../../kernel/pipe/pipe.ts';
import {
  END_OF_FILE,
  POLLERR,
  READ_WAKES,
  READER_SLEEPS,
  SLEEPS_AGAIN,
  WAKES_NEXT,
  WRITE_AGAIN,
  WRITE_SHORT,
  WRITER_SLEEPS,
  whyBroken,
  whyPollout,
} from '../../kernel/pipe/reasons.ts';
import { PAGE_SIZE_bytes } from '../../kernel/pipe/size.ts';
import type { PipeWitness } from '../../kernel/pipe/witness.ts';
import type { PipeWrite, Stretch } from '../../kernel/pipe/write.ts';
import type { Narrator } from '../../machine/narrator.ts';
import type { Answer, SystemCall } from '../../machine/program.ts';
import type { Signal } from '../../machine/signal.ts';
import type { Thread } from '../../machine/thread.ts';
import type { Decision } from '../../trace/decision.ts';
import type { Facts, Happening, KernelMark } from '../../trace/event.ts';
import type { Recorder } from '../../trace/recorder.ts';
import './events.ts';
import type { PipeEventKind } from './events.ts';
import { Task } from './task.ts';

const DETAILED = 1500;
const SHARE = 300;
const QUARTER_bytes = PAGE_SIZE_bytes / 4;
/** How often the same kind of event is part of the story. */
const BEATS = 2;

/** What the run has come to; the outcome is made of it. */
export interface Tally {
  accepted_bytes: number;
  blocked_at_us: number | null;
  /** What the last write() that failed gave its program. */
  errno: 'EAGAIN' | 'EPIPE' | null;
  signal: Signal | null;
  wakeups: { at_us: number; free_bytes: number }[];
  pollout_at_free_bytes: number | null;
}

/** What an event is made of. */
interface Telling {
  readonly data: Facts;
  readonly says: string;
  readonly mark?: KernelMark;
  readonly decision?: Decision;
  readonly beat?: boolean;
  /** Whether it may be summed up. */
  readonly routine?: boolean;
  /** Whom it is about. */
  readonly tasks?: readonly Task[];
}

/** Calls that are not yet an event. */
interface Gathered {
  readonly kind: 'write' | 'read';
  readonly from_us: number;
  readonly tasks: Set<Task>;
  calls: number;
  bytes: number;
}

/** What has been summed up since the last summary. */
interface Meanwhile {
  writes: number;
  written_bytes: number;
  reads: number;
  read_bytes: number;
  sleeps: number;
  tasks: Set<Task>;
}

const nothing = (): Meanwhile => ({
  writes: 0,
  written_bytes: 0,
  reads: 0,
  read_bytes: 0,
  sleeps: 0,
  tasks: new Set(),
});

export class PipeNarrator implements PipeWitness {
  readonly tally: Tally = {
    accepted_bytes: 0,
    blocked_at_us: null,
    errno: null,
    signal: null,
    wakeups: [],
    pollout_at_free_bytes: null,
  };
  readonly tasks: Task[] = [];
  readonly #byThread = new Map<Thread, Task>();
  /** The last event that woke sleeping writers, until one of them has gone on. */
  #cause: { at_us: number; free_bytes: number } | null = null;
  /** The end of a process that is not told yet, until its files are closed. */
  #ending: { task: Task; woken: readonly string[] | null } | null = null;
  readonly #ignoresSigpipe: boolean;
  #pipe!: Pipe;
  readonly #clock: VirtualClock;
  readonly #recorder: Recorder;
  readonly #write_bytes: number;
  readonly #end_us: number;
  readonly #told = new Map<string, number>();
  #gathered: Gathered | null = null;
  #meanwhile = nothing();
  #next_us = 0;
  /** Virtual time between two summaries. */
  #pause_us: number | null = null;
  /** The slot whose unused bytes were spoken of last. */
  #saidUnused = -1;

  /** @param write_bytes what every write() asks for @param end_us when the run ends */
  constructor(options: {
    clock: VirtualClock;
    recorder: Recorder;
    write_bytes: number;
    end_us: number;
    ignoresSigpipe: boolean;
  }) {
    this.#clock = options.clock;
    this.#recorder = options.recorder;
    this.#write_bytes = options.write_bytes;
    this.#end_us = options.end_us;
    this.#ignoresSigpipe = options.ignoresSigpipe;
  }

  /** The threads of one process at the pipe. @param end which end it holds */
  narratorOf(end: 'read' | 'write'): Narrator {
    return {
      called: (thread, { name }) => this.#taskOf(thread, end).enters(name),
      slept: (thread) => this.#slept(this.#taskOf(thread, end)),
      returned: (thread, call, answer) => this.#returned(this.#taskOf(thread, end), call, answer),
      ended: (thread, _how, _call, signal) => this.#ended(this.#taskOf(thread, end), signal),
      closed: () => this.#closed(),
    };
  }

  /** A thread that will be at the pipe. */
  introduce(thread: Thread, end: 'read' | 'write'): void {
    this.#taskOf(thread, end);
  }

  #taskOf(thread: Thread, end: 'read' | 'write' = 'write'): Task {
    const known = this.#byThread.get(thread);
    if (known) return known;
    const task = new Task(thread, end);
    this.#byThread.set(thread, task);
    this.tasks.push(task);
    task.cell = this.#recorder.program(thread.name, task);
    return task;
  }

  created(pipe: Pipe): void {
    this.#pipe = pipe;
    const { granted, size_bytes, ring } = this.#pipe;
    const isSmall = granted.mark === 'alloc_pipe_info:soft-limit';
    this.#event('pipe-created', 'pipe', {
      data: { slots: ring.slots, size_bytes },
      mark: granted.mark,
      says: isSmall
        ? `The user's pipes hold more than 16,384 pages already. A new pipe gets *${counted(ring.slots, 'slot')} instead of 16*: ${bytes(size_bytes)}.`
        : `The kernel makes the pipe: *${counted(ring.slots, 'slot')} of one page each*, ${bytes(size_bytes)}.`,
      beat: true,
    });
  }

  resized(asked_bytes: number, { size_bytes, errno, mark }: PipeResize): void {
    const asks = `F_SETPIPE_SZ asks for ${bytes(asked_bytes)}`;
    const why = {
      EPERM:
        mark === 'pipe_set_size:max-size'
          ? 'more than pipe-max-size allows'
          : 'too much for a user past the soft limit',
      EINVAL: 'more than the kernel can count',
      EBUSY: 'less than is in use',
    };
    this.#event('pipe-resized', 'pipe', {
      data: { asked_bytes, size_bytes, errno },
      mark,
      says: errno
        ? `${asks}, ${why[errno]}: *${errno}*. The pipe stays as it is, ${bytes(size_bytes)}.`
        : asked_bytes === size_bytes
          ? `${asks}: *${counted(this.#pipe.ring.slots, 'slot')}*.`
          : `${asks}, rounded up to a power of two of pages: *${bytes(size_bytes)}*.`,
      beat: true,
    });
  }

  put(thread: Thread, write: PipeWrite, stretch: Stretch, nonblocking: boolean): void {
    const task = this.#taskOf(thread);
    this.tally.accepted_bytes += stretch.bytes;
    const returns = { done: true, full: nonblocking, broken: this.#ignoresSigpipe }[stretch.end];
    task.wrote(write, returns);
    if (stretch.end === 'done' && stretch.slots === 0) {
      this.#gather('write', task, stretch.bytes);
      const isLast = this.#pipe.ring.room_bytes < this.#write_bytes % PAGE_SIZE_bytes;
      const waits = this.#gathered && this.#gathered.from_us < this.#clock.now_us;
      if (isLast || this.#pipe.ring.room_bytes === 0) this.#tellGathered();
      else if (waits && (this.#gathered?.bytes ?? 0) >= QUARTER_bytes) this.#tellGathered();
      return;
    }
    if (stretch.bytes === 0) return;
    this.#meanwhile.writes++;
    this.#meanwhile.written_bytes += stretch.bytes;
    const { ring } = this.#pipe;
    const newest = ring.head - stretch.slots - 1;
    const unused =
      stretch.unused_bytes && this.#saidUnused !== newest
        ? `Slot ${ring.position(newest) + 1} has ${bytes(stretch.unused_bytes)} left, too few: *they stay unused*. `
        : '';
    this.#event('write', task.name, {
      data: {
        calls: 1,
        bytes: stretch.bytes,
        merged_bytes: stretch.merged_bytes,
        slots: stretch.slots,
        left_bytes: write.left,
        from_us: this.#clock.now_us,
      },
      mark: stretch.slots ? 'pipe_write:slot' : 'pipe_write:merge',
      says: `${unused}${this.#putInWords(task, write, stretch)}.`,
      routine: true,
      tasks: [task],
      beat: true,
    });
  }

  #putInWords(task: Task, write: PipeWrite, { merged_bytes, slots: taken, bytes: put }: Stretch): string {
    const { ring } = this.#pipe;
    const [first, last] = [ring.position(ring.head - taken) + 1, ring.position(ring.head - 1) + 1];
    const where = taken === 1 ? `slot ${first}` : `${counted(taken, 'slot')}, ${first} to ${last}`;
    if (write.ret > put) return `${capital(task.name)} goes on: ${bytes(put)} more take ${where}`;
    const what = `A write of ${bytes(write.ret + write.left)}`;
    if (!merged_bytes) return `${what} takes ${where}`;
    const merged = `${bytes(merged_bytes)} ${merged_bytes === 1 ? 'merges' : 'merge'} into slot ${ring.position(ring.head - taken - 1) + 1}`;
    return taken ? `${what}: ${merged}, the rest takes ${where}` : `${what}: ${merged}`;
  }

  slept(thread: Thread, write: PipeWrite): void {
    const task = this.#taskOf(thread);
    this.tally.blocked_at_us ??= this.#clock.now_us;
    task.sleeps(this.#clock.now_us);
    this.#meanwhile.sleeps++;
    const { free_bytes, size_bytes, ring, wr_wait } = this.#pipe;
    const place = wr_wait.names.length;
    const line = place > 1 ? `, ${ordinal(place)} in the line` : '';
    const free = free_bytes
      ? `, although ${count(free_bytes)} of its ${bytes(size_bytes)} are free: what counts is slots, not bytes`
      : '';
    const rest = write.ret ? `, with ${bytes(write.left)} of its write to go` : '';
    this.#event('sleep', task.name, {
      data: { left_bytes: write.left, written_bytes: write.ret, free_bytes, place },
      ...WRITER_SLEEPS,
      says: `All ${counted(ring.slots, 'slot')} are in use. *${capital(task.name)} falls asleep in write()*${line}${rest}${free}.`,
      routine: true,
      tasks: [task],
      beat: true,
    });
  }

  woke(thread: Thread): void {
    this.#wentOn(this.#taskOf(thread));
  }

  sleptAgain(thread: Thread): void {
    const task = this.#taskOf(thread);
    this.#event('sleep-again', task.name, {
      data: { place: this.#pipe.wr_wait.names.length },
      ...SLEEPS_AGAIN,
      says: `${capital(task.name)} looks: no slot is free. It *sleeps again, now at the end of the line*.`,
      routine: true,
      tasks: [task],
    });
  }

  failed(thread: Thread, errno: 'EAGAIN' | 'EPIPE', hasSlept: boolean): void {
    const task = this.#taskOf(thread);
    if (errno === 'EPIPE' && !this.#ignoresSigpipe) {
      this.#killed(task, hasSlept);
      return;
    }
    this.tally.errno = errno;
    this.#event(errno === 'EPIPE' ? 'epipe' : 'again', task.name, {
      data: { errno },
      ...(errno === 'EAGAIN' ? WRITE_AGAIN : whyBroken(hasSlept)),
      says:
        errno === 'EPIPE'
          ? `Nobody holds the read end. ${hasSlept ? 'The sleep is over, and write() returns −1' : 'write() returns −1 at once'}: *EPIPE*. SIGPIPE is ignored.`
          : `No slot is free, and the pipe is non-blocking: write() returns −1, *EAGAIN*.`,
      routine: errno === 'EAGAIN',
      tasks: [task],
      beat: true,
    });
  }

  wroteShort(thread: Thread, write: PipeWrite, end: 'full' | 'broken'): void {
    const task = this.#taskOf(thread);
    if (end === 'broken' && !this.#ignoresSigpipe) {
      this.#killed(task, write.hasSlept);
      return;
    }
    this.#event('short-write', task.name, {
      data: { bytes: write.ret, left_bytes: write.left },
      ...(end === 'broken' ? whyBroken(true) : WRITE_SHORT),
      says:
        end === 'broken'
          ? `The reader is gone in the middle of the write: write() returns *${count(write.ret)}*, what it had written. Only the next one fails.`
          : `No slot is left for the rest: write() returns *${count(write.ret)}* of ${bytes(write.ret + write.left)}.`,
      routine: true,
      tasks: [task],
      beat: true,
    });
  }

  #killed(task: Task, hasSlept: boolean): void {
    this.tally.signal = 'SIGPIPE';
    task.signal = 'SIGPIPE';
    this.#event('signal', task.name, {
      data: { signal: 'SIGPIPE' },
      ...whyBroken(hasSlept),
      says: `Nobody holds the read end: the kernel sends *SIGPIPE*, and it kills ${task.name}.`,
      tasks: [task],
      beat: true,
    });
  }

  /** A call that watches the pipe falls asleep. */
  #slept(task: Task): void {
    task.sleeps(this.#clock.now_us);
    this.#event('poll-sleep', task.name, {
      data: { free_bytes: this.#pipe.free_bytes },
      ...whyPollout(false),
      says: `${capital(task.name)} waits in poll() for POLLOUT: *a whole slot* must be free.`,
      routine: true,
      tasks: [task],
      beat: true,
    });
  }

  #returned(task: Task, call: SystemCall, answer: Answer): void {
    const hasSlept = task.asleep_since_us !== null;
    task.returns();
    if (call.name !== 'poll' || !hasSlept) return;
    this.#wentOn(task);
    const [revents = []] = (answer.out?.revents ?? []) as readonly (readonly string[])[];
    this.#event('poll-return', task.name, {
      data: { revents },
      ...(revents.includes('POLLERR') ? POLLERR : whyPollout(true)),
      says: `poll() returns *${revents.join('|')}* to ${task.name}.`,
      routine: true,
      tasks: [task],
    });
  }

  /** A writer that slept goes on: what woke it counts. */
  #wentOn(task: Task): void {
    task.wakes();
    if (this.#cause) this.tally.wakeups.push(this.#cause);
    this.#cause = null;
  }

  wokeNext(thread: Thread, woken: readonly string[]): void {
    if (woken.length === 0) return;
    const task = this.#taskOf(thread);
    this.#event('wake', task.name, {
      data: { woken, free_bytes: this.#pipe.free_bytes },
      ...WAKES_NEXT,
      says: `${capital(task.name)} has written all, and a slot is still free: it *wakes the next, ${list(woken)}*.`,
      routine: true,
      tasks: [task],
    });
  }

  read(thread: Thread, { ret, freed, woken, wasFull }: PipeRead, asked_bytes: number): void {
    const task = this.#taskOf(thread, 'read');
    task.read(ret ?? 0);
    const { free_bytes: free } = this.#pipe;
    if (wasFull && !this.#pipe.isFull) this.tally.pollout_at_free_bytes ??= free;
    if (woken.length > 0) this.#cause = { at_us: this.#clock.now_us, free_bytes: free };
    if (ret === 0) {
      this.#event('end-of-file', task.name, {
        data: {},
        ...END_OF_FILE,
        says: 'The pipe is empty and nobody holds its write end: read() returns 0, *the end of the file*.',
        tasks: [task],
        beat: true,
      });
      return;
    }
    const taken = ret ?? 0;
    if (freed === 0 && woken.length === 0) {
      this.#gather('read', task, taken);
      if ((this.#gathered?.bytes ?? 0) >= QUARTER_bytes) this.#tellGathered();
      return;
    }
    this.#meanwhile.reads++;
    this.#meanwhile.read_bytes += taken;
    const { isFull, free_bytes } = this.#pipe;
    this.#event('read', task.name, {
      data: { calls: 1, bytes: taken, asked_bytes, freed, from_us: this.#clock.now_us },
      mark: freed ? 'pipe_read:free' : 'pipe_read:take',
      says: `The reader takes ${bytes(taken)}: ${freed ? `${counted(freed, 'slot')} ${freed === 1 ? 'is' : 'are'} free` : 'no slot is free yet'}.`,
      routine: true,
      tasks: [task],
    });
    if (woken.length === 0) return;
    const who = list(woken);
    this.#event(isFull ? 'wake-for-nothing' : 'wake', 'pipe', {
      data: { woken, free_bytes },
      ...READ_WAKES,
      says: isFull
        ? `The pipe was full before the read, so the kernel wakes ${who}: *for nothing*.`
        : `A whole slot is free: *the kernel wakes ${who}*${woken.length === 1 && this.#pipe.wr_wait.names.length ? ', who waited first' : ''}. ${capital(bytes(free_bytes))} are free now.`,
      routine: true,
      tasks: [task],
      beat: true,
    });
  }

  readerSlept(thread: Thread): void {
    const task = this.#taskOf(thread, 'read');
    task.sleeps(this.#clock.now_us);
    this.#event('read-sleep', task.name, {
      data: {},
      ...READER_SLEEPS,
      says: 'The pipe is empty: the reader sleeps in read().',
      routine: true,
      tasks: [task],
    });
  }

  #ended(task: Task, signal: Signal | null): void {
    task.ends(signal);
    if (task.end === 'write' && signal) this.tally.signal = signal;
    this.#ending = { task, woken: null };
  }

  released(_thread: Thread | null, end: 'read' | 'write', woken: readonly string[]): void {
    if (woken.length > 0 && end === 'read')
      this.#cause = { at_us: this.#clock.now_us, free_bytes: this.#pipe.free_bytes };
    if (this.#ending) this.#ending.woken = woken;
  }

  /** A process is gone, and its end of the pipe is closed. */
  #closed(): void {
    if (!this.#ending) return;
    const { task, woken: last } = this.#ending;
    this.#ending = null;
    const isLast = last !== null;
    const woken = last ?? [];
    const how =
      task.end === 'read'
        ? 'The reader is gone'
        : `${capital(task.name)} ${task.status === 'exited' ? 'is done' : `is dead of ${task.status}`}`;
    const closes =
      task.end === 'read'
        ? 'Nobody holds the read end any more'
        : isLast
          ? 'Nobody holds the write end any more'
          : '';
    const wakes = woken.length ? `: *the kernel wakes ${list(woken)}*` : '';
    this.#event(task.status === 'exited' ? 'process-exited' : 'process-killed', task.name, {
      data: { end: task.end, woken },
      ...(isLast && { mark: 'pipe_release:wake' as KernelMark }),
      says: `${how}.${closes ? ` ${closes}${wakes}.` : ''}`,
      tasks: [task],
      beat: isLast,
    });
  }

  /** The end of the watched time, when somebody is still there. */
  finished(): void {
    const { tasks } = this;
    this.#tellGathered();
    this.#tellMeanwhile();
    const writers = tasks.filter(({ end, status }) => end === 'write' && status === 'running');
    if (writers.length === 0) return;
    const asleep = writers.filter(({ asleep_since_us }) => asleep_since_us !== null);
    const since_us = Math.min(...asleep.map(({ asleep_since_us }) => asleep_since_us ?? 0));
    const slept_us = this.#clock.now_us - since_us;
    const isForGood = !tasks.some(
      ({ end, status, call }) => end === 'read' && status === 'running' && call !== 'pause',
    );
    const forEver = isForGood ? `, and *nothing will wake ${asleep.length === 1 ? 'it' : 'them'}*` : '';
    this.#event('watch-ends', 'pipe', {
      data: { asleep: asleep.map(({ name }) => name) },
      says:
        asleep.length === 0
          ? `We stop watching after ${span(this.#clock.now_us)}. Nobody is blocked.`
          : `We stop watching after ${span(this.#clock.now_us)}. ${capital(asleep.length > 3 ? `${asleep.length} writers` : list(asleep.map(({ name }) => name)))} ${asleep.length === 1 ? 'has' : 'have'} been asleep for ${asleep.length > 1 ? 'up to ' : ''}${span(slept_us)}${forEver}.`,
      tasks,
      beat: true,
    });
  }

  #gather(kind: 'write' | 'read', task: Task, gathered_bytes: number): void {
    if (this.#gathered?.kind !== kind) this.#tellGathered();
    this.#gathered ??= { kind, from_us: this.#clock.now_us, tasks: new Set(), calls: 0, bytes: 0 };
    this.#gathered.tasks.add(task);
    this.#gathered.calls++;
    this.#gathered.bytes += gathered_bytes;
  }

  #tellGathered(): void {
    const gathered = this.#gathered;
    if (!gathered) return;
    this.#gathered = null;
    const { kind, calls, from_us } = gathered;
    const tasks = [...gathered.tasks];
    const { ring } = this.#pipe;
    const data = { calls, bytes: gathered.bytes, slots: 0, freed: 0, from_us };
    const actor = tasks.length === 1 && tasks[0] ? tasks[0].name : 'pipe';
    if (kind === 'read') {
      this.#meanwhile.reads += calls;
      this.#meanwhile.read_bytes += gathered.bytes;
      const who = calls === 1 ? 'The reader takes' : `The reader takes, in ${count(calls)} reads,`;
      this.#event('read', actor, {
        data,
        mark: 'pipe_read:take',
        says: `${who} ${bytes(gathered.bytes)}: *no slot is free of it yet*, and nobody is woken.`,
        routine: true,
        tasks,
      });
      return;
    }
    this.#meanwhile.writes += calls;
    this.#meanwhile.written_bytes += gathered.bytes;
    const room_bytes = ring.room_bytes;
    const isLast = room_bytes < this.#write_bytes % PAGE_SIZE_bytes;
    if (isLast) this.#saidUnused = ring.head - 1;
    const what = calls === 1 ? 'One more write merges' : `${count(calls)} more writes merge`;
    const left =
      room_bytes === 0
        ? ' It is full to the last byte.'
        : isLast
          ? ` *${capital(bytes(room_bytes))} stay unused there*: too few for ${this.#write_bytes < PAGE_SIZE_bytes ? 'one more' : 'the odd bytes of one more'}.`
          : '';
    this.#event('write', actor, {
      data,
      mark: 'pipe_write:merge',
      says: `${what} into slot ${ring.position(ring.head - 1) + 1}, ${bytes(gathered.bytes)}.${left}`,
      routine: true,
      tasks,
      beat: true,
    });
  }

  #tellMeanwhile(): void {
    const { writes, written_bytes, reads, read_bytes, sleeps, tasks } = this.#meanwhile;
    this.#meanwhile = nothing();
    if (tasks.size === 0) return;
    this.#record('meanwhile', 'pipe', {
      data: { writes, written_bytes, reads, read_bytes, sleeps },
      says: `And so on: ${bytes(written_bytes)} went in (writes: ${count(writes)}), ${bytes(read_bytes)} came out (reads: ${count(reads)})${sleeps ? `, writers fell asleep ${sleeps === 1 ? 'once' : `${count(sleeps)} times`}` : ''}.`,
      tasks: [...tasks],
    });
  }

  /** One event, or one more thing to sum up. */
  #event(kind: PipeEventKind, actor: string, telling: Telling): void {
    const { routine = false, tasks = [], beat = false } = telling;
    this.#tellGathered();
    const told = this.#told.get(kind) ?? 0;
    this.#told.set(kind, told + 1);
    if (routine && told > 0 && this.#recorder.events.length >= DETAILED) {
      for (const task of tasks) this.#meanwhile.tasks.add(task);
      if (this.#clock.now_us < this.#next_us) return;
      this.#pause_us ??= (this.#end_us - this.#clock.now_us) / SHARE;
      this.#next_us = this.#clock.now_us + this.#pause_us;
      this.#tellMeanwhile();
      return;
    }
    if (this.#recorder.events.length >= DETAILED) this.#tellMeanwhile();
    else this.#meanwhile = nothing();
    this.#record(kind, actor, { ...telling, beat: beat && told < BEATS });
  }

  #record(kind: PipeEventKind, actor: string, telling: Telling): void {
    const { data, says, mark, decision, beat = false, tasks = [] } = telling;
    for (const task of tasks) task.touch();
    // All kinds have data of the same form, but for one.
    this.#recorder.record({ kind, actor, data, says, mark, decision, beat } as Happening, 'last');
  }
}
