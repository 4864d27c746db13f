/**
 * One entry of the neighbour table: who has this address on the wire (`net/core/neighbour.c`); ARP and neighbour
 * discovery ask alike.
 *
 * Left out: replies, unicast probes, STALE and DELAY, ageing. An address is either known for good or
 * nobody has it. After a failure with a backed-off timer Linux sends one or two requests more, as it retries
 * the SYN once before it reports the error (`tcp_ld_RTO_revert`); those are left out too.
 */
import { setup } from 'xstate';
import { Chart } from '../engine/chart.ts';
import type { VirtualClock } from '../engine/clock.ts';

/** sysctl `net.ipv4.neigh.*.retrans_time_ms`, its default, and IPv6's. */
export const RETRANS_TIME_ms = 1000;

/** sysctl `net.ipv4.neigh.*.mcast_solicit`, its default, and IPv6's: requests to all before giving up. */
export const MCAST_SOLICIT = 3;

interface NeighbourActions {
  readonly probes: number;
  probe(): void;
  fail(): void;
}

export const neighbourMachine = setup({
  types: {
    context: {} as { neighbour: NeighbourActions },
    input: {} as { neighbour: NeighbourActions },
    events: {} as { type: 'resolve' },
  },
  delays: { retrans_time: RETRANS_TIME_ms },
  guards: { spent: ({ context }) => context.neighbour.probes >= MCAST_SOLICIT },
  actions: {
    probe: ({ context }) => context.neighbour.probe(),
    fail: ({ context }) => context.neighbour.fail(),
  },
}).createMachine({
  id: 'neighbour',
  context: ({ input }) => ({ neighbour: input.neighbour }),
  initial: 'NUD_NONE',
  states: {
    NUD_NONE: { on: { resolve: 'NUD_INCOMPLETE' } },
    NUD_INCOMPLETE: {
      entry: 'probe',
      after: {
        retrans_time: [
          { guard: 'spent', target: 'NUD_FAILED', actions: 'fail' },
          { target: 'NUD_INCOMPLETE', reenter: true },
        ],
      },
    },
    NUD_FAILED: {},
  },
});

/** An address that nobody answers for. */
export class Neighbour implements NeighbourActions {
  probes = 0;
  readonly #onProbe: (probe: number) => void;
  readonly #onFail: () => void;
  readonly #chart: Chart;

  /** @param onProbe is told the number of each request, from 1 */
  constructor(clock: VirtualClock, onProbe: (probe: number) => void, onFail: () => void) {
    this.#onProbe = onProbe;
    this.#onFail = onFail;
    this.#chart = new Chart(neighbourMachine, { neighbour: this as NeighbourActions }, clock);
  }

  /** Where it stands. */
  get state(): 'NONE' | 'INCOMPLETE' | 'FAILED' {
    return this.#chart.state().slice('NUD_'.length) as 'NONE' | 'INCOMPLETE' | 'FAILED';
  }

  /** Begins to ask; does nothing when it is asking already. */
  resolve(): void {
    this.#chart.send('resolve');
  }

  probe(): void {
    this.#onProbe(++this.probes);
  }

  fail(): void {
    this.#onFail();
  }
}
