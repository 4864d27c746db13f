/**
 * The trace: what one run did, as an immutable list of events. Views, tools, transcript, kernel
 * marks and tests read this and nothing else.
 */
import type { VirtualClock } from './clock.ts';
import { contentHash } from './hash.ts';

/** Plain data. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The visible fields of one actor (a socket, a process …); absent until it has said something. */
export type ActorState = Readonly<Record<string, Json>>;

/** The visible fields of all actors after an event, by actor. */
export type WorldState = Readonly<Record<string, ActorState>>;

/** `excerpt:mark`, a spot in the kernel excerpts (`content/kernel.json`). */
export type KernelMark = `${string}:${string}`;

/** One thing that happened. */
export interface TraceEvent {
  /** Position in the trace, from 0. */
  readonly index: number;
  /** Virtual time in whole microseconds. Never runs back. */
  readonly at_us: number;
  /** Who did it: `client`, `worker`, `network` … */
  readonly actor: string;
  /** What kind of thing: `segment-sent`, `syscall-return` … */
  readonly kind: string;
  readonly data: { readonly [key: string]: Json };
  /** The kernel line that decided it, or null where no kernel line did. */
  readonly mark: KernelMark | null;
  /** One or two sentences made from the data. `*…*` surrounds what decides. */
  readonly says: string;
  /** True for the events that tell the story. */
  readonly beat: boolean;
}

/** What a simulation returns. `Outcome` is the part that other programs compare. */
export interface Trace<Outcome = unknown> {
  readonly simulation: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly events: readonly TraceEvent[];
  readonly outcome: Outcome;
  /** The world after event `index`; constant time. */
  stateAt(index: number): WorldState;
  /** Indices of the events that tell the story. */
  readonly beats: readonly number[];
  /** Hash of parameters, events and outcome. */
  readonly hash: string;
}

/** What an actor hands to the recorder. */
export interface Happening {
  actor: string;
  kind: string;
  data?: { readonly [key: string]: Json };
  mark?: KernelMark;
  says: string;
  beat?: boolean;
  /** Fields of actors that changed with this event. */
  state?: Readonly<Record<string, ActorState>>;
}

/** Collects events during a run and turns them into a trace. */
export class Recorder {
  readonly #clock: VirtualClock;
  readonly #events: TraceEvent[] = [];
  readonly #states: WorldState[] = [];
  #world: WorldState = {};
  readonly #aside: (beat: TraceEvent) => string;

  /** @param aside a sentence that the incident adds to a beat (what it means for the people waiting). */
  constructor(clock: VirtualClock, aside: (beat: TraceEvent) => string = () => '') {
    this.#clock = clock;
    this.#aside = aside;
  }

  /** Fields of an actor before its first event: present in every state of the trace. */
  introduce(actor: string, state: ActorState): void {
    this.#world = { ...this.#world, [actor]: { ...this.#world[actor], ...state } };
  }

  record(happening: Happening): void {
    const { actor, kind, data = {}, mark = null, says, beat = false, state } = happening;
    const event = {
      index: this.#events.length,
      at_us: this.#clock.now_us,
      actor,
      kind,
      data,
      mark,
      says,
      beat,
    };
    const aside = beat ? this.#aside(event) : '';
    this.#events.push(Object.freeze(aside ? { ...event, says: `${says} ${aside}` } : event));
    if (state) {
      const changed = Object.entries(state).map(([name, fields]) => [
        name,
        { ...this.#world[name], ...fields },
      ]);
      this.#world = { ...this.#world, ...Object.fromEntries(changed) };
    }
    this.#states.push(this.#world);
  }

  /** What has happened so far. */
  get events(): readonly TraceEvent[] {
    return this.#events;
  }

  finish<Outcome>(
    simulation: string,
    parameters: Readonly<Record<string, Json>>,
    outcome: Outcome,
  ): Trace<Outcome> {
    const events = Object.freeze([...this.#events]);
    const states = this.#states;
    let hash: string | undefined;
    return Object.freeze({
      simulation,
      parameters,
      events,
      outcome,
      beats: Object.freeze(events.filter((event) => event.beat).map((event) => event.index)),
      stateAt: (index: number) => states[Math.max(0, Math.min(index, states.length - 1))] ?? {},
      get hash() {
        hash ??= contentHash({ simulation, parameters, events, outcome });
        return hash;
      },
    });
  }
}

/** The sentence without its emphasis marks. */
export const plain = (says: string): string => says.replaceAll('*', '');
