/** The packets of a trace on their way from one end to the other. */
import type { TraceEvent } from '#simulations/engine/trace.ts';
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

const ENDS = new Set(['packet-received', 'packet-dropped', 'packet-rejected']);

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
  for (const event of events) if (ENDS.has(event.kind)) ends.set(Number(event.data.number), event);
  return events.flatMap((sent) => {
    const rejects = sent.kind === 'packet-rejected';
    if (sent.kind !== 'packet-sent' && !rejects) return [];
    const number = Number(rejects ? sent.data.answer_number : sent.data.number);
    const name = String(rejects ? sent.data.answer : sent.data.packet);
    const { payload_bytes = 0 } = (sent.data.carries ?? {}) as { payload_bytes?: number };
    return [
      {
        number,
        name,
        kind: packetKind(name),
        bytes: payload_bytes,
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
