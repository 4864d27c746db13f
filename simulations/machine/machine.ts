/**
 * One machine: a kernel, its processes and its network namespace. Everything that an incident's programs ask for goes
 * through {@link runCall}; everything that a page shows of it is in {@link Machine.at}.
 */
import type { VirtualClock } from '../engine/clock.ts';
import type { Random } from '../engine/random.ts';
import { Census } from '../kernel/census.ts';
import type { Errno } from '../kernel/errno.ts';
import { Futexes } from '../kernel/futex.ts';
import { KERNELS, type KernelProfile, type KernelVersion } from '../kernel/profile.ts';
import { NetworkStack } from '../kernel/stack.ts';
import type { Truesize } from '../kernel/tcp/receive-buffer.ts';
import type { Cell, Shelf } from '../trace/history.ts';
import type { Recorded, Recorder } from '../trace/recorder.ts';
import { type Kernel, Process, type ProcessFields, type ProcessOptions } from './process.ts';
import type { Answer, SystemCall, Waiting } from './program.ts';
import { isSignal, SIGNALS } from './signal.ts';
import type { Inode, Lookup, MachineState, Pid, PipeState, ProcessState } from './state.ts';
import { type Callee, type Calls, callsOf, type Kind, runCall, type SocketTypes } from './syscalls.ts';
import { DEFAULT_SYSCTLS, type Sysctls } from './sysctl.ts';
import type { Thread } from './thread.ts';

export interface MachineOptions {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly kernel?: KernelVersion;
  /** Those that differ from the defaults. */
  readonly sysctl?: Partial<Sysctls>;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly random: Random;
  /** The device's MTU less 40 bytes, 60 over IPv6; that of Ethernet when left out. */
  readonly mss_bytes?: number;
  /** What a segment takes of a receive buffer, which depends on the device's driver; veth, when left out. */
  readonly truesize?: Truesize;
  /** Whether its sockets tell what they do; where there are thousands, the incident does. */
  readonly tells?: boolean;
  /** What its programs can open beside files and TCP sockets; nothing when left out. */
  readonly kinds?: readonly Kind[];
}

export class Machine implements Kernel, Callee, Recorded {
  readonly name: string;
  readonly version: KernelVersion;
  readonly kernel: KernelProfile;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly sysctl: { -readonly [N in keyof Sysctls]: Sysctls[N] };
  readonly stack: NetworkStack;
  readonly futexes: Futexes;
  readonly processShelf: Shelf<Pid, ProcessFields>;
  readonly processes = new Map<Pid, Process>();
  readonly census: Census;
  readonly pipeShelf: Shelf<Inode, PipeState>;
  readonly calls: Calls;
  readonly sockets: SocketTypes;
  readonly #sysctls: Cell<Sysctls>;

  constructor(options: MachineOptions) {
    const { name, addresses, kernel = '6.12', clock, recorder, random, mss_bytes, truesize, tells } = options;
    this.name = name;
    this.version = kernel;
    this.kernel = KERNELS[kernel];
    this.clock = clock;
    this.recorder = recorder;
    this.sysctl = { ...DEFAULT_SYSCTLS, ...options.sysctl };
    this.stack = new NetworkStack({
      name,
      addresses,
      kernel: this.kernel,
      sysctl: this.sysctl,
      clock,
      recorder,
      random,
      mss_bytes,
      truesize,
      tells,
    });
    this.futexes = new Futexes(clock, this.kernel.futex_wchan);
    this.processShelf = recorder.shelf();
    this.pipeShelf = recorder.shelf();
    this.census = new Census(recorder);
    const { calls, sockets } = callsOf(this.stack, options.kinds ?? []);
    this.calls = calls;
    this.sockets = sockets;
    this.#sysctls = recorder.cell({ state: () => ({ ...this.sysctl }) });
    recorder.introduce(this);
  }

  /** A new process, without threads: fork() and exec() by a parent that is not looked at. */
  spawn(options: ProcessOptions): Process {
    const process = this.#add(options);
    process.openStdio(options.stdio);
    return process;
  }

  /** fork() and what follows it: a process that has its parent's files. */
  fork(parent: Process, options: Omit<ProcessOptions, 'ppid' | 'stdio'>): Process {
    const child = this.#add({ ...options, ppid: parent.pid });
    parent.files.inheritTo(child.files, parent.pid);
    child.changed();
    return child;
  }

  #add(options: ProcessOptions): Process {
    const process = new Process(this, options);
    this.processes.set(options.pid, process);
    return process;
  }

  run(process: Process, thread: Thread, call: SystemCall): Answer | Waiting {
    return runCall(this, process, thread, call);
  }

  /** `kill_pid_info`: who is meant comes first, then what is sent. */
  kill(pid: Pid, signal: string): Errno | null {
    const process = this.processes.get(pid);
    if (process?.status !== 'running') return 'ESRCH';
    if (!SIGNALS.includes(signal)) return 'EINVAL';
    if (isSignal(signal)) process.deliver(signal);
    return null;
  }

  /** What is wrong with a write to a sysctl, or null. */
  sysctlProblem(name: string, value: number | readonly [number, number]): string | null {
    const now = (this.sysctl as unknown as Record<string, unknown>)[name];
    if (now === undefined)
      return `there is no sysctl "${name}" here; there is ${Object.keys(this.sysctl).join(', ')}`;
    const isPair = Array.isArray(now);
    if (isPair !== Array.isArray(value)) return `${name} takes ${isPair ? 'two numbers' : 'one number'}`;
    return [value].flat().every((each) => Number.isInteger(each) && each >= 0)
      ? null
      : `${name} takes whole numbers from 0 on`;
  }

  /** A write to a sysctl, from now on in force. */
  setSysctl(name: string, value: number | readonly [number, number]): void {
    Object.assign(this.sysctl, { [name]: value });
    this.#sysctls.touch();
  }

  at(index: number): MachineState {
    const fields = this.processShelf.at(index);
    const whole = (of: ProcessFields): ProcessState => {
      const process = this.processes.get(of.pid) as Process;
      return { ...of, fds: process.fdShelf.at(index), threads: process.threadShelf.at(index) };
    };
    return {
      name: this.name,
      addresses: this.stack.addresses,
      kernel: this.version,
      mtu_bytes: this.stack.mtu_bytes,
      sysctls: this.#sysctls.at(index) ?? this.sysctl,
      processes: mapped(fields, whole),
      sockets: this.stack.sockets.at(index),
      pipes: this.pipeShelf.at(index),
      neighbours: this.stack.neighbours.at(index),
      counters: this.stack.counters.at(index),
      census: this.census.at(index),
    };
  }
}

function mapped<K, A, B>(lookup: Lookup<K, A>, to: (value: A) => B): Lookup<K, B> {
  return {
    get: (key) => {
      const value = lookup.get(key);
      return value === undefined ? undefined : to(value);
    },
    *entries() {
      for (const [key, value] of lookup.entries()) yield [key, to(value)] as const;
    },
    *values() {
      for (const value of lookup.values()) yield to(value);
    },
  };
}
