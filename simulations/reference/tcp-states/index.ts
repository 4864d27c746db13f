/** What the catalogue, the command line, the site and the tests find of the page on the eleven states of TCP. */
import type { Incident } from '../../incident.ts';
import { anySimulation } from '../../simulation.ts';
import { tcpStates } from './simulation.ts';
import { tools } from './tools.ts';

export const incident: Incident = { simulation: anySimulation(tcpStates), comparison: null, tools };
