/** What the catalogue, the command line, the site and the tests find of the connect-timeout incident. */
import type { Incident } from '../../incident.ts';
import { anySimulation } from '../../simulation.ts';
import { compare, type Observed, parametersOf, simulate } from './comparison.ts';
import { connectTimeout } from './simulation.ts';
import { tools } from './tools.ts';

export const incident: Incident = {
  simulation: anySimulation(connectTimeout),
  tools,
  comparison: {
    compare: (recorded, { hz }) =>
      recorded.observed ? compare(recorded.observed as Observed, simulate(recorded), hz) : [],
    live: [
      'drops, n=1, linear 4',
      'refuses',
      'listens, first 1 lost',
      'absent',
      'SO_SNDTIMEO 1000',
      'TCP_USER_TIMEOUT 1500, linear 4',
      'IPv6, rejects-reset',
      'IPv6, rejects-admin, RTT 20, with policy-fail',
      'IPv6, ss -K after 2600',
      'route unreachable before connect()',
    ],
    parametersOf,
  },
};
