/** The requests of a run, read from what the client's process calls and gets back. */

import type { TraceEvent } from '#simulations/trace/event.ts';
import { once } from '../../views/scene.ts';
import type { Exchange } from './exchange.ts';

export const CLIENT_PROCESS = 'client process';

/** One request, from its first write() (or the connection that it needs) to the last byte of its response. */
export interface Request {
  readonly number: number;
  readonly began: TraceEvent;
  readonly beganAt_us: number;
  /** The read() that took the last byte; none while it is not answered. */
  readonly ended: TraceEvent | undefined;
}

/** Every request that the client has begun. */
export const requests = once(({ events, parameters }: Exchange): Request[] => {
  const response_bytes = parameters.header_bytes + parameters.body_bytes;
  const first = parameters.server_closes_after_response ? 'socket' : 'write';
  const found: Request[] = [];
  let began: TraceEvent | null = null;
  let got_bytes = 0;
  for (const event of events) {
    if (event.actor !== CLIENT_PROCESS) continue;
    if (event.kind === 'syscall' && event.data.call === first && !began) {
      began = event;
      got_bytes = 0;
    } else if (event.kind === 'syscall-return' && event.data.call === 'read' && began) {
      got_bytes += event.data.value;
      if (got_bytes < response_bytes) continue;
      found.push({ number: found.length + 1, began, beganAt_us: began.at_us, ended: event });
      began = null;
    }
  }
  if (began) found.push({ number: found.length + 1, began, beganAt_us: began.at_us, ended: undefined });
  return found;
});

/** How long an answered request took, in µs. */
export const latency_us = ({ beganAt_us, ended }: Request): number =>
  (ended?.at_us ?? beganAt_us) - beganAt_us;

/** The numbers of the requests that waited for a timer. */
export const stalledRequests = once(({ outcome }: Exchange): ReadonlySet<number> => new Set(outcome.stalls));
