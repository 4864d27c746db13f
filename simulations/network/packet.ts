/**
 * What travels: TCP segments, UDP datagrams, ICMP errors and ARP requests, as far as the incidents need them.
 *
 * Left out: IP fragmentation, IP options, IPv6, checksums (a capture export computes them).
 */

import type { Json } from '../engine/json.ts';

/** An IPv4 address and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `192.0.2.1:80` */
export const endpointText = ({ address, port }: Endpoint): string => `${address}:${port}`;

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
  /** The window field as it is on the wire: after the handshake in the units that both ends have agreed on. */
  readonly window_bytes: number;
  readonly payload_bytes: number;
  /** The MSS option of a SYN. */
  readonly mss_bytes?: number;
  /** The window scale that a SYN offers (RFC 7323). */
  readonly wscale?: number;
  /** SACK-permitted of a SYN (RFC 2018). */
  readonly sackPermitted?: boolean;
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
  /** The packet that the error is about. */
  readonly about: Segment | Datagram;
}

export interface ArpRequest {
  readonly protocol: 'arp';
  /** The address that asks. */
  readonly from: string;
  /** The address asked for. */
  readonly to: string;
}

/** A UDP datagram. What it carries is known by its length, and by what a program says of it. */
export interface Datagram {
  readonly protocol: 'udp';
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload_bytes: number;
  /** What a program put into it, such as a DNS question. */
  readonly content?: Json;
}

export type Packet = Segment | Datagram | IcmpUnreachable | ArpRequest;

/** The address that a packet goes to. */
export const destinationOf = (packet: Packet): string =>
  typeof packet.to === 'string' ? packet.to : packet.to.address;

/** The positions that a segment takes in its sender's stream: its data, and SYN and FIN one each. */
export const sequenceLength = ({ flags, payload_bytes }: Pick<Segment, 'flags' | 'payload_bytes'>): number =>
  payload_bytes + (flags.includes('SYN') ? 1 : 0) + (flags.includes('FIN') ? 1 : 0);

/** `SYN`, `SYN-ACK`, `data`, `ACK`, `FIN`, `RST-ACK`, `ICMP host unreachable`, `ARP request`: the name on a ladder. */
export function packetName(packet: Packet): string {
  if (packet.protocol === 'arp') return 'ARP request';
  if (packet.protocol === 'udp') return 'datagram';
  if (packet.protocol === 'icmp') return `ICMP ${packet.code} unreachable`;
  if (packet.flags.includes('FIN')) return 'FIN';
  return packet.payload_bytes > 0 ? 'data' : packet.flags.join('-');
}
