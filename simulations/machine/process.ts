/**
 * A process: its descriptors, its threads, and how it ends.
 *
 * Left out: process groups, sessions, wait() by a parent, signals with a handler but for an interrupted call.
 */
import type { VirtualClock } from '../engine/clock.ts';
import type { Reasoned } from '../kernel/answer.ts';
import type { Cell, Shelf, Source } from '../trace/history.ts';
import type { Recorder } from '../trace/recorder.ts';
import { Device } from './device.ts';
import { OpenFile } from './file.ts';
import { Descriptor, FileTable } from './file-table.ts';
import type { Narrator } from './narrator.ts';
import type { Answer, Program, SystemCall, Waiting } from './program.ts';
import { isDeadly, type Signal } from './signal.ts';
import type { Sleep } from './sleep.ts';
import type { DescriptorState, Fd, Pid, ProcessState, ThreadState, Tid } from './state.ts';
import { Thread, type ThreadOwner } from './thread.ts';

/** What a process needs of the machine that it runs on. */
export interface Kernel {
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly processShelf: Shelf<Pid, ProcessFields>;
  /** Runs a system call for a thread. */
  run(process: Process, thread: Thread, call: SystemCall): Answer | Waiting;
}

export interface ProcessOptions {
  readonly pid: Pid;
  /** `/proc/PID/comm`. */
  readonly comm: string;
  readonly argv?: readonly string[];
  readonly ppid?: Pid;
  readonly uid?: number;
  /** RLIMIT_NOFILE; 1,024 when left out. */
  readonly nofile?: number;
  /** Whether SIGPIPE is ignored (Python, most servers); else it kills. Ignored when left out. */
  readonly ignoresSigpipe?: boolean;
  /** The open files of descriptors 0, 1 and 2, which its parent has passed on; /dev/null where left out. */
  readonly stdio?: readonly (OpenFile | undefined)[];
  readonly narrator: Narrator;
}

/** A process without what is looked up in it. */
export type ProcessFields = Omit<ProcessState, 'fds' | 'threads'>;

export class Process implements ThreadOwner, Source<ProcessFields> {
  readonly pid: Pid;
  readonly ppid: Pid;
  readonly uid: number;
  readonly comm: string;
  readonly argv: readonly string[];
  readonly ignoresSigpipe: boolean;
  readonly files: FileTable;
  readonly fdShelf: Shelf<Fd, DescriptorState>;
  readonly threadShelf: Shelf<Tid, ThreadState>;
  readonly narrator: Narrator;
  readonly threads: Thread[] = [];
  readonly #kernel: Kernel;
  readonly #cell: Cell<ProcessFields>;
  #status: 'running' | 'exited' | 'killed' = 'running';
  #signal: Signal | null = null;
  #state: ProcessFields | null = null;

  constructor(kernel: Kernel, options: ProcessOptions) {
    const { pid, comm, argv = [comm], ppid = 1, uid = 1000, nofile = 1024, ignoresSigpipe = true } = options;
    this.#kernel = kernel;
    this.pid = pid;
    this.ppid = ppid;
    this.uid = uid;
    this.comm = comm;
    this.argv = argv;
    this.ignoresSigpipe = ignoresSigpipe;
    this.narrator = options.narrator;
    this.fdShelf = kernel.recorder.shelf();
    this.threadShelf = kernel.recorder.shelf();
    this.files = new FileTable(nofile, this.fdShelf);
    this.#cell = kernel.processShelf.open(pid, this);
  }

  /** It begins with standard input, output and error. */
  openStdio(stdio: ProcessOptions['stdio'] = []): void {
    for (let i = 0; i < 3; i++) {
      const open = stdio[i] ?? new OpenFile(new Device('/dev/null', 'u'));
      this.files.install(i, new Descriptor(open, false, this.ppid));
    }
    this.changed();
  }

  get clock(): VirtualClock {
    return this.#kernel.clock;
  }

  get status(): string {
    return this.#status;
  }

  /** A thread; start it when all are made. @param program null where a person makes the calls @param tid the process id for the first, when left out */
  thread(name: string, program: Program | null, tid: Tid = this.pid + this.threads.length): Thread {
    const thread = new Thread(tid, name, program, this);
    this.threads.push(thread);
    return thread;
  }

  call(thread: Thread, call: SystemCall): Answer | Waiting {
    return this.#kernel.run(this, thread, call);
  }

  called(thread: Thread, call: SystemCall): void {
    this.narrator.called(thread, call);
  }

  slept(thread: Thread, sleep: Sleep): void {
    this.narrator.slept(thread, sleep);
  }

  /** A signal is delivered on the way back from a call, which then never returns. */
  returns(thread: Thread, call: SystemCall, answer: Reasoned, blocked_us: number): boolean {
    if (answer.out?.signal === 'SIGPIPE' && !this.ignoresSigpipe) {
      this.kill('SIGPIPE');
      return false;
    }
    this.narrator.returned(thread, call, answer, blocked_us);
    return true;
  }

  ended(thread: Thread, how: 'exited' | 'killed', call: SystemCall | null): void {
    this.narrator.ended(thread, how, call, this.#signal);
    if (how === 'exited' && this.threads.every(({ isAlive }) => !isAlive)) this.#end('exited');
  }

  /** A signal from kill(): it ends the process, or does nothing to it. */
  deliver(signal: Signal): void {
    if (isDeadly(signal) && !(signal === 'SIGPIPE' && this.ignoresSigpipe)) this.kill(signal);
  }

  /** A signal that nobody handles: every thread stops where it is, and the kernel closes what the process had. */
  kill(signal: Signal = 'SIGKILL'): void {
    if (this.#status !== 'running') return;
    this.#signal = signal;
    for (const thread of this.threads) thread.kill();
    this.#end('killed');
  }

  /** The descriptors in use have changed. */
  changed(): void {
    this.#state = null;
    this.#cell.touch();
  }

  #end(how: 'exited' | 'killed'): void {
    if (this.#status !== 'running') return;
    this.#status = how;
    for (const [fd] of this.files.entries()) this.release(fd, null);
    this.changed();
    this.narrator.closed?.();
  }

  /** Gives up a descriptor: `filp_close`. @returns what close() answers, or null where there is no such descriptor */
  release(fd: Fd, thread: Thread | null): Reasoned | Waiting | null {
    const descriptor = this.files.free(fd);
    if (!descriptor) return null;
    this.changed();
    const { open, file } = descriptor;
    if (open.refs > 0) return { value: 0, errno: null };
    for (const tell of [...open.onRelease]) tell();
    return file.close(thread);
  }

  state(): ProcessFields {
    const { pid, ppid, uid, comm, argv } = this;
    this.#state ??= {
      pid,
      ppid,
      uid,
      comm,
      argv,
      limits: { nofile: this.files.nofile },
      status: this.#status,
      signal: this.#signal,
      open_fds: this.files.open,
    };
    return this.#state;
  }
}
