/**
 * A capture file of the client's interface, as `tcpdump -w` would write it: opens in Wireshark.
 * Ethernet, IPv4 and IPv6, TCP with options and data, ICMP with the segment it is about, ARP and neighbour discovery; all
 * checksums right.
 *
 * The simulation knows how many bytes are sent, and not which: data is a row of dots.
 */
import {
  type Datagram,
  type Flag,
  familyOf,
  type IcmpUnreachable,
  type NeighbourRequest,
  type Packet,
  type Segment,
  solicitedNode,
} from '../network/packet.ts';
import { optionsOf, type TcpOption } from '../network/tcp-options.ts';
import type { Trace } from '../trace/trace.ts';
import { capture } from './capture.ts';

const FLAG_BITS: Record<Flag, number> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 };
const ICMP_CODES = { net: 0, host: 1, port: 3, 'admin-prohibited': 13 } as const;
const ICMPV6_CODES = { net: 0, host: 3, port: 4, 'admin-prohibited': 1 } as const;
const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;
/** A dot. */
const FILLER = 0x2e;
const ETHERTYPE = { inet: 0x0800, arp: 0x0806, inet6: 0x86dd } as const;

const u16 = (n: number): number[] => [(n >>> 8) & 255, n & 255];
const u32 = (n: number): number[] => [...u16(n >>> 16), ...u16(n & 0xffff)];
const u32le = (n: number): number[] => u32(n).reverse();
/** The bytes of an address: 4 or 16. */
function ip(address: string): number[] {
  if (familyOf(address) === 'inet') return address.split('.').map(Number);
  const [before = [], after = []] = address.split('::').map((half) =>
    half
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16)),
  );
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after].flatMap(u16);
}
/** A locally administered address made from the last bytes of the host's address. */
const mac = (address: string): number[] => [2, 0, ...ip(address).slice(-4)];

/** RFC 1071. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const withChecksum = (bytes: number[], offset: number, over: readonly number[] = bytes): number[] =>
  bytes.toSpliced(offset, 2, ...u16(checksum(over)));

/** An option's kind, its length and what it says. */
function optionBytes(option: TcpOption): number[] {
  switch (option.kind) {
    case 'nop':
      return [1];
    case 'mss':
      return [2, 4, ...u16(option.value)];
    case 'wscale':
      return [3, 3, option.value];
    case 'sackOK':
      return [4, 2];
    case 'TS':
      return [8, 10, ...u32(option.val), ...u32(option.ecr)];
  }
}

function tcp(segment: Segment): number[] {
  const { from, to, seq, ack, window_bytes, flags, payload_bytes } = segment;
  const options = optionsOf(segment).flatMap(optionBytes);
  const bits = flags.reduce((sum, flag) => sum | FLAG_BITS[flag], 0);
  const header = [
    ...u16(from.port),
    ...u16(to.port),
    ...u32(seq),
    ...u32(ack),
    ((20 + options.length) / 4) << 4,
    bits,
    ...u16(window_bytes),
    ...[0, 0, 0, 0],
    ...options,
  ];
  const data = Array<number>(payload_bytes).fill(FILLER);
  const body = header.concat(data);
  return withChecksum(body, 16, pseudoHeader(from.address, to.address, PROTOCOL.tcp, body).concat(body));
}

/** What a checksum covers beside the bytes themselves: RFC 9293 3.1, RFC 8200 8.1. Its order does not matter. */
const pseudoHeader = (from: string, to: string, protocol: number, body: readonly number[]): number[] => [
  ...ip(from),
  ...ip(to),
  0,
  protocol,
  ...u16(body.length),
];

function udp({ from, to, payload_bytes }: Datagram): number[] {
  const length = 8 + payload_bytes;
  const header = [...u16(from.port), ...u16(to.port), ...u16(length), 0, 0];
  const body = header.concat(Array<number>(payload_bytes).fill(FILLER));
  return withChecksum(body, 6, pseudoHeader(from.address, to.address, PROTOCOL.udp, body).concat(body));
}

function ipv4(protocol: number, from: string, to: string, body: readonly number[]): number[] {
  const header = [
    0x45,
    0,
    ...u16(20 + body.length),
    0,
    0,
    0x40,
    0,
    HOPS,
    protocol,
    0,
    0,
    ...ip(from),
    ...ip(to),
  ];
  return [...withChecksum(header, 10), ...body];
}

