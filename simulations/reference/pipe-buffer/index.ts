/** What the catalogue, the command line, the site and the tests find of the page on how a pipe fills. */
import type { Incident } from '../../incident.ts';
import { anySimulation } from '../../simulation.ts';
import { compare, type PipeCase } from './comparison.ts';
import { pipeBuffer } from './simulation.ts';
import { tools } from './tools.ts';

export const incident: Incident = {
  simulation: anySimulation(pipeBuffer),
  tools,
  comparison: {
    compare: (recorded, { kernel }) => (recorded.observed ? compare(recorded as PipeCase, kernel) : []),
    live: [
      'capacity, writes of 120',
      'capacity, writes of 4097',
      'wake-up, writes of 120, reads of 4096',
      'the reader dies under a sleeping writer, writes of 120, SIGPIPE ignored',
      'F_SETPIPE_SZ 100000',
    ],
  },
};
