/**
 * Walks a statechart without an actor: the definition is XState's, and an event costs a look into a table instead of
 * some ten microseconds, which counts where connections and pipes see events by the hundred thousand.
 *
 * For charts of one level, or of one level in each parallel region, whose guards and actions are named. Delays are
 * named, raise() is an action of the setup. Left out: invoked actors, assign(), history. Tests hold it to XState's own actor.
 */
import type { AnyStateMachine } from 'xstate';
import type { VirtualClock } from './clock.ts';
import { definitionOf, listOf, type Named, type StateDefinition, transitionsIn } from './definition.ts';

/** An event as the definition names it; guards and actions are given all of it. */
export interface ChartEvent {
  readonly type: string;
}

type Implementation = (args: { context: unknown; event: ChartEvent }, params: unknown) => unknown;

type Step = (walk: Chart, event: ChartEvent) => void;
type Condition = (walk: Chart, event: ChartEvent) => boolean;

interface State {
  readonly key: string;
  readonly isFinal: boolean;
  readonly entry: Step[];
  readonly exit: Step[];
  readonly on: Map<string, readonly Way[]>;
}

/** One of the ways that an event can lead from a state. */
interface Way {
  readonly isOpen: Condition | null;
  readonly target: State | null;
  readonly reenter: boolean;
  readonly actions: readonly Step[];
}

interface Region {
  readonly name: string;
  readonly initial: State;
  readonly states: readonly State[];
}

/** What is the same for all walks through a machine. */
interface Table {
  readonly regions: readonly Region[];
  /** The regions in which an event can lead somewhere, by event. */
  readonly listening: ReadonlyMap<string, readonly number[]>;
}

/** The region of a chart that has only one. */
const ONLY = '';

const tables = new WeakMap<AnyStateMachine, Table>();

const nameOf = (named: Named): string => (typeof named === 'string' ? named : named.type);
const paramsOf = (named: Named): unknown => (typeof named === 'object' ? named.params : undefined);

function compile(machine: AnyStateMachine): Table {
  const { config, implementations } = definitionOf(machine);

  function stepOf(named: Named): Step {
    const act = implementations.actions[nameOf(named)];
    if (typeof act !== 'function') throw new Error(`${config.id} has no action "${nameOf(named)}"`);
    const { type, event, delay } = act as { type?: string; event?: ChartEvent; delay?: unknown };
    if (type === 'xstate.raise' && event && delay === undefined) return (walk) => walk.raise(event);
    if (type?.startsWith('xstate.')) throw new Error(`${config.id}: "${type}" is not walked`);
    const params = paramsOf(named);
    return (walk, event) => (act as Implementation)({ context: walk.context, event }, params);
  }

  function conditionOf(named: Named | undefined): Condition | null {
    if (!named) return null;
    const test = implementations.guards[nameOf(named)];
    if (typeof test !== 'function') throw new Error(`${config.id} has no guard "${nameOf(named)}"`);
    const params = paramsOf(named);
    return (walk, event) => Boolean((test as Implementation)({ context: walk.context, event }, params));
  }

  /** Sends an event once its state has lasted as long as a delay says. */
  function scheduling(event: ChartEvent, delay: string): Step {
    const length = implementations.delays[delay];
    return (walk, cause) =>
      walk.schedule(
        event.type,
        event,
        typeof length === 'function'
          ? length({ context: walk.context, event: cause })
          : Number(length ?? delay),
      );
  }

  const steps = (actions: Parameters<typeof listOf<Named>>[0]): Step[] => listOf(actions).map(stepOf);

  function regionOf(name: string, { initial = '', states: written = {}, on }: StateDefinition): Region {
    const states = new Map(
      Object.entries(written).map(([key, { type, entry, exit }]) => [
        key,
        {
          key,
          isFinal: type === 'final',
          entry: steps(entry),
          exit: steps(exit),
          on: new Map<string, readonly Way[]>(),
        },
      ]),
    );
    const stateAt = (target: string): State => {
      const state = states.get(target.replace(/^\./, ''));
      if (!state) throw new Error(`${config.id} has no state "${target}" in "${name}"`);
      return state;
    };
    for (const [key, definition] of Object.entries(written)) {
      const state = stateAt(key);
      if (state.isFinal) continue;
      const after = transitionsIn(definition.after).map(([delay, ways]) => {
        const event = { type: `after ${delay} in ${name}.${key}` };
        state.entry.push(scheduling(event, delay));
        state.exit.push((walk) => walk.cancel(event.type));
        return [event.type, ways] as const;
      });
      // What a state does not answer to, its region may.
      for (const [type, ways] of [...transitionsIn(definition.on), ...after, ...transitionsIn(on)])
        state.on.set(type, [
          ...(state.on.get(type) ?? []),
          ...ways.map(
            ({ guard, target, reenter = false, actions }): Way => ({
              isOpen: conditionOf(guard),
              target: target === undefined ? null : stateAt(target),
              reenter,
              actions: steps(actions),
            }),
          ),
        ]);
    }
    return { name, initial: stateAt(initial), states: [...states.values()] };
  }

  const regions =
    config.type === 'parallel'
      ? Object.entries(config.states ?? {}).map(([name, region]) => regionOf(name, region))
      : [regionOf(ONLY, config)];
  const listening = new Map<string, number[]>();
  for (const [i, { states }] of regions.entries())
    for (const type of new Set(states.flatMap(({ on }) => [...on.keys()])))
      listening.set(type, [...(listening.get(type) ?? []), i]);
  return { regions, listening };
}

