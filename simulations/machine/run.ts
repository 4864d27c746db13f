/**
 * One run: its clock, its recorder, its machines, and what a person does to it on the way. An incident makes one, puts
 * machines into it, starts its programs, and lets it go to its end.
 */
import { VirtualClock } from '../engine/clock.ts';
import type { Json } from '../engine/json.ts';
import { Random } from '../engine/random.ts';
import type { Rule } from '../network/link.ts';
import { Link } from '../network/link.ts';
import type { TraceEvent } from '../trace/event.ts';
import { Recorder } from '../trace/recorder.ts';
import type { Trace } from '../trace/trace.ts';
import type { Action } from './action.ts';
import { Machine, type MachineOptions } from './machine.ts';

/** Deadlines between two rests: about a millisecond of work. */
const SLICE = 64;

/** A run in slices: what it yields is how many events there are. */
export type Slices<T = void> = Generator<number, T, void>;

/** A person's actions, done as a run goes on: `Actions` in `actions.ts`. Few pages need it, so a run is handed it. */
export interface Interventions {
  readonly list: readonly Action[];
  /** Does what is due after the events so far. */
  act(run: Run): void;
}

export interface RunOptions {
  /** What a person does on the way. */
  readonly actions?: Interventions | undefined;
  /** Picks ports, sequence numbers and timestamps. */
  readonly seed?: number;
  /** A sentence that the incident adds to a beat. */
  aside?(beat: TraceEvent): string;
}

export class Run {
  readonly clock = new VirtualClock();
  readonly recorder: Recorder;
  readonly random: Random;
  /** By name. */
  readonly machines = new Map<string, Machine>();
  readonly #actions: Interventions | undefined;
  link: Link | null = null;

  constructor({ actions, seed = 1, aside }: RunOptions = {}) {
    this.recorder = new Recorder(this.clock, aside);
    this.random = new Random(seed);
    this.#actions = actions;
  }

  /** A machine of this run. */
  machine(options: Omit<MachineOptions, 'clock' | 'recorder' | 'random'>): Machine {
    const { clock, recorder, random } = this;
    const machine = new Machine({ ...options, clock, recorder, random });
    this.machines.set(machine.name, machine);
    return machine;
  }

  /** Joins the machines by a wire. @param rtt_us there and back */
  join(machines: readonly Machine[], rtt_us: number, rules: readonly Rule[] = []): Link {
    const { clock, recorder, random } = this;
    const ends = machines.map(({ stack }) => stack);
    const link = new Link({ ends, rtt_us, rules, clock, recorder, random });
    for (const stack of ends) stack.plug(link);
    this.link = link;
    return link;
  }

  /**
   * Goes on until nothing is due. Rests now and then and says how many events there are, so that whoever waits for it
   * can do something else.
   * @throws RangeError after so many deadlines: a run that never ends is a defect
   */
  *drain(limit = 5_000_000): Slices {
    this.#actions?.act(this);
    for (let count = 1; this.clock.step(); count++) {
      if (count > limit) throw new RangeError(`the run did not end within ${limit} deadlines`);
      this.#actions?.act(this);
      if (count % SLICE === 0) yield this.recorder.events.length;
    }
  }

  /** Goes on until so many microseconds since it began, and rests as {@link drain} does. */
  *until(end_us: number): Slices {
    this.#actions?.act(this);
    let count = 0;
    for (let next = this.clock.next_us; next !== null && next <= end_us; next = this.clock.next_us) {
      this.clock.step();
      this.#actions?.act(this);
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
    const actions = (this.#actions?.list ?? []) as unknown as Json[];
    const given = actions.length > 0 ? { ...parameters, actions } : parameters;
    return this.recorder.finish(simulation, given, outcome, verdict);
  }
}
