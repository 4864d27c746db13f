/**
 * A capture file of the client's interface, as `tcpdump -w` would write it: opens in Wireshark.
 * Ethernet, IPv4, TCP with options and data, ICMP with the segment it is about, ARP; all checksums right.
 *
 * The simulation knows how many bytes are sent, and not which: data is a row of dots.
 */
import type { Trace } from '../engine/trace.ts';
import type { Flag, IcmpUnreachable, Packet, Segment } from '../network/packet.ts';
import { capture } from './capture.ts';

const FLAG_BITS: Record<Flag, number> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 };
const ICMP_CODES = { net: 0, host: 1, port: 3, 'admin-prohibited': 10 } as const;
const PROTOCOL = { icmp: 1, tcp: 6 } as const;
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

function tcpOptions({ flags, timestamps, mss_bytes = 1460 }: Segment): number[] {
  if (!timestamps) return [];
  const ts = [8, 10, ...u32(timestamps.value), ...u32(timestamps.echo)];
  return flags.includes('SYN') ? [2, 4, ...u16(mss_bytes), 4, 2, ...ts, 1, 3, 3, 7] : [1, 1, ...ts];
}

function tcp(segment: Segment): number[] {
  const { from, to, seq, ack, window_bytes, flags, payload_bytes } = segment;
  const options = tcpOptions(segment);
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

const segmentBytes = (segment: Segment): number[] =>
  ipv4(PROTOCOL.tcp, segment.from.address, segment.to.address, tcp(segment));

function icmp({ code, about }: IcmpUnreachable): number[] {
  return withChecksum([3, ICMP_CODES[code], 0, 0, 0, 0, 0, 0, ...segmentBytes(about)], 2);
}

function frame(packet: Packet): number[] {
  if (packet.protocol === 'arp') {
    const ask = [...u16(1), ...u16(ETHERTYPE.ip), 6, 4, ...u16(1)];
    const body = [...ask, ...mac(packet.from), ...ip(packet.from), ...[0, 0, 0, 0, 0, 0], ...ip(packet.to)];
    return [...Array(6).fill(255), ...mac(packet.from), ...u16(ETHERTYPE.arp), ...body];
  }
  const [from, to] =
    packet.protocol === 'tcp' ? [packet.from.address, packet.to.address] : [packet.from, packet.to];
  const body = packet.protocol === 'tcp' ? segmentBytes(packet) : ipv4(PROTOCOL.icmp, from, to, icmp(packet));
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
