/**
 * The system calls of programs that share one pipe, and the processes that make them.
 *
 * Left out: descriptors (each process holds one end of the one pipe, its standard output so to speak), and every
 * signal but SIGPIPE.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import { type Answer, Process, type Program, type SystemCall, type Waiting } from '../../engine/process.ts';
import type { Journal } from './journal.ts';
import type { Pipe } from './pipe.ts';
import { Sleeper } from './sleeper.ts';
import { PipeWrite, type Stretch, type WriteWitness } from './write.ts';

type Call = Generator<SystemCall, Answer, Answer>;

function* call(name: string, args: { readonly [name: string]: number }): Call {
  return yield { name, args };
}

/** The calls as a program makes them. */
export const sys = {
  /** @param bytes at least 1 */
  write: (bytes: number) => call('write', { bytes }),
  /** Waits for POLLOUT, for ever. */
  poll: () => call('poll', {}),
  /** @param bytes at least 1; the answer 0 is the end of the file */
  read: (bytes: number) => call('read', { bytes }),
  nanosleep: (ms: number) => call('nanosleep', { ms }),
  /** Sleeps until a signal comes, and none does. */
  pause: () => call('pause', {}),
};

/** One process at the pipe, and what it has done so far. */
export interface Task {
  readonly name: string;
  readonly end: 'read' | 'write';
  readonly sleeper: Sleeper;
  /** Whole calls of write() or read(), and the bytes that they returned. */
  calls: number;
  returned_bytes: number;
  /** Bytes that the call it is in has yet to write. */
  left_bytes: number;
  /** The call it is in, or null. */
  call: string | null;
  /** When it last fell asleep in write(), poll() or read(); null while it runs. */
  asleep_since_us: number | null;
  /** `running`, `exited`, or the signal that killed it. */
  status: string;
}

/** What the run has come to; the incident's outcome is made of it. */
export interface Tally {
  accepted_bytes: number;
  blocked_at_us: number | null;
  /** What the last write() that failed gave its program. */
  errno: 'EAGAIN' | 'EPIPE' | null;
  signal: 'SIGPIPE' | null;
  wakeups: { at_us: number; free_bytes: number }[];
  pollout_at_free_bytes: number | null;
}

const never: Waiting = { wait: () => () => {}, interrupted: () => ({ value: -1, errno: 'EINTR' }) };

/** The kernel of the processes that share a pipe. */
export class PipeCalls {
  readonly tally: Tally = {
    accepted_bytes: 0,
    blocked_at_us: null,
    errno: null,
    signal: null,
    wakeups: [],
    pollout_at_free_bytes: null,
  };
  readonly #pipe: Pipe;
  readonly #clock: VirtualClock;
  readonly #journal: Journal;
  readonly #nonblocking: boolean;
  readonly #ignoresSigpipe: boolean;
  readonly #holders = { read: 0, write: 0 };
  /** The last event that woke sleeping writers, until one of them has gone on. */
  #cause: { at_us: number; free_bytes: number } | null = null;

  constructor(options: {
    pipe: Pipe;
    clock: VirtualClock;
    journal: Journal;
    /** O_NONBLOCK on the write end. */
    nonblocking: boolean;
    /** SIG_IGN for SIGPIPE. */
    ignoresSigpipe: boolean;
  }) {
    this.#pipe = options.pipe;
    this.#clock = options.clock;
    this.#journal = options.journal;
    this.#nonblocking = options.nonblocking;
    this.#ignoresSigpipe = options.ignoresSigpipe;
  }

