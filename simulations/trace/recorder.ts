/** Collects what happens in a run, with what changed, and turns it into a trace. */
import type { VirtualClock } from '../engine/clock.ts';
import { contentHash } from '../engine/hash.ts';
import type { Json } from '../engine/json.ts';
import type { InFlight, Lookup, MachineState, World } from '../machine/state.ts';
import type { Happening, TraceEvent } from './event.ts';
import { Cell, Ledger, Shelf, type Source } from './history.ts';
import type { Trace } from './trace.ts';
import type { Section, Wait, Waiter } from './wait.ts';

/** A machine as the recorder knows it. */
export interface Recorded {
  readonly name: string;
  /** The machine as it was after an event. */
  at(index: number): MachineState;
}

export class Recorder {
  readonly #clock: VirtualClock;
  readonly #events: TraceEvent[] = [];
  readonly #ledger = new Ledger();
  readonly #machines: Recorded[] = [];
  readonly #programs = new Map<string, Cell<unknown>>();
  readonly #wire: Shelf<number, InFlight>;
  readonly #waits: { -readonly [F in keyof Wait]: Wait[F] }[] = [];
  readonly #sections: { name: string; from: number }[] = [];
  readonly #aside: (beat: TraceEvent) => string;

  /** @param aside a sentence that the incident adds to a beat (what it means for the people waiting). */
  constructor(clock: VirtualClock, aside: (beat: TraceEvent) => string = () => '') {
    this.#clock = clock;
    this.#aside = aside;
    this.#wire = this.shelf();
  }

