/** What a capture on a machine's interface sees: its packets as they leave and as they arrive. */
import type { Packet } from '../network/packet.ts';
import type { TraceEvent } from '../trace/event.ts';

export interface Captured {
  /** Index of the event. */
  readonly event: number;
  readonly at_us: number;
  readonly packet: Packet;
}

/** @param machine whose interface it is */
export function capture(
  { events }: { readonly events: readonly TraceEvent[] },
  machine = 'client',
): readonly Captured[] {
  const packets = new Map<number, Packet>();
  const captured: Captured[] = [];
  for (const event of events) {
    const { index, at_us, actor, kind } = event;
    if (kind === 'packet-sent') packets.set(event.data.number, event.data.carries);
    if (kind === 'packet-rejected') packets.set(event.data.answer_number, event.data.carries);
    if (actor !== machine || (kind !== 'packet-sent' && kind !== 'packet-received')) continue;
    const packet = packets.get(event.data.number);
    if (packet) captured.push({ event: index, at_us, packet });
  }
  return captured;
}
