/** Runs with data for the tools' tests: each preset, and some that leave the beaten track. */
import type { Given } from '#simulations/engine/parameters.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { runOf } from '#site/figures/trace-of.ts';

export const run = (given: Given) => runOf(nagleDelayedAck, given);

export const situations: readonly Given[] = [
  ...nagleDelayedAck.presets.map(({ given }) => given),
  { requests: 3, rtt_ms: 0 },
  { requests: 2, rtt_ms: 20, mss_bytes: 536, header_bytes: 3000, body_bytes: 40_000 },
  { requests: 2, rtt_ms: 1, mss_bytes: 100 },
  { requests: 2, rtt_ms: 3, body_bytes: 0, gap_ms: 7 },
  { requests: 2, rtt_ms: 500, server_closes_after_response: true, client_writes: 2 },
];
