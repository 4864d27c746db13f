/** The parts of a run at a pipe: it fills, it is full, it is drained. */
import type { TraceEvent } from '../../trace/event.ts';
import './events.ts';

/** No slot was free. */
const isFull = ({ kind }: TraceEvent): boolean =>
  kind === 'sleep' || kind === 'again' || kind === 'poll-sleep';

/** A process has ended, and with it the last that held its end of the pipe. */
const closes = (event: TraceEvent, end: 'read' | 'write'): boolean =>
  (event.kind === 'process-exited' || event.kind === 'process-killed') &&
  event.data.end === end &&
  event.mark === 'pipe_release:wake';

/** Names the part that begins with an event: `full`. */
export function sectionsOf(events: readonly TraceEvent[]): (event: TraceEvent) => string | null {
  const first = events.some(isFull) ? 'filling' : 'writing';
  let name = first;
  return (event) => {
    if (closes(event, 'read')) name = 'the reader is gone';
    else if (name === 'the reader is gone') return name;
    else if (closes(event, 'write')) name = 'the writers are gone';
    else if (name === first && isFull(event)) name = 'full';
    else if (name === 'full' && event.kind === 'read') name = 'drained and filled again';
    return name;
  };
}
