/**
 * Programs and the processes that run them.
 *
 * A program is a generator that yields system calls and is sent back their answers, so it reads
 * like the code that had the incident, and a call can block it.
 *
 * Left out: scheduling. A runnable process runs at once and its own code takes no time.
 */
import { type AnyStateMachine, setup } from 'xstate';
import type { VirtualClock } from './clock.ts';
import type { Json } from './trace.ts';

/** A request to the kernel. Arguments by name, so that a tool can print them. */
export interface SystemCall {
  readonly name: string;
  readonly args: { readonly [name: string]: Json };
}

/** What a finished call gives back. */
export interface Answer {
  /** The return value; −1 when `errno` is set. */
  readonly value: number;
  /** The error's name, or null. */
  readonly errno: string | null;
  /** What the call wrote through pointers, such as revents. */
  readonly out?: { readonly [name: string]: Json };
}

/** What a call that must wait gives back. */
export interface Waiting {
  /** Calls `done` once, later. @returns a function that stops the wait. */
  wait(done: (answer: Answer) => void): () => void;
  /** The answer when a signal handler interrupts the wait. */
  interrupted(): Answer;
}

/** The code of a process, or a part of it that gives something back. */
export type Program<T = void> = Generator<SystemCall, T, Answer>;

/** Runs a system call for a process. */
export type Kernel = (call: SystemCall, process: Process) => Answer | Waiting;

/** Who calls, as a witness names it. */
export type Caller = Pick<Process, 'name' | 'pid'>;

/** What a process tells about itself while it runs. */
export interface Witness {
  called(process: Caller, call: SystemCall): void;
  /** @param blocked_us microseconds between call and return */
  returned(process: Caller, call: SystemCall, answer: Answer, blocked_us: number): void;
  /** @param call the call it was blocked in when it was killed, or null */
  ended(process: Caller, how: 'exited' | 'killed', call: SystemCall | null): void;
}

/** The life of a process. */
export const processMachine = setup({
  types: { events: {} as { type: 'BLOCK' | 'WAKE' | 'EXIT' | 'KILL' } },
}).createMachine({
  id: 'process',
  initial: 'running',
  states: {
    running: { on: { BLOCK: 'blocked', EXIT: 'exited', KILL: 'killed' } },
    blocked: { on: { WAKE: 'running', KILL: 'killed' } },
    exited: { type: 'final' },
    killed: { type: 'final' },
  },
});

/** One process: a program, and where it stands. */
export class Process {
  readonly name: string;
  readonly pid: number;
  readonly #program: Program;
  readonly #kernel: Kernel;
  readonly #clock: VirtualClock;
  readonly #witness: Witness;
  #status = 'running';
  #pending: { call: SystemCall; waiting: Waiting; stop: () => void; since_us: number } | null = null;

  constructor(options: {
    name: string;
    pid: number;
    program: Program;
    kernel: Kernel;
    clock: VirtualClock;
    witness: Witness;
  }) {
    this.name = options.name;
    this.pid = options.pid;
    this.#program = options.program;
    this.#kernel = options.kernel;
    this.#clock = options.clock;
    this.#witness = options.witness;
  }

  /** `running`, `blocked`, `exited` or `killed`. */
  get status(): string {
    return this.#status;
  }

  /** The call that it is blocked in, or null. */
  get blockedIn(): SystemCall | null {
    return this.#pending?.call ?? null;
  }

  /** Runs the program until it blocks or ends. */
  start(): void {
    this.#proceed(this.#program.next());
  }

  /** A signal with a handler: a blocked call returns early with its own errno (EINTR, mostly). */
  interrupt(): void {
    const pending = this.#pending;
    if (!pending) return;
    pending.stop();
    this.#wake(pending.waiting.interrupted());
  }

  /** SIGKILL: the program never runs again. Nothing happens to a process that has ended. */
  kill(): void {
    if (this.status === 'exited' || this.status === 'killed') return;
    const call = this.blockedIn;
    this.#pending?.stop();
    this.#pending = null;
    this.#enter('KILL');
    this.#witness.ended(this, 'killed', call);
  }

  /** Looks up where an event leads: a table costs less than an actor, and there are many events. */
  #enter(type: string): void {
    const { states } = (processMachine as AnyStateMachine).root;
    this.#status = states[this.#status]?.transitions.get(type)?.[0]?.target?.[0]?.key ?? this.#status;
  }

  #proceed(step: IteratorResult<SystemCall, void>): void {
    while (!step.done) {
      const call = step.value;
      this.#witness.called(this, call);
      const answer = this.#kernel(call, this);
      if ('wait' in answer) {
        this.#block(call, answer);
        return;
      }
      this.#witness.returned(this, call, answer, 0);
      step = this.#program.next(answer);
    }
    this.#enter('EXIT');
    this.#witness.ended(this, 'exited', null);
  }

  #block(call: SystemCall, waiting: Waiting): void {
    this.#enter('BLOCK');
    const stop = waiting.wait((answer) => this.#wake(answer));
    this.#pending = { call, waiting, stop, since_us: this.#clock.now_us };
  }

  #wake(answer: Answer): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = null;
    this.#enter('WAKE');
    this.#witness.returned(this, pending.call, answer, this.#clock.now_us - pending.since_us);
    this.#proceed(this.#program.next(answer));
  }
}
