/** The eleven states of TCP, as the rest of the house finds them. */
import type { Incident } from '../../incident.ts';
import { anySimulation } from '../../simulation.ts';
import { tcpStates } from './simulation.ts';
import { tools } from './tools.ts';

export const incident: Incident = { simulation: anySimulation(tcpStates), comparison: null, tools };
