/** What a ladder shows of a trace: packets on their way, and what the program does and hears. */
import type { TraceEvent } from '#simulations/engine/trace.ts';
import { type PacketKind, packetKind } from './svg.ts';

/** What becomes of a packet. */
export interface Passage {
  readonly number: number;
  readonly name: string;
  readonly kind: PacketKind;
  readonly sent: TraceEvent;
  readonly end: TraceEvent | undefined;
  readonly fromClient: boolean;
}

/** A note beside the client's line. */
export interface Note {
  readonly event: TraceEvent;
  text: string;
  readonly tone: 'decide' | 'ok' | 'plain';
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
    return [
      {
        number,
        name,
        kind: packetKind(name),
        sent,
        end: ends.get(number),
        fromClient: sent.actor === 'client',
      },
    ];
  });
}

/** What the program does and hears. A call that returns at once is one word with the call before it. */
export function notes(events: readonly TraceEvent[]): Note[] {
  const found: Note[] = [];
  for (const event of events) {
    const { kind, data } = event;
    if (kind === 'syscall' && (data.call === 'connect' || data.call === 'poll')) {
      const together = found.find(({ event: { at_us }, tone }) => tone === 'plain' && at_us === event.at_us);
      if (together) together.text += `, ${data.call}()`;
      else found.push({ event, text: `${data.call}()`, tone: 'plain' });
    } else if (kind === 'syscall-return' && event.beat && Number(data.blocked_us) > 0) {
      const what = data.call === 'poll' ? pollText(data) : (data.errno ?? 'connected');
      found.push({ event, text: `${data.call}(): ${what}`, tone: data.errno ? 'decide' : 'ok' });
    } else if (kind === 'syscall-return' && data.call === 'getsockopt')
      found.push({
        event,
        text: `SO_ERROR: ${(data.out as { error?: string }).error ?? 'none'}`,
        tone: 'decide',
      });
    else if (kind === 'heartbeat-missed')
      found.push({ event, text: 'supervisor kills the worker', tone: 'decide' });
  }
  return found;
}

function pollText(data: TraceEvent['data']): string {
  const revents = (data.out as { revents?: readonly string[] }).revents ?? [];
  return revents.length ? revents.map((name) => name.slice(4)).join('|') : 'timed out';
}
