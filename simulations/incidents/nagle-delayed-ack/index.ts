/** What the catalogue, the command line, the site and the tests find of the nagle-delayed-ack incident. */
import type { Incident } from '../../incident.ts';
import { anySimulation } from '../../simulation.ts';
import { compare, type ExchangeCase } from './comparison.ts';
import { nagleDelayedAck } from './simulation.ts';
import { tools } from './tools.ts';

export const incident: Incident = {
  simulation: anySimulation(nagleDelayedAck),
  tools,
  comparison: {
    compare: (recorded, { hz }) => compare(recorded as ExchangeCase, hz),
    live: [
      'two writes',
      'server_writes one',
      'cork-forever',
      'TCP_QUICKACK before every recv()',
      'write-write-read, server_writes one',
      'tcp_pingpong_thresh 3',
      'pause 50',
      'short connections',
    ],
  },
};
