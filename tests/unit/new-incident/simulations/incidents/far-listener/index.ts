/** What the catalogue, the command line, the site and the tests find of the far-listener incident. */
import type { Incident } from '#simulations/incident.ts';
import { anySimulation } from '#simulations/simulation.ts';
import { farListener } from './simulation.ts';
import { tools } from './tools.ts';

export const incident: Incident = { simulation: anySimulation(farListener), tools, comparison: null };
