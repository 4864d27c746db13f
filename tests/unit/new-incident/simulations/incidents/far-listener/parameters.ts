/** What can be set: how far away the listener is. */
import type { Schema, Values } from '#simulations/engine/parameters.ts';
import type { Preset } from '#simulations/simulation.ts';

export const parameters = {
  rtt_ms: { type: 'integer', unit: 'ms', min: 0, max: 10_000, default: 80, help: 'round-trip time' },
} as const satisfies Schema;

export type FarListenerParameters = Values<typeof parameters>;

export const presets: readonly Preset[] = [
  { id: 'moon', label: 'On the moon', help: 'Light takes 2.6 s there and back.', given: { rtt_ms: 2600 } },
];
