/** The far-listener incident, as the rest of the house finds it. */
import type { Incident } from '#simulations/incident.ts';
import { anySimulation } from '#simulations/simulation.ts';
import { farListener } from './simulation.ts';
import { tools } from './tools.ts';

export const incident: Incident = { simulation: anySimulation(farListener), tools, comparison: null };
