/** What waits inside the two kernels: bytes that may not leave, ACKs that hope for company, and the probe timer. */
import { duration } from '#simulations/engine/duration.ts';
import { connectionOf, machineOf } from '#simulations/machine/lookups.ts';
import type { TcpState } from '#simulations/machine/state.ts';
import type { EventOfKind, TraceEvent } from '#simulations/trace/event.ts';
import type { Pending, Side } from '../../views/pending.ts';
import { once } from '../../views/scene.ts';
import type { Exchange } from './exchange.ts';

const SIDES: readonly Side[] = ['client', 'server'];

interface Open {
  readonly from: EventOfKind<'segment-held'> | EventOfKind<'window-full'>;
  /** The most bytes that were held at once. */
  bytes: number;
}

const heldLabel = (hold: 'Nagle' | 'cork' | 'window', bytes: number): string =>
  ({ Nagle: `${bytes} B held`, cork: `${bytes} B corked`, window: `${bytes} B wait for room` })[hold];

/** An end's connection after an event. */
const connectionAt = ({ worldAt }: Exchange, index: number, side: Side): TcpState | undefined =>
  connectionOf(machineOf(worldAt(index), side));

/** Bytes that stay in the socket of one end. */
function holdsOf(trace: Exchange, side: Side): Pending[] {
  const { events } = trace;
  const found: Pending[] = [];
  let open: Open | null = null;
  const close = (end: TraceEvent | undefined, end_us: number) => {
    if (!open) return;
    const { from, bytes } = open;
    found.push({ side, kind: 'held', from, end, end_us, left: 0, label: heldLabel(from.data.hold, bytes) });
    open = null;
  };
  for (const event of events) {
    const { index, actor, kind, at_us } = event;
    if (open) open.bytes = Math.max(open.bytes, connectionAt(trace, index, side)?.info?.notsent_bytes ?? 0);
    if (actor !== side) continue;
    if (event.kind === 'segment-held' || event.kind === 'window-full') {
      close(event, at_us);
      open = { from: event, bytes: event.data.bytes };
    } else if (kind === 'hold-ended') close(event, at_us);
  }
  close(undefined, events.at(-1)?.at_us ?? 0);
  return found;
}

/** Acknowledgements of one end that wait for data to ride on. */
function delayedAcksOf({ events }: Exchange, side: Side): Pending[] {
  const found: Pending[] = [];
  let open: EventOfKind<'ack-delayed'> | null = null;
  const close = (end: TraceEvent) => {
    if (!open) return;
    const delay_us = open.data.delay_ms * 1000;
    found.push({
      side,
      kind: 'delayed-ack',
      from: open,
      end,
      end_us: end.at_us,
      left: Math.max(0, 1 - (end.at_us - open.at_us) / delay_us),
      label: `ACK waits ≤ ${duration(delay_us)}`,
    });
    open = null;
  };
  for (const event of events) {
    if (event.actor !== side) continue;
    if (event.kind === 'packet-sent' || event.kind === 'delayed-ack-fired') close(event);
    else if (event.kind === 'ack-delayed') {
      close(event);
      open = event;
    }
  }
  return found;
}

/** The timer of window probes at one end, which also ends a cork. */
function probesOf(trace: Exchange, side: Side): Pending[] {
  const found: Pending[] = [];
  let open: TraceEvent | null = null;
  let due_us = 0;
  for (const event of trace.events) {
    const timer = connectionAt(trace, event.index, side)?.timer;
    const isProbing = timer?.name === 'persist';
    if (isProbing && !open) {
      open = event;
      due_us = timer.due_us;
    } else if (!isProbing && open) {
      const length_us = due_us - open.at_us;
      found.push({
        side,
        kind: 'timer',
        from: open,
        end: undefined,
        end_us: Math.min(due_us, event.at_us),
        left: 0,
        label: `probe timer, ${duration(length_us)}`,
      });
      open = null;
    }
  }
  return found;
}

/** While one end holds bytes until an ACK comes, the other holds the ACK until its timer fires. */
function stallsOf(waits: readonly Pending[]): Pending[] {
  const held = waits.filter(({ kind }) => kind === 'held');
  return waits.flatMap((ack): Pending[] => {
    if (ack.kind !== 'delayed-ack' || ack.end?.kind !== 'delayed-ack-fired') return [];
    const holds = held.some(
      ({ side, from, end_us }) =>
        side !== ack.side && from.index < (ack.end?.index ?? 0) && end_us >= ack.end_us,
    );
    return holds ? [{ ...ack, kind: 'stall' }] : [];
  });
}

/** Everything that waits, in the order in which it began. */
export const waits = once((trace: Exchange): Pending[] => {
  const found = SIDES.flatMap((side) => [
    ...holdsOf(trace, side),
    ...delayedAcksOf(trace, side),
    ...probesOf(trace, side),
  ]);
  return [...stallsOf(found), ...found].sort((a, b) => a.from.index - b.from.index);
});
