import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { TcpPair } from '#simulations/kernel/tcp/pair.ts';
import { transitionOf, transitions } from '#simulations/kernel/tcp/transitions.ts';
import { anyParameters } from './close-wait-pipe-parameters.ts';

// A file of its own: a spy makes every run slow, and looks at a run while it is made.
vi.mock('#simulations/kernel/tcp/transitions.ts', { spy: true });

/** Makes so many runs; the seed is fixed so that a failure comes again. */
const always = (run: (p: Parameters<typeof closeWaitPipe.run>[0]) => void, numRuns: number) =>
  fc.assert(fc.property(anyParameters, run), { seed: 20_260, numRuns });

describe('the connections of any run', () => {
  const METHODS = [
    'connect',
    'establish',
    'refuse',
    'request',
    'read',
    'respond',
    'clientCloses',
    'serverCloses',
  ];
  const ENDS = ['client', 'server'] as const;
  /** All that the clients and the server of this incident do to a connection, from one rest to the next. */
  const MOVES = new Set([
    'clientCloses: client ESTABLISHED FIN_WAIT2',
    'clientCloses: client SYN_SENT CLOSE',
    'clientCloses: server ESTABLISHED CLOSE_WAIT',
    'connect: client CLOSE SYN_SENT',
    'establish: client SYN_SENT ESTABLISHED',
    'establish: server CLOSE ESTABLISHED',
    'refuse: client SYN_SENT CLOSE',
    'respond: client FIN_WAIT2 CLOSE',
    'respond: server CLOSE_WAIT CLOSE',
    'serverCloses: client ESTABLISHED CLOSE',
    'serverCloses: client FIN_WAIT2 CLOSE',
    'serverCloses: client FIN_WAIT2 TIME_WAIT',
    'serverCloses: server CLOSE_WAIT CLOSE',
    'serverCloses: server ESTABLISHED CLOSE',
    'serverCloses: server ESTABLISHED TIME_WAIT',
  ]);

  /** The states that transitions lead to from one, and itself. */
  function reachable(from: string): ReadonlySet<string> {
    const reached = new Set([from]);
    for (const state of reached)
      for (const step of transitions) if (step.from === state) reached.add(step.to);
    return reached;
  }

  it('go from state to state by transitions of TCP, and by nothing else', () => {
    const moved = new Set<string>();
    const left = new WeakMap<TcpPair, string[]>();
    const pair = TcpPair.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const method of METHODS) {
      const original = pair[method] as (...args: unknown[]) => unknown;
      vi.spyOn(pair, method).mockImplementation(function (this: TcpPair, ...args) {
        const before = ENDS.map((end) => this[end]);
        const rested = left.get(this) ?? ['CLOSE', 'CLOSE'];
        if (before.join() !== rested.join()) expect.fail(`${method}: from ${before}, left in ${rested}`);
        const answer = original.apply(this, args);
        const after = ENDS.map((end) => this[end]);
        left.set(this, after);
        for (const [i, from = ''] of before.entries()) {
          const to = after[i] ?? '';
          if (!reachable(from).has(to)) expect.fail(`${method}: ${ENDS[i]} from ${from} to ${to}`);
          if (from !== to) moved.add(`${method}: ${ENDS[i]} ${from} ${to}`);
        }
        return answer;
      });
    }
    try {
      always((p) => {
        closeWaitPipe.run(p);
      }, 100);
    } finally {
      vi.restoreAllMocks();
    }
    expect([...moved].filter((move) => !MOVES.has(move))).toEqual([]);
    expect(moved.size).toBeGreaterThan(10);
  });

  it('never take an event that means nothing in their state, but for what comes after the end', () => {
    // respond() and close() on a connection that a reset has ended change nothing, and are made all the same.
    const asked = vi.mocked(transitionOf);
    let taken = 0;
    always((p) => {
      asked.mockClear();
      closeWaitPipe.run(p);
      for (const [i, [from, event]] of asked.mock.calls.entries())
        if (asked.mock.results[i]?.value) taken++;
        else if (from !== 'CLOSE') expect.fail(`${event} in ${from}`);
    }, 100);
    expect(taken).toBeGreaterThan(10_000);
  });
});
