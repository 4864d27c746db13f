/** Every simulation, by name. */
import type { Simulation } from './engine/simulation.ts';
import { connectTimeout } from './incidents/connect-timeout.ts';

export const catalogue: Readonly<Record<string, Simulation>> = {
  [connectTimeout.name]: connectTimeout as unknown as Simulation,
};
