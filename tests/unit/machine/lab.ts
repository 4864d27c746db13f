/** Machines on one link, and programs on them that tell what they get. */
import { VirtualClock } from '#simulations/engine/clock.ts';
import type { Json } from '#simulations/engine/json.ts';
import { Random } from '#simulations/engine/random.ts';
import { ALL_KINDS } from '#simulations/machine/kinds/all.ts';
import { Machine } from '#simulations/machine/machine.ts';
import { type Narrator, SILENT } from '#simulations/machine/narrator.ts';
import type { Process, ProcessOptions } from '#simulations/machine/process.ts';
import type { Program } from '#simulations/machine/program.ts';
import type { MachineState } from '#simulations/machine/state.ts';
import type { Sysctls } from '#simulations/machine/sysctl.ts';
import type { Thread } from '#simulations/machine/thread.ts';
import { Link } from '#simulations/network/link.ts';
import { Recorder } from '#simulations/trace/recorder.ts';

/** Notes a line with the time in ms. */
export type Say = (...words: unknown[]) => void;

export interface LabOptions {
  readonly rtt_ms?: number;
  readonly sysctl?: Partial<Sysctls>;
}

export class Lab {
  readonly clock = new VirtualClock();
  readonly recorder = new Recorder(this.clock);
  readonly log: string[] = [];
  readonly #machines: readonly Machine[];
  #pids = 1000;

  /** @param names the first has 192.0.2.1, the next 192.0.2.2 and so on */
  constructor(names: readonly string[] = ['host', 'other'], { rtt_ms = 0, sysctl = {} }: LabOptions = {}) {
    const { clock, recorder } = this;
    const random = new Random(1);
    this.#machines = names.map(
      (name, i) =>
        new Machine({
          name,
          addresses: [addressOf(i + 1)],
          sysctl,
          clock,
          recorder,
          random,
          kinds: ALL_KINDS,
        }),
    );
    const ends = this.#machines.map(({ stack }) => stack);
    const link = new Link({ ends, rtt_us: rtt_ms * 1000, rules: [], clock, recorder, random });
    for (const end of ends) end.plug(link);
  }

  /** A machine by its place in the list of names, from 1. */
  machine(number = 1): Machine {
    return this.#machines[number - 1] as Machine;
  }

  process(more: Partial<ProcessOptions> = {}, machine = this.machine()): Process {
    return machine.spawn({ pid: ++this.#pids, comm: 'program', narrator: SILENT, ...more });
  }

  /** A program that begins at once; a process of its own, when left out. */
  run(code: (say: Say) => Program, process: Process = this.process(), name = 'thread'): Thread {
    const say: Say = (...words) =>
      void this.log.push([this.clock.now_us / 1000, ...words.map(inWords)].join(' '));
    const thread = process.thread(name, code(say));
    thread.start();
    return thread;
  }

  /** A thread whose calls a test makes. */
  hand(process: Process = this.process()): Hand {
    return new Hand(process.thread('hand', null), this.clock);
  }

  /** Time passes; what can still happen at this moment happens first. */
  wait(ms = 0): void {
    this.clock.advance(ms * 1000);
  }

  /** The machine as it is now. */
  now(machine = this.machine()): MachineState {
    const { worldAt, events } = this.recorder.finish('lab', {}, null);
    return worldAt(events.length).machines[machine.name] as MachineState;
  }
}

/** Makes calls one by one. */
export class Hand {
  readonly thread: Thread;
  readonly #clock: VirtualClock;

  constructor(thread: Thread, clock: VirtualClock) {
    this.thread = thread;
    this.#clock = clock;
  }

  /** A call's value, its errno, or `sleeps`. */
  call(name: string, args: { readonly [name: string]: Json } = {}): number | string {
    const answer = this.thread.make({ name, args });
    this.#clock.advance(0);
    return answer ? (answer.errno ?? answer.value) : 'sleeps';
  }

  /** What a call wrote through pointers. */
  out(name: string, args: { readonly [name: string]: Json } = {}): { readonly [name: string]: Json } {
    const answer = this.thread.make({ name, args });
    if (!answer) throw new Error(`${name}() sleeps`);
    return answer.out ?? {};
  }
}

export const addressOf = (number: number): string => `192.0.2.${number}`;

/** A narrator that writes down what a test asks for. */
export const noting = (more: Partial<Narrator>): Narrator => ({ ...SILENT, ...more });

const inWords = (word: unknown): string =>
  word !== null && typeof word === 'object' ? JSON.stringify(word) : String(word);
