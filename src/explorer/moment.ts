/** One moment of a run: what both ends are, what lies on the wire, and which timer is next. */
import type { ActorState, Trace, TraceEvent } from '#simulations/engine/trace.ts';

export type EndName = 'client' | 'server';
export const ENDS: readonly EndName[] = ['client', 'server'];

/** An end, with its listener and its connection apart. */
export interface EndMoment {
  readonly name: EndName;
  /** State of the connection, or null before there was one. */
  readonly connection: string | null;
  readonly hasListener: boolean;
  /** Connections that wait for accept(). */
  readonly queued: number;
  /** Whether the program has a descriptor of the connection, or of the listener. */
  readonly holdsConnection: boolean;
  readonly holdsListener: boolean;
  /** When the record of a connection that is over goes away, in µs, or null. */
  readonly recordDue_us: number | null;
  /** The socket’s fields as the trace has them. */
  readonly sock: ActorState;
}

/** A packet on its way. Sequence numbers count from the SYN, as in a capture. */
export interface Letter {
  readonly number: number;
  readonly packet: string;
  readonly from: EndName;
  readonly to: EndName;
  readonly copyOf: number | null;
  readonly flags: readonly string[];
  readonly seq: number;
  /** Null without the ACK flag. */
  readonly ack: number | null;
  readonly bytes: number;
}

/** The next timer. */
export interface NextTimer {
  readonly left_us: number;
  /** `TIME_WAIT of the client`. */
  readonly name: string;
}

export interface Moment {
  /** Steps done, 0 at the beginning. */
  readonly step: number;
  readonly at_us: number;
  /** What the last step brought, from its first event to its last. */
  readonly events: readonly TraceEvent[];
  /** Index of the last event. */
  readonly cursor: number;
  readonly client: EndMoment;
  readonly server: EndMoment;
  readonly letters: readonly Letter[];
  readonly timer: NextTimer | null;
}

interface Carried {
  readonly flags: readonly string[];
  readonly seq: number;
  readonly ack: number;
  readonly payload_bytes: number;
}

interface Lying {
  readonly number: number;
  readonly packet: string;
  readonly from: EndName;
  readonly to: EndName;
  readonly copy_of: number | null;
  readonly carries: Carried;
}

/** A trace never changes, so the ends of its steps are sought once. */
const knownEnds = new WeakMap<Trace, readonly number[]>();

/** Index of the last event of each step; the first is that of the beginning. */
export function stepEnds(trace: Trace): readonly number[] {
  const known = knownEnds.get(trace);
  if (known) return known;
  const found = trace.events
    .filter(({ kind }) => kind === 'begin' || kind === 'step-ended')
    .map(({ index }) => index);
  knownEnds.set(trace, found);
  return found;
}

/** What a step brought, from its first event to its last. */
export function eventsOf(trace: Trace, step: number): readonly TraceEvent[] {
  const ends = stepEnds(trace);
  const last = ends[step] ?? ends.at(-1) ?? 0;
  return trace.events.slice(step === 0 ? 0 : (ends[step - 1] ?? 0) + 1, last + 1);
}

/** What was done in a step, from 1. */
export const actionOf = (trace: Trace, step: number): string | null =>
  step === 0 ? null : (String(trace.parameters.history).split(',')[step - 1] ?? null);

/** @param step how many steps have been done */
export function momentAt(trace: Trace, step: number): Moment {
  const ends = stepEnds(trace);
  const cursor = ends[step] ?? ends.at(-1) ?? 0;
  const world = trace.stateAt(cursor);
  const at_us = trace.events[cursor]?.at_us ?? 0;
  const [client, server] = [endMoment('client', trace, cursor), endMoment('server', trace, cursor)];
  const next_us = world.reader?.next_timer_us;
  return {
    step,
    at_us,
    events: eventsOf(trace, step),
    cursor,
    client,
    server,
    letters: letters(trace, (world.network?.in_flight ?? []) as unknown as readonly Lying[]),
    timer:
      typeof next_us === 'number'
        ? { left_us: next_us - at_us, name: timerName([client, server], next_us) }
        : null,
  };
}

