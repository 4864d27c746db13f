/** XState's own actor in the place of the walker: what `engine/chart.ts` does, with its public face. */
import { type AnyActor, type AnyStateMachine, createActor } from 'xstate';
import type { ChartEvent } from '#simulations/engine/chart.ts';
import type { VirtualClock } from '#simulations/engine/clock.ts';

export class Chart {
  readonly context: unknown;
  readonly #actor: AnyActor;

  constructor(machine: AnyStateMachine, context: unknown = {}, clock: VirtualClock | null = null) {
    this.context = context;
    this.#actor = createActor(machine, { input: context, ...(clock && { clock }) });
    this.#actor.start();
  }

  state(region = ''): string {
    const { value } = this.#actor.getSnapshot() as { value: string | Record<string, string> };
    return typeof value === 'string' ? value : (value[region] ?? '');
  }

  send(event: string | ChartEvent): void {
    // An actor warns where it is sent something after its end; the walker takes it in silence.
    if (this.#actor.getSnapshot().status !== 'active') return;
    this.#actor.send(typeof event === 'string' ? { type: event } : event);
  }

  stop(): void {
    this.#actor.stop();
  }
}
