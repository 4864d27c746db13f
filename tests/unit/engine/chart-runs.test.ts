/** Whole runs on the walker, held to the same runs on XState's own actor. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Given, type Schema, settleParameters } from '#simulations/engine/parameters.ts';
import type { Simulation } from '#simulations/simulation.ts';
import type { TraceEvent } from '#simulations/trace/event.ts';

const CHART = '#simulations/engine/chart.ts';

/** Simulations whose modules see the walker, or see the actor in its place. */
async function simulations(): Promise<readonly Simulation[]> {
  vi.resetModules();
  const { nagleDelayedAck } = await import('#simulations/incidents/nagle-delayed-ack/simulation.ts');
  const { connectTimeout } = await import('#simulations/incidents/connect-timeout/simulation.ts');
  const { tcpStates } = await import('#simulations/reference/tcp-states/simulation.ts');
  return [nagleDelayedAck, connectTimeout, tcpStates] as unknown as Simulation[];
}

let walked: readonly Simulation[] = [];
let acted: readonly Simulation[] = [];

beforeAll(async () => {
  walked = await simulations();
  vi.doMock(CHART, () => import('./actor-chart.ts'));
  acted = await simulations();
});

afterAll(() => {
  vi.doUnmock(CHART);
  vi.resetModules();
});

const eventsOf = (simulation: Simulation, given: Given): readonly TraceEvent[] =>
  simulation.run(settleParameters(simulation.parameters as Schema, given).values).events;

const pairs = () =>
  walked.map((simulation, i) => {
    const other = acted[i];
    if (!other || other === simulation) throw new Error(`${simulation.name} was not loaded twice`);
    return [simulation, other] as const;
  });

describe('a run whose charts are walked', () => {
  it('is loaded once with the walker and once with the actor', async () => {
    const { Chart } = await import(CHART);
    const { Chart: Actor } = await import('./actor-chart.ts');
    expect(Chart).toBe(Actor);
    for (const [simulation, other] of pairs()) expect(other.name).toBe(simulation.name);
  });

  it.each(['nagle-delayed-ack', 'connect-timeout', 'tcp-states'])(
    'has the same events as one on XState’s actor, in every preset of %s',
    { timeout: 120_000 },
    (name) => {
      const [simulation, other] = pairs().find(([each]) => each.name === name) ?? [];
      if (!simulation || !other) throw new Error(`no ${name}`);
      expect(simulation.presets.length).toBeGreaterThan(3);
      for (const { id, given } of simulation.presets) {
        const events = eventsOf(simulation, given);
        expect(events.length, id).toBeGreaterThan(5);
        expect(eventsOf(other, given), id).toEqual(events);
      }
    },
  );
});
