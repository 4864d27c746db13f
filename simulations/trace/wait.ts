/** Somebody waits for something, from one event to another. */
import type { Cookie, Tid } from '../machine/state.ts';
import type { Endpoint } from '../network/packet.ts';

/** Who waits: a thread in a call, or a socket that keeps something back. */
export interface Waiter {
  /** Name of the machine. */
  readonly machine: string;
  readonly tid?: Tid;
  readonly socket?: Cookie;
  /** The ends of the socket's connection. */
  readonly local?: Endpoint;
  readonly remote?: Endpoint;
}

export interface Wait {
  /** From 0, in the order in which the waits began. */
  readonly id: number;
  readonly who: Waiter;
  /** What kind of wait: `held` bytes, a `delayed-ack`, a `timer` of its own, or a `call` that sleeps. */
  readonly kind: 'held' | 'delayed-ack' | 'timer' | 'call';
  /** What it waits for, in words: `the ACK of the small segment before it`. */
  readonly for: string;
  /** The timer that ends it at the latest, or null: then only what it waits for ends it. */
  readonly timer: { readonly name: string; readonly set_us: number; readonly due_us: number } | null;
  /** Index of the event that began it. */
  readonly from: number;
  readonly from_us: number;
  /** Index of the event that ended it, or null where the run ended first. */
  readonly until: number | null;
  readonly until_us: number | null;
  /** The wait that must end first, or null. Two that need each other are a standoff. */
  readonly needs: number | null;
}

/** A named part of a run: `handshake`, `request 1`. Its first and last event. */
export interface Section {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}
