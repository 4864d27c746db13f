/** The parts of a run: each SYN with the wait for its answer, then what ended the waiting. */
import { ofKind, type TraceEvent } from '../../trace/event.ts';
import './events.ts';

/** What can end the attempt, in the moment before the socket leaves SYN_SENT. */
const ENDS = new Set<TraceEvent['kind']>([
  'packet-received',
  'timer-fired',
  'neighbour-failed',
  'syscall-return',
  'heartbeat-missed',
  'first-aid',
  'action',
]);

const isSyn = (event: TraceEvent | undefined): boolean =>
  event?.kind === 'packet-sent' && event.actor === 'client' && event.data.packet === 'SYN';

/** Names the part that begins with an event: `SYN 2`. */
export function sectionsOf(events: readonly TraceEvent[]): (event: TraceEvent) => string | null {
  const changes = ofKind(events, 'state-changed').filter(({ actor }) => actor === 'client');
  const end = changes.find(({ data }) => data.from === 'SYN_SENT');
  const closing = changes.find(({ data }) => data.from === 'ESTABLISHED');
  const cause =
    end && events.slice(0, end.index).findLast(({ kind, actor }) => ENDS.has(kind) && actor !== 'server');
  let syns = 0;

  /** Whether the timer that has fired sends another SYN. */
  const resends = (fired: TraceEvent): boolean => {
    for (let i = fired.index + 1; i < events.length; i++) {
      const event = events[i];
      if (isSyn(event)) return true;
      if (event?.kind === 'timer-fired' || event === end) return false;
    }
    return false;
  };

  return (event) => {
    if (event.index === 0) return 'the call';
    if (event === cause) return cause.kind === 'packet-received' ? 'the answer' : 'the end';
    if (event === closing) return 'the connection closes';
    if (end && event.index > end.index) return null;
    if (isSyn(event)) return `SYN ${++syns}`;
    if (event.kind === 'timer-fired' && resends(event)) return `SYN ${syns + 1}`;
    if (event.kind === 'packet-sent' && event.data.probe)
      return `${event.data.packet === 'ARP request' ? 'ARP request' : 'neighbor solicitation'} ${event.data.probe}`;
    return event.kind === 'first-aid' ? 'first aid' : null;
  };
}