  /** Things of one kind by key, with what they were at each event. */
  shelf<K, T>(): Shelf<K, T> {
    return new Shelf(this.#ledger);
  }

  /** One thing, with what it was at each event. */
  cell<T>(source: Source<T>): Cell<T> {
    return new Cell(this.#ledger, source);
  }

  /** A machine that is part of the world from now on. */
  introduce(machine: Recorded): void {
    this.#machines.push(machine);
  }

  /** What a program knows of itself, by the name that the incident gives it. */
  program<T>(name: string, source: Source<T>): Cell<T> {
    const cell = this.cell(source);
    this.#programs.set(name, cell as Cell<unknown>);
    return cell;
  }

  /** The packets on their way, by the order in which they would arrive where nothing arrives by itself. */
  get wire(): Shelf<number, InFlight> {
    return this.#wire;
  }

  /**
   * Something happens, now.
   * @param told `first`: what changes next, at this very moment, belongs to this event. `last`: it belongs to the event
   * that tells of it, and this one has what has changed until now.
   */
  record(happening: Happening, told: 'first' | 'last' = 'first'): void {
    const { actor, kind, mark = null, says, beat = false, decision = null } = happening;
    const index = this.#events.length;
    // What followed from the event before, at its very moment, is that event's.
    if (told === 'first' && this.#clock.beforeNextMove) this.#ledger.keep(index - 1);
    const event = {
      index,
      at_us: this.#clock.now_us,
      actor,
      kind,
      data: happening.data ?? {},
      mark,
      says,
      beat,
      decision,
    } as TraceEvent;
    const aside = beat ? this.#aside(event) : '';
    this.#events.push(Object.freeze(aside ? { ...event, says: `${says} ${aside}` } : event));
    if (told === 'last') this.#keep();
    this.#clock.beforeNextMove = told === 'last' ? null : this.#keep;
  }

  readonly #keep = (): void => this.#ledger.keep(this.#events.length - 1);

  /**
   * What has changed at this very moment is the last event's; what changes from here on is the next one's, which tells
   * of it. Where no event has told of this moment, all of it is the next one's.
   */
  settle(): void {
    if (!this.#clock.beforeNextMove) return;
    this.#keep();
    this.#clock.beforeNextMove = null;
  }

  /** What has happened so far. */
  get events(): readonly TraceEvent[] {
    return this.#events;
  }

  /** A wait begins with the event recorded last. @returns its number */
  beginWait(wait: { who: Waiter; kind: Wait['kind']; for: string; timer?: Wait['timer'] }): number {
    const id = this.#waits.length;
    const from = Math.max(0, this.#events.length - 1);
    this.#waits.push({
      id,
      timer: null,
      ...wait,
      from,
      from_us: this.#clock.now_us,
      until: null,
      until_us: null,
      needs: null,
    });
    return id;
  }

  /** A wait is over, with the event recorded last. */
  endWait(id: number): void {
    const wait = this.#waits[id];
    if (!wait || wait.until !== null) return;
    wait.until = Math.max(wait.from, this.#events.length - 1);
    wait.until_us = this.#clock.now_us;
  }

  /** Two waits, of which the one must end before the other can. */
  needs(id: number, other: number): void {
    const wait = this.#waits[id];
    if (wait) wait.needs = other;
  }

  /** The waits so far. */
  get waits(): readonly Wait[] {
    return this.#waits;
  }

  /** A new part of the run begins with the next event. */
  section(name: string): void {
    this.#sections.push({ name, from: this.#events.length });
  }

  /**
   * Names the parts of a run that is over, from what happened: one begins with each event for which `begins` has
   * another name than that of the part before.
   */
  divide(begins: (event: TraceEvent) => string | null): void {
    for (const event of this.#events) {
      const name = begins(event);
      if (name === null || name === this.#sections.at(-1)?.name) continue;
      this.#sections.push({ name, from: event.index });
    }
  }

  finish<Outcome, Programs = unknown>(
    simulation: string,
    parameters: Readonly<Record<string, Json>>,
    outcome: Outcome,
    verdict = '',
  ): Trace<Outcome, Programs> {
    const events = Object.freeze([...this.#events]);
    const last = Math.max(0, events.length - 1);
    this.#ledger.keep(last);
    this.#clock.beforeNextMove = null;
    const sections = this.#sections.map(
      ({ name, from }, i): Section => ({
        name,
        from,
        to: (this.#sections[i + 1]?.from ?? events.length) - 1,
      }),
    );
    const programs = programsOf(this.#programs);
    const worldAt = (index: number): World<Programs> => {
      const at = Math.max(0, Math.min(index, last));
      return new WorldAt<Programs>(at, events[at]?.at_us ?? 0, this.#machines, this.#wire.at(at), programs);
    };
    let hash: string | undefined;
    return Object.freeze({
      simulation,
      parameters,
      events,
      outcome,
      verdict,
      waits: Object.freeze([...this.#waits]),
      sections: Object.freeze(sections.filter(({ from, to }) => to >= from)),
      beats: Object.freeze(events.filter((event) => event.beat).map((event) => event.index)),
      worldAt,
      get hash() {
        hash ??= contentHash({ simulation, parameters, events, outcome });
        return hash;
      },
    });
  }
}

/** A world of which only what is asked for is sought. */
class WorldAt<Programs> implements World<Programs> {
  readonly at_us: number;
  readonly #index: number;
  readonly #recorded: readonly Recorded[];
  readonly #programsAt: (index: number) => unknown;
  readonly #inFlight: Lookup<number, InFlight>;
  #machines: Record<string, MachineState> | null = null;
  #programs: Programs | null = null;

  constructor(
    index: number,
    at_us: number,
    recorded: readonly Recorded[],
    inFlight: Lookup<number, InFlight>,
    programsAt: (index: number) => unknown,
  ) {
    this.#index = index;
    this.at_us = at_us;
    this.#recorded = recorded;
    this.#inFlight = inFlight;
    this.#programsAt = programsAt;
  }

  get machines(): Readonly<Record<string, MachineState>> {
    this.#machines ??= Object.fromEntries(this.#recorded.map((each) => [each.name, each.at(this.#index)]));
    return this.#machines;
  }

  get wire(): readonly InFlight[] {
    return [...this.#inFlight.values()];
  }

  get programs(): Programs {
    this.#programs ??= this.#programsAt(this.#index) as Programs;
    return this.#programs;
  }
}

/** What the programs knew after an event: each is sought when it is asked for. */
function programsOf(cells: ReadonlyMap<string, Cell<unknown>>): (index: number) => unknown {
  const getters = [...cells].map(([name, cell]): [string, PropertyDescriptor] => [
    name,
    {
      enumerable: true,
      get(this: { readonly [AT]: number }) {
        return cell.at(this[AT]);
      },
    },
  ]);
  const prototype = Object.create(null, Object.fromEntries(getters));
  return (index) => Object.create(prototype, { [AT]: { value: index } });
}

/** The event whose consequences a set of programs shows. */
const AT = Symbol('at');