  /** A process that holds one end of the pipe, and closes it when it ends. Start it when all are made. */
  spawn(
    name: string,
    pid: number,
    end: 'read' | 'write',
    program: Program,
  ): { task: Task; process: Process } {
    const sleeper = new Sleeper(name, this.#pipe, this.#clock);
    const task: Task = {
      name,
      end,
      sleeper,
      calls: 0,
      returned_bytes: 0,
      left_bytes: 0,
      call: null,
      asleep_since_us: null,
      status: 'running',
    };
    this.#holders[end]++;
    this.#journal.introduce(task);
    const process = new Process({
      name,
      pid,
      program,
      kernel: (systemCall, self) => this.#run(task, systemCall, self),
      clock: this.#clock,
      witness: { called: () => {}, returned: () => {}, ended: (_, how) => this.#ended(task, how) },
    });
    return { task, process };
  }

  #run(task: Task, { name, args }: SystemCall, process: Process): Answer | Waiting {
    task.call = name;
    switch (name) {
      case 'write':
        return this.#write(task, Number(args.bytes), process);
      case 'poll':
        return this.#poll(task);
      case 'read':
        return this.#read(task, Number(args.bytes));
      case 'nanosleep':
        return {
          wait: (done) => {
            const timer = this.#clock.after(Number(args.ms) * 1000, () => done({ value: 0, errno: null }));
            return () => this.#clock.clearTimeout(timer);
          },
          interrupted: never.interrupted,
        };
      default:
        return never;
    }
  }

  #write(task: Task, bytes: number, process: Process): Answer | Waiting {
    const write = new PipeWrite(this.#pipe, bytes, !this.#nonblocking);
    const stretch = write.run();
    const witness = this.#witness(task);
    witness.put(write, stretch);
    if (stretch.end === 'full' && !this.#nonblocking)
      return {
        wait: (done) => {
          write.sleep(task.sleeper, witness, (last) => {
            if (last.end === 'broken' && !this.#ignoresSigpipe) this.#die(task, process, true);
            else done(this.#written(task, write, last));
          });
          return () => {};
        },
        interrupted: never.interrupted,
      };
    // A signal is delivered on the way back from the call, which therefore never returns.
    if (stretch.end === 'broken' && !this.#ignoresSigpipe)
      return {
        wait: () => {
          this.#die(task, process, write.hasSlept);
          return () => {};
        },
        interrupted: never.interrupted,
      };
    return this.#written(task, write, stretch);
  }

  /** Keeps the books of a write. */
  #witness(task: Task): WriteWitness {
    return {
      put: (write, stretch) => {
        this.tally.accepted_bytes += stretch.bytes;
        const returns = { done: true, full: this.#nonblocking, broken: this.#ignoresSigpipe }[stretch.end];
        task.left_bytes = returns ? 0 : write.left;
        if (returns && write.ret > 0) {
          task.calls++;
          task.returned_bytes += write.ret;
        }
        this.#journal.wrote(task, write, stretch);
      },
      slept: (write) => {
        this.tally.blocked_at_us ??= this.#clock.now_us;
        task.asleep_since_us = this.#clock.now_us;
        this.#journal.slept(task, write);
      },
      sleptAgain: () => this.#journal.sleptAgain(task),
      woke: () => this.#wentOn(task),
    };
  }

  /** What write() returns: the bytes that it wrote, or the error when it wrote none. */
  #written(task: Task, write: PipeWrite, { end, woken }: Stretch): Answer {
    this.#journal.wokeNext(task, woken);
    if (write.ret > 0) {
      if (end !== 'done') this.#journal.wroteShort(task, write, end);
      return { value: write.ret, errno: null };
    }
    const errno = end === 'broken' ? 'EPIPE' : 'EAGAIN';
    this.tally.errno = errno;
    this.#journal.failed(task, errno, write.hasSlept);
    return { value: -1, errno };
  }

  #die(task: Task, process: Process, hasSlept: boolean): void {
    this.tally.signal = 'SIGPIPE';
    task.status = 'SIGPIPE';
    this.#journal.killed(task, hasSlept);
    process.kill();
  }

  #poll(task: Task): Answer | Waiting {
    const revents = this.#pipe.poll();
    if (revents.length > 0) return { value: 1, errno: null };
    return {
      wait: (done) => {
        task.asleep_since_us = this.#clock.now_us;
        const goOn = () => {
          this.#wentOn(task);
          this.#journal.polled(task, this.#pipe.poll());
          done({ value: 1, errno: null });
        };
        task.sleeper.sleep('POLL', goOn, () => {});
        this.#journal.sleptInPoll(task);
        return () => {};
      },
      interrupted: never.interrupted,
    };
  }

  #wentOn(task: Task): void {
    task.asleep_since_us = null;
    if (this.#cause) this.tally.wakeups.push(this.#cause);
    this.#cause = null;
  }

  #read(task: Task, bytes: number): Answer | Waiting {
    const answer = this.#tryRead(task, bytes);
    if (answer) return answer;
    return {
      wait: (done) => {
        task.asleep_since_us = this.#clock.now_us;
        const look = () => {
          if (task.status !== 'running') return;
          const later = this.#tryRead(task, bytes);
          if (later) done(later);
          else this.#pipe.rd_wait.add(waiter);
        };
        const waiter = {
          name: task.name,
          exclusive: true,
          wake: () => this.#clock.after(0, look, 'arrival'),
        };
        this.#pipe.rd_wait.add(waiter);
        this.#journal.readerSlept(task);
        return () => this.#pipe.rd_wait.remove(waiter);
      },
      interrupted: never.interrupted,
    };
  }

  #tryRead(task: Task, bytes: number): Answer | null {
    const read = this.#pipe.read(bytes);
    if (read.ret === null) return null;
    task.asleep_since_us = null;
    task.calls++;
    task.returned_bytes += read.ret;
    const { free_bytes } = this.#pipe;
    if (read.wasFull && !this.#pipe.isFull) this.tally.pollout_at_free_bytes ??= free_bytes;
    if (read.woken.length > 0) this.#cause = { at_us: this.#clock.now_us, free_bytes };
    this.#journal.read(task, read, bytes);
    return { value: read.ret, errno: null };
  }

  #ended(task: Task, how: 'exited' | 'killed'): void {
    task.status = how === 'killed' ? 'SIGPIPE' : 'exited';
    task.call = null;
    task.sleeper.end();
    this.#holders[task.end]--;
    const isLast = this.#holders[task.end] === 0;
    const woken = isLast ? this.#pipe.release(task.end) : [];
    if (woken.length > 0 && task.end === 'read')
      this.#cause = { at_us: this.#clock.now_us, free_bytes: this.#pipe.free_bytes };
    this.#journal.ended(task, isLast, woken);
  }
}
