/** Packets as bytes: IPv4 without options (RFC 791), TCP (RFC 9293), ICMP (RFC 792). */
import { type LiveIcmp, type LiveSegment, LOCAL, REMOTE } from './bench.ts';
import { FLAGS, type TcpOption } from './packet.ts';

const IPV4_bytes = 20;
const TCP_bytes = 20;
const PROTOCOL = { icmp: 1, tcp: 6 };
/** The bit of each flag in the header's byte 13. */
const BITS: { readonly [flag: string]: number } = {
  F: 1,
  S: 2,
  R: 4,
  P: 8,
  '.': 16,
  U: 32,
  E: 64,
  W: 128,
};

/** A packet of the peer's, as an IPv4 packet. */
export function encode(packet: LiveSegment | LiveIcmp): Buffer {
  return packet.kind === 'tcp'
    ? ipv4(PROTOCOL.tcp, REMOTE, LOCAL, tcp(packet))
    : ipv4(PROTOCOL.icmp, REMOTE, LOCAL, icmp(packet));
}

/** A segment that the host has sent, or null when the packet is not TCP over IPv4. */
export function decode(packet: Buffer): LiveSegment | null {
  if (packet.length < IPV4_bytes + TCP_bytes || packet[0] !== 0x45 || packet[9] !== PROTOCOL.tcp) return null;
  const segment = packet.subarray(IPV4_bytes, packet.readUInt16BE(2));
  const header_bytes = (segment.readUInt8(12) >> 4) * 4;
  const bits = segment.readUInt8(13);
  return {
    kind: 'tcp',
    from_port: segment.readUInt16BE(0),
    to_port: segment.readUInt16BE(2),
    seq: segment.readUInt32BE(4),
    ack: segment.readUInt32BE(8),
    flags: [...FLAGS].filter((flag) => bits & (BITS[flag] ?? 0)).join(''),
    window: segment.readUInt16BE(14),
    payload_bytes: segment.length - header_bytes,
    options: readOptions(segment.subarray(TCP_bytes, header_bytes)),
  };
}

function ipv4(protocol: number, from: string, to: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(IPV4_bytes);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(IPV4_bytes + payload.length, 2);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  address(from).copy(header, 12);
  address(to).copy(header, 16);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

function tcp(segment: LiveSegment): Buffer {
  const options = writeOptions(segment.options);
  const bytes = Buffer.alloc(TCP_bytes + options.length + segment.payload_bytes);
  bytes.writeUInt16BE(segment.from_port, 0);
  bytes.writeUInt16BE(segment.to_port, 2);
  bytes.writeUInt32BE(segment.seq, 4);
  bytes.writeUInt32BE(segment.ack, 8);
  bytes.writeUInt8(((TCP_bytes + options.length) / 4) << 4, 12);
  bytes.writeUInt8(
    [...segment.flags].reduce((bits, flag) => bits | (BITS[flag] ?? 0), 0),
    13,
  );
  bytes.writeUInt16BE(segment.window, 14);
  options.copy(bytes, TCP_bytes);
  const pseudo = Buffer.alloc(12);
  address(REMOTE).copy(pseudo, 0);
  address(LOCAL).copy(pseudo, 4);
  pseudo.writeUInt8(PROTOCOL.tcp, 9);
  pseudo.writeUInt16BE(bytes.length, 10);
  bytes.writeUInt16BE(checksum(Buffer.concat([pseudo, bytes])), 16);
  return bytes;
}

function icmp({ code, mtu, about }: LiveIcmp): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(about.from_port, 0);
  head.writeUInt16BE(about.to_port, 2);
  head.writeUInt32BE(about.seq, 4);
  const quoted = ipv4(PROTOCOL.tcp, LOCAL, REMOTE, head);
  const bytes = Buffer.concat([Buffer.alloc(8), quoted]);
  bytes.writeUInt8(3, 0);
  bytes.writeUInt8(code, 1);
  bytes.writeUInt16BE(mtu, 6);
  bytes.writeUInt16BE(checksum(bytes), 2);
  return bytes;
}

function writeOptions(options: readonly TcpOption[]): Buffer {
  const bytes = options.flatMap((option) => {
    switch (option.kind) {
      case 'eol':
        return [0];
      case 'nop':
        return [1];
      case 'mss':
        return [2, 4, ...uint(option.value, 2)];
      case 'wscale':
        return [3, 3, option.value];
      case 'sackOK':
        return [4, 2];
      case 'sack':
        return [
          5,
          2 + 8 * option.blocks.length,
          ...option.blocks.flatMap(({ start, end }) => [...uint(start, 4), ...uint(end, 4)]),
        ];
      default:
        return [8, 10, ...uint(option.val, 4), ...uint(option.ecr, 4)];
    }
  });
  while (bytes.length % 4) bytes.push(0);
  return Buffer.from(bytes);
}

function readOptions(bytes: Buffer): TcpOption[] {
  const options: TcpOption[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes.readUInt8(at);
    if (type < 2) {
      options.push({ kind: type === 0 ? 'eol' : 'nop' });
      at++;
      continue;
    }
    const length = bytes.readUInt8(at + 1);
    const data = bytes.subarray(at + 2, at + length);
    if (type === 2) options.push({ kind: 'mss', value: data.readUInt16BE() });
    else if (type === 3) options.push({ kind: 'wscale', value: data.readUInt8() });
    else if (type === 4) options.push({ kind: 'sackOK' });
    else if (type === 8) options.push({ kind: 'TS', val: data.readUInt32BE(), ecr: data.readUInt32BE(4) });
    else if (type === 5) {
      const starts = Array.from({ length: data.length / 8 }, (_, block) => block * 8);
      const blocks = starts.map((start) => ({
        start: data.readUInt32BE(start),
        end: data.readUInt32BE(start + 4),
      }));
      options.push({ kind: 'sack', blocks });
    } else throw new Error(`the host has sent a TCP option of type ${type}, which is not known here`);
    at += length;
  }
  return options;
}

const uint = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256);

const address = (text: string): Buffer => Buffer.from(text.split('.').map(Number));

/** The Internet checksum (RFC 1071). */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] as number) << 8) + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
