/** What a script is played on: one host whose calls, arrivals and departures are in the player's hands. */
import type { Call, Value } from './call.ts';
import type { TcpOption } from './packet.ts';
import type { Sysctl } from './script.ts';

/** The host that is tested, and its peer. */
export const LOCAL = '192.0.2.1';
export const REMOTE = '192.0.2.2';

/** A segment as it travels: absolute numbers, and timestamps as their clocks have them. */
export interface LiveSegment {
  readonly kind: 'tcp';
  /** The port of who sends it. */
  readonly from_port: number;
  readonly to_port: number;
  readonly flags: string;
  /** 32 bits. */
  readonly seq: number;
  /** 32 bits; 0 without the flag. */
  readonly ack: number;
  /** The field, not shifted. */
  readonly window: number;
  readonly payload_bytes: number;
  readonly options: readonly TcpOption[];
}

/** An ICMP destination unreachable, with the head of the segment that it is about. */
export interface LiveIcmp {
  readonly kind: 'icmp';
  readonly code: number;
  readonly mtu: number;
  /** From the host that is tested to its peer. */
  readonly about: { readonly from_port: number; readonly to_port: number; readonly seq: number };
}

/** What a call gave back. */
export interface Ended {
  readonly at_us: number;
  readonly value: number;
  /** The error's name, or null. */
  readonly errno: string | null;
  readonly out: { readonly [name: string]: Value };
}

/** Times are µs since the script began. What is asked for at a time that is over happens at once. */
export interface Bench {
  /** Waits until then. @returns when it really is */
  wait(until_us: number): Promise<number>;
  /** A packet of the peer's arrives. @returns when it really did */
  inject(at_us: number, packet: LiveSegment | LiveIcmp): Promise<number>;
  /** The next segment that the host sends, or null when none leaves until then. */
  next(until_us: number): Promise<{ at_us: number; segment: LiveSegment } | null>;
  /** A program calls. `answer` is null while it sleeps in the call; then {@link returned} has it. */
  call(at_us: number, call: Call): Promise<{ id: number; began_us: number; answer: Ended | null }>;
  /** The answer of a call that sleeps, or null when it sleeps on until then. */
  returned(id: number, until_us: number): Promise<Ended | null>;
  /** `struct tcp_info` of a socket, as far as it is known here. */
  info(fd: number): Promise<{ readonly [field: string]: number }>;
  set(sysctls: readonly Sysctl[]): Promise<void>;
  close(): Promise<void>;
}

/** A script asks for what this bench does not have. */
export class Unsupported extends Error {}