/** The fields of an end’s connection: a listener, or a new socket, may have written over them since. */
function fieldsOf(name: EndName, connection: string | null, trace: Trace, cursor: number): ActorState {
  for (let index = cursor; index >= 0 && connection !== null; index--) {
    const fields = trace.stateAt(index)[name] ?? {};
    if (fields.sk_state === connection) return fields;
  }
  return trace.stateAt(cursor)[name] ?? {};
}

function endMoment(name: EndName, trace: Trace, cursor: number): EndMoment {
  const end = trace.stateAt(cursor)[`${name} end`] ?? {};
  const connection = typeof end.connection === 'string' ? end.connection : null;
  return {
    name,
    connection,
    hasListener: Boolean(end.has_listener),
    queued: Number(end.queued ?? 0),
    holdsConnection: Boolean(end.holds_connection),
    holdsListener: Boolean(end.holds_listener),
    recordDue_us: typeof end.record_due_us === 'number' ? end.record_due_us : null,
    sock: fieldsOf(name, connection, trace, cursor),
  };
}

/** Sequence numbers of every packet of a trace, from its SYN. A trace never changes, so they are sought once. */
const numbered = new WeakMap<Trace, ReadonlyMap<number, { seq: number; ack: number }>>();

function relative(trace: Trace): ReadonlyMap<number, { seq: number; ack: number }> {
  const known = numbered.get(trace);
  if (known) return known;
  const found = new Map<number, { seq: number; ack: number }>();
  const first: Partial<Record<string, number>> = {};
  for (const { kind, actor, data } of trace.events) {
    if (kind !== 'packet-sent') continue;
    const { flags, seq, ack } = data.carries as unknown as Carried;
    if (flags.includes('SYN')) first[actor] = seq;
    const peer = first[actor === 'client' ? 'server' : 'client'] ?? 0;
    found.set(Number(data.number), {
      seq: (seq - (first[actor] ?? seq)) >>> 0,
      ack: (ack - peer) >>> 0,
    });
  }
  numbered.set(trace, found);
  return found;
}

function letters(trace: Trace, lying: readonly Lying[]): Letter[] {
  const known = relative(trace);
  return lying.map(({ number, packet, from, to, copy_of, carries }) => {
    const { seq, ack } = known.get(original(trace, number)) ?? carries;
    const { flags, payload_bytes } = carries;
    return {
      number,
      packet,
      from,
      to,
      copyOf: copy_of,
      flags,
      seq,
      ack: flags.includes('ACK') ? ack : null,
      bytes: payload_bytes,
    };
  });
}

/** The number under which a packet was sent: a copy has one of its own. */
function original(trace: Trace, number: number): number {
  const copied = trace.events.find(({ kind, data }) => kind === 'packet-duplicated' && data.copy === number);
  return copied ? original(trace, Number(copied.data.number)) : number;
}

/** The name of a packet by its number, or null when no such packet was sent. */
export function packetOf(trace: Trace, number: number): { name: string; from: EndName } | null {
  const sent = trace.events.find(
    ({ kind, data }) => kind === 'packet-sent' && data.number === original(trace, number),
  );
  return sent ? { name: String(sent.data.packet), from: sent.actor as EndName } : null;
}

const AGAIN: Readonly<Record<string, string>> = {
  SYN_SENT: 'the SYN again',
  SYN_RECV: 'the SYN-ACK again',
  FIN_WAIT1: 'the FIN again',
  CLOSING: 'the FIN again',
  LAST_ACK: 'the FIN again',
};

function timerName(ends: readonly EndMoment[], next_us: number): string {
  for (const { name, connection, recordDue_us, sock } of ends) {
    if (recordDue_us === next_us) return `${connection} of the ${name}`;
    if (sock.delack_due_us === next_us) return `delayed ACK of the ${name}`;
    if (sock.timer_due_us === next_us) return resend(name, connection, sock);
  }
  // The trace does not say when a timer that was set again is due, only that one runs.
  const running = ends.find(
    ({ sock }) => sock.retransmission !== undefined && sock.retransmission !== 'idle',
  );
  return running ? resend(running.name, running.connection, running.sock) : 'the next timer';
}

function resend(name: EndName, connection: string | null, sock: ActorState): string {
  const what =
    sock.retransmission === 'probing' ? 'a window probe' : (AGAIN[connection ?? ''] ?? 'the data again');
  return `${what}, from the ${name}`;
}
