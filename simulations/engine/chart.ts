/**
 * Walks a statechart without an actor: the definition is XState's, and an event costs a look into a table instead of
 * some ten microseconds, which counts where ten thousand connections go through one pipe.
 *
 * For charts of one level, or of one level in each parallel region, whose events carry no data and whose guards and
 * actions are named. Left out: delays, invoked actors, assign(), history. A test holds it to XState's own actor.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';

type Named = string | { readonly type: string };

const nameOf = (named: Named): string => (typeof named === 'string' ? named : named.type);

/** The region of a chart that has only one. */
const ONLY = '';

export class Chart {
  readonly #machine: AnyStateMachine;
  readonly #context: unknown;
  readonly #nodes = new Map<string, AnyStateNode>();

  /** @param context what the guards and actions are given */
  constructor(machine: AnyStateMachine, context: unknown = {}) {
    this.#machine = machine;
    this.#context = context;
    const { root } = machine;
    const regions =
      root.type === 'parallel'
        ? Object.values(root.states).map((node) => [node.key, node] as const)
        : [[ONLY, root] as const];
    for (const [name, region] of regions) {
      const initial = region.initial.target[0];
      if (!initial) throw new Error(`${machine.id} has no initial state in "${name}"`);
      this.#nodes.set(name, initial);
      this.#run(initial.entry as readonly Named[], '');
    }
  }

  /** The state of a region, or of the whole where there is only one. */
  state(region: string = ONLY): string {
    return this.#nodes.get(region)?.key ?? '';
  }

  /** What happened. Nothing changes where the state has no such transition. */
  send(type: string): void {
    for (const [region, node] of this.#nodes) if (node.type !== 'final') this.#step(region, node, type);
  }

  #step(region: string, node: AnyStateNode, type: string): void {
    const isOpen = ({ guard }: { guard?: unknown }): boolean => !guard || this.#holds(guard as Named, type);
    const taken =
      node.transitions.get(type)?.find(isOpen) ?? node.parent?.transitions.get(type)?.find(isOpen);
    if (!taken) return;
    const target = taken.target?.[0];
    const moves = target && (target !== node || taken.reenter);
    if (moves) this.#run(node.exit as readonly Named[], type);
    if (moves) this.#nodes.set(region, target);
    this.#run(taken.actions as readonly Named[], type);
    if (moves) this.#run(target.entry as readonly Named[], type);
  }

  #holds(guard: Named, type: string): boolean {
    const test = this.#machine.implementations.guards[nameOf(guard)];
    if (typeof test !== 'function') throw new Error(`${this.#machine.id} has no guard "${nameOf(guard)}"`);
    return test({ context: this.#context, event: { type } } as never, undefined as never);
  }

  #run(actions: readonly Named[], type: string): void {
    for (const action of actions) {
      const act = this.#machine.implementations.actions[nameOf(action)];
      if (typeof act !== 'function') throw new Error(`${this.#machine.id} has no action "${nameOf(action)}"`);
      act({ context: this.#context, event: { type } } as never, undefined as never);
    }
  }
}
