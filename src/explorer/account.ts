/** A step in sentences, and the event of it that decides. */
import type { TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { type EndName, endNamed, type Moment, packetNamed } from './moment.ts';

/** Kinds that are told although they are no beats. */
const TOLD = new Set(['packet-received', 'packet-sent', 'state-changed', 'waited']);

/** What happened in a step, and why. `*…*` surrounds what decides. */
export function account({ events }: Moment): string {
  const isArmed = events.some(({ kind }) => kind === 'timer-set');
  const hasWaited = events.some(({ kind }) => kind === 'waited');
  const sentences: string[] = [];
  for (const event of events) {
    const says = tell(event, isArmed, hasWaited);
    if (says && !sentences.includes(says)) sentences.push(says);
  }
  return sentences.join(' ') || 'Nothing on the wire, and no state changes.';
}

function tell(event: TraceEvent, isArmed: boolean, hasWaited: boolean): string | null {
  const { kind, actor, mark, says, beat } = event;
  if (event.kind === 'state-changed') return changeSentence(actor, event.data.from, event.data.to);
  if (kind === 'packet-received') return says.replace('arrives', `arrives at the ${actor}`);
  if (event.kind === 'syscall-return') {
    const { data } = event;
    if (data.call === 'connect') return null;
    if (data.errno !== null) return says;
    if (data.call === 'accept')
      return `accept() hands the connection to the program: descriptor ${data.value}.`;
    if (data.call !== 'read') return null;
    return data.value === 0
      ? 'read() returns 0: *the end of the stream*.'
      : `read() returns ${data.value} bytes.`;
  }
  // The timer’s sentence begins with the packet’s.
  if (kind === 'packet-sent' && isArmed) return null;
  // A delay of no length is no delay to a reader.
  if (mark === 'tcp_delack_timer_handler:send' && !hasWaited) return 'An ACK goes back.';
  return beat || TOLD.has(kind) ? says : null;
}

function changeSentence(actor: string, from: string, to: string): string {
  if (from === 'LISTEN' && to === 'SYN_RECV')
    return `A new socket of the ${actor} goes from LISTEN to *SYN_RECV*; the listener stays.`;
  if (from === 'LISTEN') return `The listener of the ${actor} goes from LISTEN to *${to}*.`;
  return `The ${actor} goes from ${from} to *${to}*.`;
}

/** A change of state in a step. */
export interface Change {
  readonly end: EndName;
  readonly from: string;
  readonly to: string;
}

export function changes(events: readonly TraceEvent[]): Change[] {
  const found = events.flatMap((event): Change[] => {
    const end = endNamed(event.actor);
    return end && event.kind === 'state-changed' ? [{ end, from: event.data.from, to: event.data.to }] : [];
  });
  // A FIN in TIME_WAIT changes no state, and is an arrow of its own.
  const again = events.find(
    ({ kind, mark }) => kind === 'packet-sent' && mark === 'tcp_timewait_state_process:again',
  );
  const hasFin = events.some((event) => event.kind === 'packet-received' && event.data.packet === 'FIN');
  const end = found.length === 0 && hasFin && again ? endNamed(again.actor) : null;
  return end ? [{ end, from: 'TIME_WAIT', to: 'TIME_WAIT' }] : found;
}

/** What was put on the wire in a step. */
export const sent = (events: readonly TraceEvent[]): { end: EndName; packet: string }[] =>
  events.flatMap((event) => {
    const end = endNamed(event.actor);
    return end && event.kind === 'packet-sent' ? [{ end, packet: event.data.packet }] : [];
  });

/**
 * The event whose kernel line a step shows: the change of state, else the last one that a line decided.
 * @param isShown whether the page has the line
 */
export function deciding({ events }: Moment, isShown: (event: TraceEvent) => boolean): TraceEvent | null {
  const marked = events.filter((event) => event.mark !== null);
  const ranked = [
    ...marked.filter(({ kind }) => kind === 'state-changed').reverse(),
    ...marked.filter(({ beat }) => beat).reverse(),
    ...marked.slice().reverse(),
  ];
  return ranked.find(isShown) ?? ranked[0] ?? null;
}

const CALL_NAMES: Readonly<Record<string, string>> = {
  connect: 'connect()',
  listen: 'listen()',
  accept: 'accept()',
  send: 'write()',
  read: 'read()',
  shutdown: 'shutdown()',
  close: 'close()',
  abort: 'close(), linger 0',
};

/** The call by the word for it in a history. */
export const callName = (word: string): string => CALL_NAMES[word] ?? word;

/** What becomes of a packet, by the word for it in a history. */
const BECOMES: Readonly<Record<string, string>> = {
  deliver: 'arrives',
  drop: 'is dropped',
  delay: 'is delayed',
  duplicate: 'is duplicated',
};

/** A step in a few words: `client: connect()`, `SYN-ACK arrives`, `wait`. */
export function actionName(trace: Trace, action: string): string {
  if (action === 'wait') return 'wait';
  const [first = '', second = ''] = action.split('.');
  if (first === 'client' || first === 'server') return `${first}: ${callName(second)}`;
  const packet = packetNamed(trace, Number(second));
  return `${packet ?? `packet ${second}`} ${BECOMES[first] ?? first}`;
}
