/**
 * What travels: TCP segments, ICMP errors and ARP requests, as far as the incidents need them.
 *
 * Left out: IP fragmentation, IP options, IPv6, checksums (a capture export computes them).
 */

import type { Json } from '../engine/trace.ts';

/** An IPv4 address and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The TCP flags that are used here. */
export type Flag = 'SYN' | 'ACK' | 'RST' | 'FIN' | 'PSH';

export interface Segment {
  readonly protocol: 'tcp';
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly flags: readonly Flag[];
  /** Sequence number, 32 bits. */
  readonly seq: number;
  /** Acknowledgement number, 32 bits; 0 without the ACK flag. */
  readonly ack: number;
  /** The window field as it is on the wire: in units of 128 bytes after the handshake (window scale 7). */
  readonly window_bytes: number;
  readonly payload_bytes: number;
  /** The MSS option of a SYN. */
  readonly mss_bytes?: number;
  /** RFC 7323 timestamps in ms, or null where the segment carries none. */
  readonly timestamps: { readonly value: number; readonly echo: number } | null;
}

/** Codes of ICMP destination unreachable (RFC 792, RFC 1812) that a REJECT rule can send. */
export type UnreachableCode = 'net' | 'host' | 'port' | 'admin-prohibited';

export interface IcmpUnreachable {
  readonly protocol: 'icmp';
  /** Address of who sends the error. */
  readonly from: string;
  readonly to: string;
  readonly code: UnreachableCode;
  /** The segment that the error is about. */
  readonly about: Segment;
}

export interface ArpRequest {
  readonly protocol: 'arp';
  /** The address that asks. */
  readonly from: string;
  /** The address asked for. */
  readonly to: string;
}

/** A packet as a trace keeps it. */
export const asJson = (packet: Packet): Json => packet as unknown as Json;

export type Packet = Segment | IcmpUnreachable | ArpRequest;

/** `SYN`, `SYN-ACK`, `data`, `ACK`, `FIN`, `RST-ACK`, `ICMP host unreachable`, `ARP request`: the name on a ladder. */
export function packetName(packet: Packet): string {
  if (packet.protocol === 'arp') return 'ARP request';
  if (packet.protocol === 'icmp') return `ICMP ${packet.code} unreachable`;
  if (packet.flags.includes('FIN')) return 'FIN';
  return packet.payload_bytes > 0 ? 'data' : packet.flags.join('-');
}
