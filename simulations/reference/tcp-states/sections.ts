/** The parts of a history, by what the reader did: opening, data, closing, and opening once more. */
import { ofKind, type TraceEvent } from '../../trace/event.ts';
import './events.ts';

/** The part that an action begins; any other goes on with the part that it is in. */
const BEGINS: Readonly<Record<string, 'opening' | 'data' | 'closing'>> = {
  connect: 'opening',
  listen: 'opening',
  send: 'data',
  shutdown: 'closing',
  close: 'closing',
  abort: 'closing',
};

/** Names the part that begins with an event: `closing`. */
export function sectionsOf(events: readonly TraceEvent[]): (event: TraceEvent) => string | null {
  const inVain = new Set(ofKind(events, 'without-effect').map(({ data }) => data.step));
  let name = 'opening';
  return (event) => {
    if (event.kind !== 'step') return event.index === 0 ? name : null;
    const { action, step } = event.data;
    const next = BEGINS[action.split('.')[1] ?? ''];
    // Who has closed one direction may still get data in the other.
    if (next && !(next === 'data' && name === 'closing') && !inVain.has(step)) name = next;
    return name;
  };
}
