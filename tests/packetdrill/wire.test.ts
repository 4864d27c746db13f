import { expect, it } from 'vitest';
import { type LiveSegment, LOCAL, REMOTE } from './bench.ts';
import { decode, encode } from './wire.ts';

const SEGMENT: LiveSegment = {
  kind: 'tcp',
  from_port: 40_000,
  to_port: 8080,
  flags: 'SP.',
  seq: 0xffff_fff0,
  ack: 0x8000_0001,
  window: 65_535,
  payload_bytes: 3,
  options: [
    { kind: 'mss', value: 1460 },
    { kind: 'sackOK' },
    { kind: 'TS', val: 0xffff_ffff, ecr: 7 },
    { kind: 'nop' },
    { kind: 'wscale', value: 7 },
    { kind: 'nop' },
    { kind: 'nop' },
    { kind: 'sack', blocks: [{ start: 1, end: 0xffff_ffff }] },
  ],
};

it('reads back what it writes', () => {
  expect(decode(encode(SEGMENT))).toEqual(SEGMENT);
});

it('writes the addresses, the lengths and checksums that sum to nothing', () => {
  const packet = encode(SEGMENT);
  expect([...packet.subarray(12, 20)].join('.')).toBe(`${REMOTE}.${LOCAL}`);
  expect(packet.readUInt16BE(2)).toBe(packet.length);
  const sum = (bytes: Buffer, more = 0) => {
    let total = more;
    for (let at = 0; at < bytes.length; at += 2) total += bytes.readUInt8(at) * 256 + (bytes[at + 1] ?? 0);
    while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 65_536);
    return total;
  };
  expect(sum(packet.subarray(0, 20))).toBe(0xffff);
  const pseudo = sum(packet.subarray(12, 20), 6 + packet.length - 20);
  expect(sum(packet.subarray(20), pseudo)).toBe(0xffff);
});

it('takes nothing but TCP over IPv4', () => {
  const icmp = { kind: 'icmp', code: 1, mtu: 0, about: { from_port: 1, to_port: 2, seq: 3 } } as const;
  expect(decode(encode(icmp))).toBeNull();
  expect(decode(Buffer.from([0x60, 0, 0, 0]))).toBeNull();
});
