/** Every simulation, by name. */
import type { Simulation } from './engine/simulation.ts';
import { closeWaitPipe } from './incidents/close-wait-pipe.ts';
import { connectTimeout } from './incidents/connect-timeout.ts';
import { nagleDelayedAck } from './incidents/nagle-delayed-ack.ts';
import { pipeBuffer } from './reference/pipe-buffer.ts';
import { tcpStates } from './reference/tcp-states.ts';

export const catalogue: Readonly<Record<string, Simulation>> = {
  [closeWaitPipe.name]: closeWaitPipe as unknown as Simulation,
  [connectTimeout.name]: connectTimeout as unknown as Simulation,
  [nagleDelayedAck.name]: nagleDelayedAck as unknown as Simulation,
  [pipeBuffer.name]: pipeBuffer as unknown as Simulation,
  [tcpStates.name]: tcpStates as unknown as Simulation,
};