/** Events that are no more than their name. */
const plainEvents = new Map<string, ChartEvent>();

function named(type: string): ChartEvent {
  let event = plainEvents.get(type);
  if (!event) {
    event = { type };
    plainEvents.set(type, event);
  }
  return event;
}

const NONE: readonly number[] = [];
const BEGIN: ChartEvent = { type: 'xstate.init' };

export class Chart {
  /** What the guards, actions and delays are given. */
  readonly context: unknown;
  readonly #table: Table;
  readonly #clock: VirtualClock | null;
  readonly #states: State[];
  /** Delayed events, by id. */
  readonly #delayed = new Map<string, ReturnType<VirtualClock['after']>>();
  readonly #raised: ChartEvent[] = [];
  readonly #mailbox: ChartEvent[] = [];
  #isBusy = false;
  #isStopped = false;

  /** @param clock runs the delays; a chart without delays needs none */
  constructor(machine: AnyStateMachine, context: unknown = {}, clock: VirtualClock | null = null) {
    this.context = context;
    this.#clock = clock;
    let table = tables.get(machine);
    if (!table) {
      table = compile(machine);
      tables.set(machine, table);
    }
    this.#table = table;
    this.#states = table.regions.map(({ initial }) => initial);
    this.#isBusy = true;
    for (const { initial } of table.regions) this.#run(initial.entry, BEGIN);
    this.#settle();
  }

  /** The state of a region, or of the whole where there is only one. */
  state(region: string = ONLY): string {
    return this.#states[this.#table.regions.findIndex(({ name }) => name === region)]?.key ?? '';
  }

  /**
   * What happened. Nothing changes where no state has such a transition. An event that is sent from within an action
   * waits until what the present one leads to is done.
   */
  send(event: string | ChartEvent): void {
    if (this.#isStopped) return;
    const happened = typeof event === 'string' ? named(event) : event;
    if (this.#isBusy) {
      this.#mailbox.push(happened);
      return;
    }
    this.#isBusy = true;
    this.#take(happened);
    this.#settle();
  }

  /** Takes no more events, delayed ones included. */
  stop(): void {
    this.#isStopped = true;
    this.#mailbox.length = 0;
    for (const timer of this.#delayed.values()) this.#clock?.clearTimeout(timer);
    this.#delayed.clear();
  }

  /** For the table: an event of the chart's own, before all that come from outside. */
  raise(event: ChartEvent): void {
    this.#raised.push(event);
  }

  /** For the table: an event after a delay. @param delay_ms milliseconds, fractions down to 1 µs are kept */
  schedule(id: string, event: ChartEvent, delay_ms: number): void {
    if (!this.#clock) throw new Error(`"${id}" needs a clock`);
    this.#delayed.set(
      id,
      this.#clock.setTimeout(() => {
        this.#delayed.delete(id);
        this.send(event);
      }, delay_ms),
    );
  }

  /** For the table: the delayed event does not come. */
  cancel(id: string): void {
    const timer = this.#delayed.get(id);
    if (!timer) return;
    this.#clock?.clearTimeout(timer);
    this.#delayed.delete(id);
  }

  /** Takes what was raised, then what was sent meanwhile, until nothing is left. */
  #settle(): void {
    try {
      for (;;) {
        const next = this.#raised.shift() ?? this.#mailbox.shift();
        if (!next || this.#isStopped) break;
        this.#take(next);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #take(event: ChartEvent): void {
    for (const region of this.#table.listening.get(event.type) ?? NONE) this.#step(region, event);
  }

  #step(region: number, event: ChartEvent): void {
    const state = this.#states[region] as State;
    const ways = state.on.get(event.type);
    if (!ways) return;
    let way: Way | undefined;
    for (const each of ways)
      if (!each.isOpen || each.isOpen(this, event)) {
        way = each;
        break;
      }
    if (!way) return;
    const { target } = way;
    const moves = target !== null && (target !== state || way.reenter);
    if (moves) {
      this.#run(state.exit, event);
      this.#states[region] = target;
    }
    this.#run(way.actions, event);
    if (moves) this.#run(target.entry, event);
  }

  #run(steps: readonly Step[], event: ChartEvent): void {
    for (const step of steps) step(this, event);
  }
}
