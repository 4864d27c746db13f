/** Which requests waited for a timer: read from the trace, from cause to effect. */
import type { TraceEvent } from '../../trace/event.ts';

/** When a request began, and when its response had been read; µs. */
export interface RequestSpan {
  from_us: number;
  until_us: number | null;
}

/** The marks of what leaves because the timer of a window probe, or of a tail loss probe, has fired. */
const PROBES: readonly (string | null)[] = ['tcp_write_wakeup:transmit', 'tcp_send_loss_probe:new'];

/**
 * Held data that is let go by a delayed ACK, or by the timer of a probe, has stalled the request in
 * which it was held. @returns the requests' numbers, from 1
 */
export function stalledRequests(events: readonly TraceEvent[], spans: readonly RequestSpan[]): number[] {
  /** Packets that left because a delayed ACK's timer fired. */
  const late = new Set<number>();
  /** Whose ACK timer has just fired. */
  let fired: string | null = null;
  /** Who holds data, and since when. */
  const held = new Map<string, number>();
  /** The packet that each end received last. */
  const received = new Map<string, number>();
  /** Who sent last because of a timer. */
  const timed = new Set<string>();
  const stalled = new Set<number>();
  for (const event of events) {
    const { actor, at_us } = event;
    if (event.kind === 'delayed-ack-fired') fired = actor;
    else if (event.kind === 'segment-held') held.set(actor, at_us);
    else if (event.kind === 'packet-received') received.set(actor, event.data.number);
    else if (event.kind === 'packet-sent') {
      if (fired === actor) late.add(event.data.number);
      if (fired === actor) fired = null;
      const isLate = PROBES.includes(event.mark) || late.has(received.get(actor) ?? 0);
      if (isLate) timed.add(actor);
      else timed.delete(actor);
    } else if (event.kind === 'hold-ended') {
      const since_us = held.get(actor) ?? at_us;
      if (!timed.has(actor)) continue;
      const request = spans.findIndex(
        ({ from_us, until_us }) => since_us >= from_us && (until_us === null || at_us <= until_us),
      );
      if (request >= 0) stalled.add(request + 1);
    }
  }
  return [...stalled].sort((a, b) => a - b);
}
