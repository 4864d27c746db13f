/** The packets of a trace on their way from one end to the other. */
import type { TraceEvent } from '#simulations/trace/event.ts';
import { type PacketKind, packetKind } from './svg.ts';

/** What becomes of a packet. */
export interface Passage {
  readonly number: number;
  readonly name: string;
  readonly kind: PacketKind;
  /** Data that it carries, in bytes. */
  readonly bytes: number;
  readonly sent: TraceEvent;
  readonly end: TraceEvent | undefined;
  readonly fromClient: boolean;
}

/** A trace never changes, so its packets are sought once. */
const known = new WeakMap<readonly TraceEvent[], readonly Passage[]>();

/** Every packet of a trace, with how it ended. */
export function passages(events: readonly TraceEvent[]): readonly Passage[] {
  const found = known.get(events) ?? seek(events);
  known.set(events, found);
  return found;
}

function seek(events: readonly TraceEvent[]): Passage[] {
  const ends = new Map<number, TraceEvent>();
  for (const event of events)
    if (
      event.kind === 'packet-received' ||
      event.kind === 'packet-dropped' ||
      event.kind === 'packet-rejected'
    )
      ends.set(event.data.number, event);
  return events.flatMap((sent) => {
    if (sent.kind !== 'packet-sent' && sent.kind !== 'packet-rejected') return [];
    const { carries } = sent.data;
    const [number, name] =
      sent.kind === 'packet-rejected'
        ? [sent.data.answer_number, sent.data.answer]
        : [sent.data.number, sent.data.packet];
    return [
      {
        number,
        name,
        kind: packetKind(name),
        bytes: 'payload_bytes' in carries ? carries.payload_bytes : 0,
        sent,
        end: ends.get(number),
        fromClient: sent.actor === 'client',
      },
    ];
  });
}

/** What stands on a packet's line: `SYN`, `data 120 B`, `FIN + 400 B`. */
export const passageLabel = ({ name, bytes, kind }: Passage): string =>
  bytes === 0 ? name : kind === 'data' ? `data ${bytes} B` : `${name} + ${bytes} B`;
