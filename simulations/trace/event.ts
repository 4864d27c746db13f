/**
 * What can happen in a run, and what each event knows of it. An incident adds kinds of its own by merging into
 * {@link EventData} in its folder.
 */
import type { Json } from '../engine/json.ts';
import type { Packet } from '../network/packet.ts';
import type { Decision } from './decision.ts';
import type { KernelMark } from './mark.ts';

export type { KernelMark } from './mark.ts';

/** Figures of an event that nothing but its sentence and the command line's JSON needs. */
export type Facts = { readonly [name: string]: Json };

/** An event whose sentence is all that there is to know. */
type Nothing = { readonly [name: string]: never };

/** A packet by its number on the wire and the name of its kind. */
interface Named {
  readonly number: number;
  /** `SYN`, `data`, `ICMP host unreachable`. */
  readonly packet: string;
}

interface Between extends Named {
  /** Names of machines. */
  readonly from: string;
  readonly to: string;
}

/** A system call as its program made it. */
interface Called {
  readonly pid: number;
  readonly tid: number;
  readonly call: string;
  readonly args: { readonly [name: string]: Json };
}

/** Kind of an event → what it knows. */
export interface EventData {
  // the wire
  'packet-sent': Named & { readonly carries: Packet; readonly probe?: number };
  'packet-received': Named;
  'packet-dropped': Between & { readonly why: string };
  'packet-delayed': Between;
  'packet-duplicated': Between & { readonly copy: number; readonly carries: Packet };
  'packet-rejected': Between & {
    readonly why: string;
    readonly answer: string;
    readonly answer_number: number;
    readonly carries: Packet;
  };
  'segment-queued': { readonly packet: string };
  'segment-unroutable': { readonly packet: string };
  'neighbour-failed': { readonly queued: number };
  // a person
  action: Facts;
  'action-refused': Facts;
  // calls
  syscall: Called;
  'syscall-return': Called & {
    readonly value: number;
    /** The error's name, or null. */
    readonly errno: string | null;
    /** What the call wrote through pointers. */
    readonly out: { readonly [name: string]: Json };
    /** Microseconds between call and return. */
    readonly blocked_us: number;
  };
  'process-blocked': { readonly until_us: number | null };
  'process-exited': Facts;
  'process-killed': Facts;
  'timeout-read': { readonly timeo_ms: number | null };
  // a socket
  'state-changed': { readonly from: string; readonly to: string };
  'mode-changed': { readonly from: string; readonly to: string };
  'record-kept': { readonly substate: string; readonly timeout_ms: number };
  'connection-established': Nothing;
  'connection-failed': { readonly errno: string };
  'error-noted': { readonly errno: string };
  'accept-queue-full': Nothing;
  'syn-dropped': Facts;
  'data-unread': Nothing;
  'out-of-order': { readonly seq: number; readonly rcv_nxt: number };
  duplicate: Nothing;
  'ack-skipped': Nothing;
  'rto-set': { readonly icsk_rto_ms: number };
  /** The first copy is still in this host: no second one is made. */
  'retransmission-skipped': Nothing;
  'rto-reverted': { readonly rto_ms: number; readonly waited_ms: number };
  'timer-set': { readonly timer_ms: number; readonly icsk_rto_ms: number; readonly last: boolean };
  'timer-fired': Nothing;
  'count-checked': { readonly icsk_retransmits: number; readonly max_retransmits: number };
  'time-limit': { readonly retry_until: number; readonly limit_ms: number };
  'time-checked': Facts;
  'loss-noticed': { readonly dupacks: number };
  'segment-held': { readonly bytes: number; readonly hold: 'Nagle' | 'cork' };
  'window-full': { readonly bytes: number; readonly hold: 'window' };
  'hold-ended': { readonly hold: string };
  'ack-delayed': { readonly delay_ms: number };
  'delayed-ack-fired': { readonly waited_ms: number; readonly ato_ms: number };
  'reply-counted': { readonly pingpong: number; readonly thresh: number };
  'ato-updated': { readonly rule: string; readonly ato_ms: number; readonly quick: number };
}

export type EventKind = keyof EventData;

interface EventOf<K extends EventKind> {
  /** Position in the trace, from 0. */
  readonly index: number;
  /** Virtual time in whole microseconds. Never runs back. */
  readonly at_us: number;
  /** Who did it: `client`, `worker`, `network` … */
  readonly actor: string;
  readonly kind: K;
  readonly data: EventData[K];
  /** The kernel line that decided it, or null where no kernel line did. */
  readonly mark: KernelMark | null;
  /** One or two sentences made from the data. `*…*` surrounds what decides. */
  readonly says: string;
  /** True for the events that tell the story. */
  readonly beat: boolean;
  /** The condition behind the mark with its values, or null where none was noted. */
  readonly decision: Decision | null;
}

/** One thing that happened; its kind says what its data is. */
export type TraceEvent = { [K in EventKind]: EventOf<K> }[EventKind];

/** The event of one kind. */
export type EventOfKind<K extends EventKind> = Extract<TraceEvent, { kind: K }>;

/** The events of one kind, in order. */
export const ofKind = <K extends EventKind>(events: readonly TraceEvent[], kind: K): EventOfKind<K>[] =>
  events.filter((event): event is EventOfKind<K> => event.kind === kind);

/** What an actor hands to the recorder. */
export type Happening = {
  [K in EventKind]: {
    readonly actor: string;
    readonly kind: K;
    readonly says: string;
    readonly mark?: KernelMark | undefined;
    readonly beat?: boolean;
    readonly decision?: Decision | undefined;
  } & DataOf<K>;
}[EventKind];

/** The data of a kind, which may be left out where there is none. */
export type DataOf<K extends EventKind> =
  Record<never, never> extends EventData[K]
    ? { readonly data?: EventData[K] }
    : { readonly data: EventData[K] };

/** What an event says beside its sentence. */
export type Details<K extends EventKind> = DataOf<K> & {
  readonly mark?: KernelMark;
  readonly beat?: boolean;
  readonly decision?: Decision;
};

/** The sentence without its emphasis marks. */
export const plain = (says: string): string => says.replaceAll('*', '');
