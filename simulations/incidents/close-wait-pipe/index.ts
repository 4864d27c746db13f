/** What the catalogue, the command line, the site and the tests find of the close-wait-pipe incident. */
import type { Incident } from '../../incident.ts';
import { anySimulation } from '../../simulation.ts';
import { type CloseWaitCase, compare } from './comparison.ts';
import { closeWaitPipe } from './simulation.ts';
import { tools } from './tools.ts';

export const incident: Incident = {
  simulation: anySimulation(closeWaitPipe),
  tools,
  comparison: {
    compare: (recorded, { kernel }) => compare(recorded as CloseWaitCase, kernel),
    live: [
      'the incident in small',
      'inline, backlog 5',
      'nofile 64',
      'recovery, clients still wait',
      'holder: none',
      'holder: in flight',
    ],
  },
};
