/**
 * A capture file of the client's interface, as `tcpdump -w` would write it: opens in Wireshark.
 * Ethernet, IPv4, TCP with options and data, ICMP with the segment it is about, ARP; all checksums right.
 *
 * The simulation knows how many bytes are sent, and not which: data is a row of dots.
 */
import type { Datagram, Flag, IcmpUnreachable, Packet, Segment } from '../network/packet.ts';
import { optionsOf, type TcpOption } from '../network/tcp-options.ts';
import type { Trace } from '../trace/trace.ts';
import { capture } from './capture.ts';

const FLAG_BITS: Record<Flag, number> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 };
const ICMP_CODES = { net: 0, host: 1, port: 3, 'admin-prohibited': 10 } as const;
const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;
/** A dot. */
const FILLER = 0x2e;
const ETHERTYPE = { ip: 0x0800, arp: 0x0806 } as const;

const u16 = (n: number): number[] => [(n >>> 8) & 255, n & 255];
const u32 = (n: number): number[] => [...u16(n >>> 16), ...u16(n & 0xffff)];
const u32le = (n: number): number[] => u32(n).reverse();
const ip = (address: string): number[] => address.split('.').map(Number);
/** A locally administered address made from the host's IPv4 address. */
const mac = (address: string): number[] => [2, 0, ...ip(address)];

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
  const pseudo = [...ip(from.address), ...ip(to.address), 0, PROTOCOL.tcp, ...u16(body.length)];
  return withChecksum(body, 16, pseudo.concat(body));
}

function udp({ from, to, payload_bytes }: Datagram): number[] {
  const length = 8 + payload_bytes;
  const header = [...u16(from.port), ...u16(to.port), ...u16(length), 0, 0];
  const body = header.concat(Array<number>(payload_bytes).fill(FILLER));
  const pseudo = [...ip(from.address), ...ip(to.address), 0, PROTOCOL.udp, ...u16(length)];
  return withChecksum(body, 6, pseudo.concat(body));
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
    64,
    protocol,
    0,
    0,
    ...ip(from),
    ...ip(to),
  ];
  return [...withChecksum(header, 10), ...body];
}

const packetBytes = (packet: Segment | Datagram): number[] => {
  const body = packet.protocol === 'tcp' ? tcp(packet) : udp(packet);
  return ipv4(PROTOCOL[packet.protocol], packet.from.address, packet.to.address, body);
};

function icmp({ code, about }: IcmpUnreachable): number[] {
  return withChecksum([3, ICMP_CODES[code], 0, 0, 0, 0, 0, 0, ...packetBytes(about)], 2);
}

function frame(packet: Packet): number[] {
  if (packet.protocol === 'arp') {
    const ask = [...u16(1), ...u16(ETHERTYPE.ip), 6, 4, ...u16(1)];
    const body = [...ask, ...mac(packet.from), ...ip(packet.from), ...[0, 0, 0, 0, 0, 0], ...ip(packet.to)];
    return [...Array(6).fill(255), ...mac(packet.from), ...u16(ETHERTYPE.arp), ...body];
  }
  const isError = packet.protocol === 'icmp';
  const [from, to] = isError ? [packet.from, packet.to] : [packet.from.address, packet.to.address];
  const body = isError ? ipv4(PROTOCOL.icmp, from, to, icmp(packet)) : packetBytes(packet);
  return [...mac(to), ...mac(from), ...u16(ETHERTYPE.ip), ...body];
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
