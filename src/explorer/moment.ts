/** One moment of a run: what both ends are, what lies on the wire, and which timer is next. */
import { connectionOf, listenerOf, machineOf } from '#simulations/machine/lookups.ts';
import type { InFlight, MachineState, TcpState, TcpStateName } from '#simulations/machine/state.ts';
import { type Flag, packetName } from '#simulations/network/packet.ts';
import type { TcpStatesOutcome, TcpStatesPrograms } from '#simulations/reference/tcp-states/simulation.ts';
import type { TraceEvent } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';

/** The trace of a walk. */
export type WalkTrace = Trace<TcpStatesOutcome, TcpStatesPrograms>;

export type EndName = 'client' | 'server';
export const ENDS: readonly EndName[] = ['client', 'server'];

/** The end whose name this is, or null: a wire and a reader act as well. */
export const endNamed = (name: string): EndName | null =>
  name === 'client' || name === 'server' ? name : null;

/** An end, with its listener and its connection apart. */
export interface EndMoment {
  readonly name: EndName;
  readonly machine: MachineState;
  /** State of the connection: null before there was one, and CLOSE when it is gone. */
  readonly connection: TcpStateName | null;
  readonly hasListener: boolean;
  /** Connections that wait for accept(). */
  readonly queued: number;
  /** Whether the program has a descriptor of the connection, or of the listener. */
  readonly holdsConnection: boolean;
  readonly holdsListener: boolean;
  /** When the record of a connection that is over goes away, in µs, or null. */
  readonly recordDue_us: number | null;
  /** The connection's socket or record, or null where there is none. */
  readonly socket: TcpState | null;
}

/** A packet on its way, as the page tells it. Sequence numbers count from the SYN, as in a capture. */
export interface PacketInFlight {
  readonly number: number;
  /** `SYN-ACK`, `data`. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly copyOf: number | null;
  readonly flags: readonly Flag[];
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
  readonly inFlight: readonly PacketInFlight[];
  readonly timer: NextTimer | null;
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
export function actionOf(trace: Trace, step: number): string | null {
  const done = eventsOf(trace, step).find((event) => event.kind === 'step');
  return done?.data.action ?? null;
}

/** @param step how many steps have been done */
export function momentAt(trace: WalkTrace, step: number): Moment {
  const ends = stepEnds(trace);
  const cursor = ends[step] ?? ends.at(-1) ?? 0;
  const world = trace.worldAt(cursor);
  const { at_us, wire } = world;
  const { next_timer_us } = world.programs;
  const [client, server] = [endMoment('client', trace, cursor), endMoment('server', trace, cursor)];
  return {
    step,
    at_us,
    events: eventsOf(trace, step),
    cursor,
    client,
    server,
    inFlight: wire.flatMap((packet) => told(trace, packet)),
    timer:
      next_timer_us === null
        ? null
        : { left_us: next_timer_us - at_us, name: timerName([client, server], next_timer_us) },
  };
}

/** Whether an end has had a connection: what a listener does alone makes none. */
const hadConnection = ({ events }: Trace, name: EndName, cursor: number): boolean =>
  events.some(
    (event) =>
      event.kind === 'state-changed' &&
      event.actor === name &&
      event.index <= cursor &&
      event.data.to !== 'LISTEN' &&
      !(event.data.from === 'LISTEN' && event.data.to === 'CLOSE'),
  );

function endMoment(name: EndName, trace: WalkTrace, cursor: number): EndMoment {
  const world = trace.worldAt(cursor);
  const machine = machineOf(world, name);
  const listener = listenerOf(machine);
  const socket = connectionOf(machine) ?? null;
  const holds = world.programs[name];
  return {
    name,
    machine,
    connection: socket?.state ?? (hadConnection(trace, name, cursor) ? 'CLOSE' : null),
    hasListener: listener !== undefined,
    queued: listener?.recv_q_bytes ?? 0,
    holdsConnection: holds.connection !== null,
    holdsListener: holds.listener !== null,
    recordDue_us: socket?.weight === 'timewait' ? (socket.timer?.due_us ?? null) : null,
    socket,
  };
}

/** Sequence numbers of every packet of a trace, from its SYN. A trace never changes, so they are sought once. */
const numbered = new WeakMap<Trace, ReadonlyMap<number, { seq: number; ack: number }>>();

function relative(trace: Trace): ReadonlyMap<number, { seq: number; ack: number }> {
  const known = numbered.get(trace);
  if (known) return known;
  const found = new Map<number, { seq: number; ack: number }>();
  const first: Partial<Record<string, number>> = {};
  for (const event of trace.events) {
    if (event.kind !== 'packet-sent' || event.data.carries.protocol !== 'tcp') continue;
    const { actor } = event;
    const { flags, seq, ack } = event.data.carries;
    if (flags.includes('SYN')) first[actor] = seq;
    const peer = first[actor === 'client' ? 'server' : 'client'] ?? 0;
    found.set(event.data.number, {
      seq: (seq - (first[actor] ?? seq)) >>> 0,
      ack: (ack - peer) >>> 0,
    });
  }
  numbered.set(trace, found);
  return found;
}

/** A segment as the page tells it; nothing else travels here. */
function told(trace: Trace, { number, packet, from, to, copy_of }: InFlight): PacketInFlight[] {
  if (packet.protocol !== 'tcp') return [];
  const { flags, payload_bytes } = packet;
  const { seq, ack } = relative(trace).get(original(trace, number)) ?? packet;
  return [
    {
      number,
      name: packetName(packet),
      from,
      to,
      copyOf: copy_of,
      flags,
      seq,
      ack: flags.includes('ACK') ? ack : null,
      bytes: payload_bytes,
    },
  ];
}

/** The number under which a packet was sent: a copy has one of its own. */
function original(trace: Trace, number: number): number {
  const copied = trace.events
    .filter((event) => event.kind === 'packet-duplicated')
    .find(({ data }) => data.copy === number);
  return copied ? original(trace, copied.data.number) : number;
}

/** The name of a packet by its number, or null when no such packet was sent. */
export function packetNamed(trace: Trace, number: number): string | null {
  const sent = original(trace, number);
  const found = trace.events
    .filter((event) => event.kind === 'packet-sent')
    .find(({ data }) => data.number === sent);
  return found?.data.packet ?? null;
}

const AGAIN: Readonly<Partial<Record<TcpStateName, string>>> = {
  SYN_SENT: 'the SYN again',
  SYN_RECV: 'the SYN-ACK again',
  FIN_WAIT1: 'the FIN again',
  CLOSING: 'the FIN again',
  LAST_ACK: 'the FIN again',
};

function timerName(ends: readonly EndMoment[], next_us: number): string {
  for (const { name, recordDue_us, socket } of ends) {
    if (recordDue_us === next_us) return `${socket?.state} of the ${name}`;
    if (socket?.info?.delack?.due_us === next_us) return `delayed ACK of the ${name}`;
    if (socket?.timer?.due_us === next_us) return resend(name, socket);
  }
  return 'the next timer';
}

function resend(name: EndName, { state, timer }: TcpState): string {
  const what = timer?.name === 'persist' ? 'a window probe' : (AGAIN[state] ?? 'the data again');
  return `${what}, from the ${name}`;
}
