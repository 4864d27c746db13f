/**
 * A thread: a program, and where it stands.
 *
 * Left out: scheduling. A runnable thread runs at once and its own code takes no time.
 */
import { setup } from 'xstate';
import { Chart } from '../engine/chart.ts';
import type { VirtualClock } from '../engine/clock.ts';
import type { Reasoned } from '../kernel/answer.ts';
import type { Cell, Shelf, Source } from '../trace/history.ts';
import type { Answer, Program, SystemCall, Waiting } from './program.ts';
import type { Sleep } from './sleep.ts';
import type { CallState, Frame, Pid, ThreadState, Tid } from './state.ts';

/** The life of a thread. The region decides what it may do. */
export const threadMachine = setup({
  types: { events: {} as { type: 'BLOCK' | 'WAKE' | 'EXIT' | 'KILL' } },
}).createMachine({
  id: 'thread',
  initial: 'running',
  states: {
    running: { on: { BLOCK: 'asleep', EXIT: 'exited', KILL: 'killed' } },
    asleep: { on: { WAKE: 'running', KILL: 'killed' } },
    exited: { type: 'final' },
    killed: { type: 'final' },
  },
});

/** What a thread needs of the process that it belongs to. */
export interface ThreadOwner {
  readonly pid: Pid;
  readonly clock: VirtualClock;
  readonly threadShelf: Shelf<Tid, ThreadState>;
  /** Runs a system call for a thread. */
  call(thread: Thread, call: SystemCall): Answer | Waiting;
  called(thread: Thread, call: SystemCall): void;
  slept(thread: Thread, sleep: Sleep): void;
  /** @param blocked_us microseconds between call and return @returns false where a signal keeps it from returning */
  returns(thread: Thread, call: SystemCall, answer: Reasoned, blocked_us: number): boolean;
  /** @param call the call it was blocked in when it was killed, or null */
  ended(thread: Thread, how: 'exited' | 'killed', call: SystemCall | null): void;
}

export class Thread implements Source<ThreadState> {
  readonly tid: Tid;
  /** What its program calls it; the actor of its events. */
  readonly name: string;
  readonly #program: Program | null;
  readonly #owner: ThreadOwner;
  readonly #chart = new Chart(threadMachine);
  readonly #cell: Cell<ThreadState>;
  #frames: readonly Frame[] = [];
  #pending: { call: SystemCall; waiting: Waiting; stop: () => void; since_us: number } | null = null;
  /** Bytes that the write() it is in has yet to write. */
  #left_bytes: number | undefined;

  /** @param program null where a person makes the calls, one by one */
  constructor(tid: Tid, name: string, program: Program | null, owner: ThreadOwner) {
    this.tid = tid;
    this.name = name;
    this.#program = program;
    this.#owner = owner;
    this.#cell = owner.threadShelf.open(tid, this);
  }

  get pid(): Pid {
    return this.#owner.pid;
  }

  /** A call says that it puts the thread to sleep. */
  sleeps(sleep: Sleep): void {
    this.#owner.slept(this, sleep);
  }

  /** `running`, `asleep`, `exited` or `killed`. */
  get status(): string {
    return this.#chart.state();
  }

  /** Whether its program can still run. */
  get isAlive(): boolean {
    return this.status === 'running' || this.status === 'asleep';
  }

  /** The call that it is blocked in, or null. */
  get blockedIn(): SystemCall | null {
    return this.#pending?.call ?? null;
  }

  /** Since when it has been blocked, in µs, or null while it runs. */
  get asleepSince_us(): number | null {
    return this.#pending?.since_us ?? null;
  }

  /** Its program says where it is, the innermost function first. */
  at(frames: readonly Frame[]): void {
    this.#frames = frames;
    this.#cell.touch();
  }

  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** A write() that sleeps says how much it has yet to write. */
  set left_bytes(bytes: number) {
    this.#left_bytes = bytes;
    this.#cell.touch();
  }

  /** Runs the program until it blocks or ends. */
  start(): void {
    if (this.#program) this.#proceed(this.#program.next());
  }

  /** A person makes a call. @returns the answer, or null where the call sleeps */
  make(call: SystemCall): Answer | null {
    this.#owner.called(this, call);
    const answer = this.#owner.call(this, call);
    if (!this.isAlive) return null;
    if ('wait' in answer) {
      this.#block(call, answer);
      return null;
    }
    this.#owner.returns(this, call, answer, 0);
    return answer;
  }

  /** A signal with a handler: a blocked call returns early with its own errno (EINTR, mostly). */
  interrupt(): void {
    const pending = this.#pending;
    if (!pending) return;
    pending.stop();
    this.#wake(pending.waiting.interrupted());
  }

  /** SIGKILL: the program never runs again. Nothing happens to a thread that has ended. */
  kill(): void {
    if (!this.isAlive) return;
    const call = this.blockedIn;
    this.#pending?.stop();
    this.#pending = null;
    this.#enter('KILL');
    this.#owner.ended(this, 'killed', call);
  }

  #enter(type: 'BLOCK' | 'WAKE' | 'EXIT' | 'KILL'): void {
    this.#chart.send(type);
    this.#cell.touch();
  }

  #proceed(step: IteratorResult<SystemCall, void>): void {
    while (!step.done) {
      const call = step.value;
      this.#owner.called(this, call);
      const answer = this.#owner.call(this, call);
      if (!this.isAlive) return;
      if ('wait' in answer) {
        this.#block(call, answer);
        return;
      }
      if (!this.#owner.returns(this, call, answer, 0)) return;
      step = (this.#program as Program).next(answer);
    }
    this.#enter('EXIT');
    this.#owner.ended(this, 'exited', null);
  }

  #block(call: SystemCall, waiting: Waiting): void {
    this.#enter('BLOCK');
    const pending = { call, waiting, stop: () => {}, since_us: this.#owner.clock.now_us };
    this.#pending = pending;
    // An answer that comes twice, or late, is not one to the call that the thread is in by then.
    pending.stop = waiting.wait((answer) => {
      if (this.#pending === pending) this.#wake(answer);
    });
  }

  #wake(answer: Answer): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = null;
    this.#left_bytes = undefined;
    // Told first: the snapshot of the event shows what the thread is after it.
    if (!this.#owner.returns(this, pending.call, answer, this.#owner.clock.now_us - pending.since_us)) return;
    this.#enter('WAKE');
    if (this.#program) this.#proceed(this.#program.next(answer));
  }

  state(): ThreadState {
    const { tid, name, status } = this;
    return {
      tid,
      name,
      runs: status === 'running' || status === 'asleep' ? status : 'dead',
      call: this.#call(),
      frames: this.#frames,
    };
  }

  #call(): CallState | null {
    if (!this.#pending) return null;
    const { call, waiting, since_us } = this.#pending;
    const left_bytes = this.#left_bytes;
    return {
      name: call.name,
      args: call.args,
      since_us,
      wchan: waiting.wchan,
      deadline_us: waiting.until_us,
      ...(left_bytes !== undefined && { left_bytes }),
    };
  }
}
