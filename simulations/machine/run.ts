/**
 * One run: its clock, its recorder, its machines, and what a person does to it on the way. An incident makes one, puts
 * machines into it, starts its programs, and lets it go to its end.
 */
import { VirtualClock } from '../engine/clock.ts';
import type { Json } from '../engine/json.ts';
import { Random } from '../engine/random.ts';
import type { Rule } from '../network/link.ts';
import { Link } from '../network/link.ts';
import { packetName } from '../network/packet.ts';
import type { TraceEvent } from '../trace/event.ts';
import { Recorder } from '../trace/recorder.ts';
import type { Trace } from '../trace/trace.ts';
import { type Action, actionText } from './action.ts';
import { Machine, type MachineOptions } from './machine.ts';
import { CallNarrator } from './narrator.ts';
import { SIGNALS } from './signal.ts';
import type { Thread } from './thread.ts';

/** Deadlines between two rests: about a millisecond of work. */
const SLICE = 64;

/** A run in slices: what it yields is how many events there are. */
export type Slices<T = void> = Generator<number, T, void>;

/** The pid of the shell in which a person makes calls. */
const SHELL_PID = 9001;

export interface RunOptions {
  readonly actions?: readonly Action[];
  /** Picks ports, sequence numbers and timestamps. */
  readonly seed?: number;
  /** A sentence that the incident adds to a beat. */
  aside?(beat: TraceEvent): string;
}

export class Run {
  readonly clock = new VirtualClock();
  readonly recorder: Recorder;
  readonly random: Random;
  readonly #machines = new Map<string, Machine>();
  readonly #actions: readonly Action[];
  readonly #shells = new Map<string, Thread>();
  #link: Link | null = null;
  #done = 0;

  constructor({ actions = [], seed = 1, aside }: RunOptions = {}) {
    this.recorder = new Recorder(this.clock, aside);
    this.random = new Random(seed);
    this.#actions = [...actions].sort((a, b) => a.at - b.at);
  }

  /** A machine of this run. */
  machine(options: Omit<MachineOptions, 'clock' | 'recorder' | 'random'>): Machine {
    const { clock, recorder, random } = this;
    const machine = new Machine({ ...options, clock, recorder, random });
    this.#machines.set(machine.name, machine);
    return machine;
  }

  /** Joins the machines by a wire. @param rtt_us there and back */
  join(machines: readonly Machine[], rtt_us: number, rules: readonly Rule[] = []): Link {
    const { clock, recorder, random } = this;
    const ends = machines.map(({ stack }) => stack);
    const link = new Link({ ends, rtt_us, rules, clock, recorder, random });
    for (const stack of ends) stack.plug(link);
    this.#link = link;
    return link;
  }

  /**
   * Goes on until nothing is due. Rests now and then and says how many events there are, so that whoever waits for it
   * can do something else.
   * @throws RangeError after so many deadlines: a run that never ends is a defect
   */
  *drain(limit = 5_000_000): Slices {
    this.#act();
    for (let count = 1; this.clock.step(); count++) {
      if (count > limit) throw new RangeError(`the run did not end within ${limit} deadlines`);
      this.#act();
      if (count % SLICE === 0) yield this.recorder.events.length;
    }
  }

  /** Goes on until so many microseconds since it began, and rests as {@link drain} does. */
  *until(end_us: number): Slices {
    this.#act();
    let count = 0;
    for (let next = this.clock.next_us; next !== null && next <= end_us; next = this.clock.next_us) {
      this.clock.step();
      this.#act();
      if (++count % SLICE === 0) yield this.recorder.events.length;
    }
    this.clock.advance(end_us - this.clock.now_us);
  }

  /** @param verdict what it came to, with its numbers, in one or two sentences */
  finish<Outcome, Programs = unknown>(
    simulation: string,
    parameters: Readonly<Record<string, Json>>,
    outcome: Outcome,
    verdict: string,
  ): Trace<Outcome, Programs> {
    const actions = this.#actions as unknown as Json;
    const given = this.#actions.length > 0 ? { ...parameters, actions } : parameters;
    return this.recorder.finish(simulation, given, outcome, verdict);
  }

  /** Does what is due after the events so far. */
  #act(): void {
    for (let next = this.#actions[this.#done]; next; next = this.#actions[this.#done]) {
      if (next.at >= this.recorder.events.length) return;
      const action = next;
      this.#done++;
      if (action.wait_us) this.clock.after(action.wait_us, () => this.#do(action));
      else this.#do(action);
    }
  }

  #do(action: Action): void {
    const obstacle = this.#obstacle(action);
    this.recorder.record({
      actor: 'you',
      kind: obstacle ? 'action-refused' : 'action',
      data: { action: actionText(action), ...(obstacle && { why: obstacle }) },
      says: obstacle ? `You would ${actionText(action)}: *${obstacle}*.` : `You ${actionText(action)}.`,
      beat: true,
    });
    if (obstacle) return;
    const machine = 'machine' in action ? this.#machines.get(action.machine) : undefined;
    if (action.do === 'packet') this.#link?.inject(action.packet);
    else if (action.do === 'sysctl') machine?.setSysctl(action.name, action.value);
    else if (action.do === 'signal') machine?.kill(action.pid, action.signal);
    else if (machine) this.#shell(machine).make({ name: action.name, args: action.args });
  }

  /** Why an action cannot be done, or null. */
  #obstacle(action: Action): string | null {
    if (action.do === 'packet')
      return this.#link ? null : `this run has no wire for the ${packetName(action.packet)}`;
    const machine = this.#machines.get(action.machine);
    if (!machine)
      return `there is no machine "${action.machine}"; there is ${[...this.#machines.keys()].join(', ')}`;
    if (action.do === 'sysctl') return machine.sysctlProblem(action.name, action.value);
    if (action.do === 'signal') {
      if (!SIGNALS.includes(action.signal))
        return `there is no signal "${action.signal}" here; there is ${SIGNALS.join(', ')}`;
      const pids = [...machine.processes.values()].filter(({ status }) => status === 'running');
      return pids.some(({ pid }) => pid === action.pid)
        ? null
        : `the ${action.machine} has no process ${action.pid}; it has ${pids.map(({ pid }) => pid).join(', ') || 'none'}`;
    }
    if (!Object.hasOwn(machine.calls, action.name))
      return `there is no call "${action.name}" here; there is ${Object.keys(machine.calls).sort().join(', ')}`;
    const shell = this.#shells.get(action.machine);
    if (shell && !shell.isAlive) return 'the shell is gone';
    return shell?.blockedIn ? `the shell is still in ${shell.blockedIn.name}()` : null;
  }

  /** The shell of a machine; its calls are told. */
  #shell(machine: Machine): Thread {
    const known = this.#shells.get(machine.name);
    if (known) return known;
    const narrator = new CallNarrator(this.recorder, machine.name);
    const process = machine.spawn({ pid: SHELL_PID, comm: 'bash', uid: 0, narrator });
    const thread = process.thread('shell', null);
    this.#shells.set(machine.name, thread);
    return thread;
  }
}