const HOPS = 64;
/** RFC 4861: a request that has come through a router is not believed. */
const ND_HOPS = 255;

function ipv6(protocol: number, from: string, to: string, body: readonly number[], hops = HOPS): number[] {
  return [0x60, 0, 0, 0, ...u16(body.length), protocol, hops, ...ip(from), ...ip(to), ...body];
}

const ipPacket = (protocol: number, from: string, to: string, body: readonly number[]): number[] =>
  familyOf(to) === 'inet6' ? ipv6(protocol, from, to, body) : ipv4(protocol, from, to, body);

const packetBytes = (packet: Segment | Datagram): number[] => {
  const body = packet.protocol === 'tcp' ? tcp(packet) : udp(packet);
  return ipPacket(PROTOCOL[packet.protocol], packet.from.address, packet.to.address, body);
};

function icmp({ code, about }: IcmpUnreachable): number[] {
  return withChecksum([3, ICMP_CODES[code], 0, 0, 0, 0, 0, 0, ...packetBytes(about)], 2);
}

function icmpv6(from: string, to: string, body: readonly number[], hops?: number): number[] {
  const summed = withChecksum([...body], 2, [...pseudoHeader(from, to, PROTOCOL.icmpv6, body), ...body]);
  return ipv6(PROTOCOL.icmpv6, from, to, summed, hops);
}

/** An error with its IP header. */
function errorBytes(error: IcmpUnreachable): number[] {
  const { from, to, code, about } = error;
  return familyOf(to) === 'inet6'
    ? icmpv6(from, to, [1, ICMPV6_CODES[code], 0, 0, 0, 0, 0, 0, ...packetBytes(about)])
    : ipv4(PROTOCOL.icmp, from, to, icmp(error));
}

function arp({ from, to }: NeighbourRequest): number[] {
  const ask = [...u16(1), ...u16(ETHERTYPE.inet), 6, 4, ...u16(1)];
  const body = [...ask, ...mac(from), ...ip(from), ...[0, 0, 0, 0, 0, 0], ...ip(to)];
  return [...Array(6).fill(255), ...mac(from), ...u16(ETHERTYPE.arp), ...body];
}

/** RFC 4861 4.3: to the solicited-node group, with the asker's hardware address. */
function solicitation({ from, to }: NeighbourRequest): number[] {
  const group = solicitedNode(to);
  const body = [135, 0, 0, 0, 0, 0, 0, 0, ...ip(to), 1, 1, ...mac(from)];
  const packet = icmpv6(from, group, body, ND_HOPS);
  return [0x33, 0x33, ...ip(group).slice(-4), ...mac(from), ...u16(ETHERTYPE.inet6), ...packet];
}

function frame(packet: Packet): number[] {
  if (packet.protocol === 'arp') return familyOf(packet.to) === 'inet6' ? solicitation(packet) : arp(packet);
  const isError = packet.protocol === 'icmp';
  const [from, to] = isError ? [packet.from, packet.to] : [packet.from.address, packet.to.address];
  const body = isError ? errorBytes(packet) : packetBytes(packet);
  return [...mac(to), ...mac(from), ...u16(ETHERTYPE[familyOf(to)]), ...body];
}

/** The trace's packets as a pcap file (version 2.4, microseconds, link type Ethernet). */
export function pcap(trace: Trace): Uint8Array {
  const header = [...u32le(0xa1b2c3d4), 2, 0, 4, 0, ...u32le(0), ...u32le(0), ...u32le(262144), ...u32le(1)];
  const records = capture(trace).map(({ at_us, packet }) => {
    const data = frame(packet);
    const length = u32le(data.length);
    return Uint8Array.from([
      ...u32le(Math.floor(at_us / 1e6)),
      ...u32le(at_us % 1e6),
      ...length,
      ...length,
      ...data,
    ]);
  });
  const file = new Uint8Array(records.reduce((sum, { length }) => sum + length, header.length));
  file.set(header);
  let at = header.length;
  for (const record of records) {
    file.set(record, at);
    at += record.length;
  }
  return file;
}
