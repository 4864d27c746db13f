import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { capture } from '#simulations/tools/capture.ts';
import { pcap } from '#simulations/tools/pcap.ts';

const trace = (given: Given) => connectTimeout.run(settleParameters(connectTimeout.parameters, given).values);

interface Frame {
  at_us: number;
  data: DataView;
}
const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const part = (data: DataView, from: number, length = data.byteLength - from) =>
  new DataView(data.buffer, data.byteOffset + from, length);
const address = (data: DataView, at: number) => [0, 1, 2, 3].map((i) => data.getUint8(at + i)).join('.');

/** Reads the file back. */
function frames(bytes: Uint8Array): Frame[] {
  const file = view(bytes);
  expect(file.getUint32(0, true)).toBe(0xa1b2c3d4);
  expect([file.getUint16(4, true), file.getUint16(6, true)]).toEqual([2, 4]);
  expect(file.getUint32(16, true)).toBeGreaterThanOrEqual(65_535);
  expect(file.getUint32(20, true)).toBe(1); // Ethernet
  const found: Frame[] = [];
  let at = 24;
  while (at < bytes.length) {
    const length = file.getUint32(at + 8, true);
    expect(file.getUint32(at + 12, true)).toBe(length);
    expect(file.getUint32(at + 4, true)).toBeLessThan(1_000_000);
    found.push({
      at_us: file.getUint32(at, true) * 1e6 + file.getUint32(at + 4, true),
      data: part(file, at + 16, length),
    });
    at += 16 + length;
  }
  expect(at).toBe(bytes.length);
  return found;
}

/** The one's complement sum; 0xffff over data that carries its right checksum. */
function sum(...parts: DataView[]): number {
  let total = 0;
  for (const data of parts)
    for (let i = 0; i < data.byteLength; i++) total += data.getUint8(i) * (i % 2 ? 1 : 256);
  while (total > 0xffff) total = (total % 0x10000) + Math.floor(total / 0x10000);
  return total;
}

/** Checks an IPv4 packet and what it carries, as far down as there is something to check. */
function check(packet: DataView): { protocol: number; from: string; to: string; body: DataView } {
  expect(packet.getUint8(0)).toBe(0x45);
  expect(packet.getUint16(2)).toBe(packet.byteLength);
  expect(sum(part(packet, 0, 20))).toBe(0xffff);
  const protocol = packet.getUint8(9);
  const body = part(packet, 20);
  if (protocol === 6) {
    expect((body.getUint8(12) >> 4) * 4).toBe(body.byteLength);
    const lengths = view(Uint8Array.of(0, 6, body.byteLength >> 8, body.byteLength & 255));
    expect(sum(part(packet, 12, 8), lengths, body)).toBe(0xffff);
  } else {
    expect(protocol).toBe(1);
    expect(sum(body)).toBe(0xffff);
    expect(check(part(body, 8)).protocol).toBe(6);
  }
  return { protocol, from: address(packet, 12), to: address(packet, 16), body };
}

const ip = (frame: Frame) => {
  expect(frame.data.getUint16(12)).toBe(0x0800);
  return check(part(frame.data, 14));
};

describe('a capture file', () => {
  it('has every packet of the capture, at its time', () => {
    for (const peer of ['drops', 'refuses', 'listens', 'rejects-host', 'absent']) {
      const run = trace({ peer, rtt_ms: 1501, seed: 9 });
      expect(frames(pcap(run)).map(({ at_us }) => at_us)).toEqual(capture(run).map(({ at_us }) => at_us));
    }
  });

  it('has right lengths and checksums throughout, whatever the numbers are', () => {
    for (let seed = 0; seed < 40; seed++)
      for (const peer of ['refuses', 'listens', 'rejects-port'])
        expect(frames(pcap(trace({ peer, seed }))).map(ip).length).toBeGreaterThan(1);
  });

  it('of a handshake has SYN, SYN-ACK and ACK with their numbers and options', () => {
    const [syn, synAck, ack] = frames(pcap(trace({ peer: 'listens' }))).map(ip);
    expect([syn, synAck, ack].map((packet) => packet?.body.getUint8(13))).toEqual([0x02, 0x12, 0x10]);
    expect([syn?.from, syn?.to, synAck?.from]).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.2']);
    expect(synAck?.body.getUint32(8)).toBe(((syn?.body.getUint32(4) ?? 0) + 1) >>> 0);
    expect(ack?.body.getUint32(8)).toBe(((synAck?.body.getUint32(4) ?? 0) + 1) >>> 0);
    expect(syn?.body.getUint16(14)).toBe(64_240);
    expect(syn?.body.getUint16(2)).toBe(10_086);
    expect(syn?.body.getUint32(20)).toBe(0x020405b4); // MSS 1460
    expect(syn?.body.getUint16(24)).toBe(0x0402); // SACK permitted
    expect(syn?.body.getUint16(26)).toBe(0x080a); // timestamps
    expect(syn?.body.getUint32(36)).toBe(0x01030307); // window scale 7
    expect(ack?.body.byteLength).toBe(32);
  });

  it('of a reset has no options and acknowledges the SYN', () => {
    const [syn, reset] = frames(pcap(trace({ peer: 'refuses' }))).map(ip);
    expect(reset?.body.getUint8(13)).toBe(0x14);
    expect(reset?.body.byteLength).toBe(20);
    expect(reset?.body.getUint32(8)).toBe(((syn?.body.getUint32(4) ?? 0) + 1) >>> 0);
  });

  it.each([
    ['rejects-net', 0],
    ['rejects-host', 1],
    ['rejects-port', 3],
  ])('of a peer that %s has ICMP type 3 code %i with the whole SYN inside', (peer, code) => {
    const [syn, error] = frames(pcap(trace({ peer }))).map((frame) => ({ ...ip(frame), frame }));
    expect([error?.body.getUint8(0), error?.body.getUint8(1)]).toEqual([3, code]);
    const inside = error && part(error.body, 8);
    const sent = syn && part(syn.frame.data, 14);
    const bytes = (data: DataView | undefined) =>
      data && Array.from({ length: data.byteLength }, (_, i) => data.getUint8(i));
    expect(bytes(inside)).toEqual(bytes(sent));
  });

  it('of a host that is gone has broadcast ARP requests only', () => {
    const found = frames(pcap(trace({ peer: 'absent' })));
    expect(found).toHaveLength(3);
    for (const { data } of found) {
      expect(data.byteLength).toBe(42);
      expect([data.getUint32(0), data.getUint16(4)]).toEqual([0xffff_ffff, 0xffff]);
      expect(data.getUint16(12)).toBe(0x0806);
      expect([14, 16, 18, 20].map((at) => data.getUint16(at))).toEqual([1, 0x0800, 0x0604, 1]);
      expect([address(data, 28), address(data, 38)]).toEqual(['192.0.2.1', '192.0.2.2']);
    }
  });

  it('of nothing is a header alone', () => {
    const empty = { ...trace({}), events: [] };
    expect(pcap(empty)).toHaveLength(24);
  });
});
