/** What a capture on the client's interface sees: its packets as they leave and as they arrive. */
import type { Trace } from '../engine/trace.ts';
import type { Packet } from '../network/packet.ts';

export interface Captured {
  /** Index of the event. */
  readonly event: number;
  readonly at_us: number;
  readonly packet: Packet;
}

/** @param host whose interface it is */
export function capture(trace: Trace, host = 'client'): readonly Captured[] {
  const packets = new Map<number, Packet>();
  const captured: Captured[] = [];
  for (const { index, at_us, actor, kind, data } of trace.events) {
    if (kind === 'packet-sent') packets.set(Number(data.number), data.carries as unknown as Packet);
    if (kind === 'packet-rejected')
      packets.set(Number(data.answer_number), data.carries as unknown as Packet);
    if (actor !== host || (kind !== 'packet-sent' && kind !== 'packet-received')) continue;
    const packet = packets.get(Number(data.number));
    if (packet) captured.push({ event: index, at_us, packet });
  }
  return captured;
}
