/**
 * What travels: TCP segments, UDP datagrams, ICMP errors, and requests for a hardware address, as far as the incidents
 * need them. Over IPv4 or IPv6: an address says which.
 *
 * Left out: IP fragmentation, IP options, IPv6 extension headers, checksums (a capture export computes them).
 */

import type { Json } from '../engine/json.ts';

/** AF_INET, AF_INET6. */
export type Family = 'inet' | 'inet6';

/** The family of an address: `192.0.2.1` or `2001:db8::1`. */
export const familyOf = (address: string): Family => (address.includes(':') ? 'inet6' : 'inet');

/** An IPv4 or IPv6 address and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `192.0.2.1`, `[2001:db8::1]`: an address in front of a port. */
export const hostText = (address: string): string =>
  familyOf(address) === 'inet6' ? `[${address}]` : address;

/** `192.0.2.1:80`, `[2001:db8::1]:80` */
export const endpointText = ({ address, port }: Endpoint): string => `${hostText(address)}:${port}`;

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

/**
 * What a REJECT rule can say with destination unreachable: ICMP's codes 0, 1, 3 and 13 (RFC 792, RFC 1812), ICMPv6's
 * codes 0, 3, 4 and 1 (RFC 4443).
 */
export type UnreachableCode = 'net' | 'host' | 'port' | 'admin-prohibited';

/** ICMPv6's own words for them. */
const ICMPV6_NAMES: Readonly<Record<UnreachableCode, string>> = {
  net: 'no route',
  host: 'address unreachable',
  port: 'port unreachable',
  'admin-prohibited': 'administratively prohibited',
};

/** ICMP destination unreachable, or ICMPv6's: its addresses say which. */
export interface IcmpUnreachable {
  readonly protocol: 'icmp';
  /** Address of who sends the error. */
  readonly from: string;
  readonly to: string;
  readonly code: UnreachableCode;
  /** The packet that the error is about. */
  readonly about: Segment | Datagram;
}

/** Who has this address? ARP's request, or neighbour discovery's solicitation (RFC 4861): its addresses say which. */
export interface NeighbourRequest {
  readonly protocol: 'arp';
  /** The address that asks. */
  readonly from: string;
  /** The address asked for. */
  readonly to: string;
}

/**
 * RFC 4291 2.7.1: the multicast group that a neighbor solicitation goes to.
 * @param address ends in `::` and one group of digits
 */
export const solicitedNode = (address: string): string =>
  `ff02::1:ff00:${address.slice(address.lastIndexOf(':') + 1)}`;

/** A UDP datagram. What it carries is known by its length, and by what a program says of it. */
export interface Datagram {
  readonly protocol: 'udp';
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload_bytes: number;
  /** What a program put into it, such as a DNS question. */
  readonly content?: Json;
}

export type Packet = Segment | Datagram | IcmpUnreachable | NeighbourRequest;

/** The address that a packet goes to. */
export const destinationOf = (packet: Packet): string =>
  typeof packet.to === 'string' ? packet.to : packet.to.address;

/** The positions that a segment takes in its sender's stream: its data, and SYN and FIN one each. */
export const sequenceLength = ({ flags, payload_bytes }: Pick<Segment, 'flags' | 'payload_bytes'>): number =>
  payload_bytes + (flags.includes('SYN') ? 1 : 0) + (flags.includes('FIN') ? 1 : 0);

/**
 * `SYN`, `SYN-ACK`, `data`, `ACK`, `FIN`, `RST-ACK`, `ICMP host unreachable`, `ICMPv6 no route`, `ARP request`,
 * `neighbor solicitation`: the name on a ladder.
 */
export function packetName(packet: Packet): string {
  if (packet.protocol === 'arp')
    return familyOf(packet.to) === 'inet6' ? 'neighbor solicitation' : 'ARP request';
  if (packet.protocol === 'udp') return 'datagram';
  if (packet.protocol === 'icmp')
    return familyOf(packet.to) === 'inet6'
      ? `ICMPv6 ${ICMPV6_NAMES[packet.code]}`
      : `ICMP ${packet.code} unreachable`;
  if (packet.flags.includes('FIN')) return 'FIN';
  return packet.payload_bytes > 0 ? 'data' : packet.flags.join('-');
}
