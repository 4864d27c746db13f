import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { Random } from '#simulations/engine/random.ts';
import { Machine } from '#simulations/machine/machine.ts';
import { SILENT } from '#simulations/machine/narrator.ts';
import { Link } from '#simulations/network/link.ts';
import { ManualWire } from '#simulations/network/manual-wire.ts';
import type { Packet, Segment } from '#simulations/network/packet.ts';
import { PlayedPeer, windowOf } from '#simulations/network/played-peer.ts';
import { Recorder } from '#simulations/trace/recorder.ts';

const HOST = { address: '192.0.2.1', port: 80 };
const PEER = { address: '192.0.2.2', port: 40_000 };
/** Twenty positions before its numbers wrap. */
const ISN = 2 ** 32 - 20;

/** A machine that listens, and a played end beside it. */
function played(wiring: 'link' | 'manual' = 'link', rtt_ms = 0) {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const random = new Random(1);
  const machine = new Machine({ name: 'host', addresses: [HOST.address], clock, recorder, random });
  const peer = new PlayedPeer({ name: 'peer', addresses: [PEER.address], clock, recorder });
  const ends = [machine.stack, peer];
  const wire =
    wiring === 'link'
      ? new Link({ ends, rtt_us: rtt_ms * 1000, rules: [], clock, recorder, random })
      : new ManualWire(ends, recorder, clock);
  for (const end of ends) end.plug(wire);
  const thread = machine.spawn({ pid: 1, comm: 'program', narrator: SILENT }).thread('hand', null);
  const call = (name: string, args: Record<string, string | number | boolean> = {}) =>
    thread.make({ name, args })?.value;
  call('socket', { nonblocking: true });
  call('bind', { fd: 3, ...HOST });
  call('listen', { fd: 3, backlog: 4 });
  const conversation = peer.converse({ local: PEER, remote: HOST, isn: ISN });
  const heard = () =>
    peer.arrivals.flatMap(({ packet }) => (packet.protocol === 'tcp' ? [conversation.words(packet)] : []));
  return { clock, recorder, peer, wire, call, conversation, heard };
}

describe('a conversation of a person with a machine', () => {
  it('counts positions from each side’s SYN, across the end of the 32 bits', () => {
    const { clock, call, conversation, heard } = played();
    conversation.say({ flags: ['SYN'] });
    clock.advance(0);
    conversation.say({ flags: ['ACK'] });
    conversation.say({ flags: ['PSH', 'ACK'], payload_bytes: 100 });
    clock.advance(0);
    expect(call('accept', { fd: 3 })).toBe(4);
    expect(call('read', { fd: 4, bytes: 1000 })).toBe(100);
    call('write', { fd: 4, bytes: 30 });
    clock.advance(0);
    expect(heard()).toEqual(['SYN-ACK 0 ack 1', 'ACK 1 ack 101', 'data 1+30 ack 101']);
    expect([conversation.snd_end, conversation.rcv_end]).toEqual([101, 31]);
  });

  it('fills in what is not said: the next position, all that has come, the last window, the time', () => {
    const { clock, conversation, peer } = played();
    conversation.say({ flags: ['SYN'], window_bytes: 70_000 });
    clock.advance(7500);
    const [synAck] = peer.arrivals.map(({ packet }) => packet as Segment);
    const segment = conversation.segment({ flags: ['PSH', 'ACK'], payload_bytes: 10 });
    expect(segment).toMatchObject({
      from: PEER,
      to: HOST,
      seq: (ISN + 1) >>> 0,
      ack: (conversation.remote_isn + 1) >>> 0,
      window_bytes: Math.floor(70_000 / 128),
      timestamps: { value: 7, echo: synAck?.timestamps?.value },
    });
    expect(windowOf(segment)).toBe(Math.floor(70_000 / 128) * 128);
    const syn = conversation.segment({ flags: ['SYN'], seq: 0, timestamp_ms: null });
    expect(syn).toMatchObject({ seq: ISN, ack: 0, window_bytes: 65_535, mss_bytes: 1460, timestamps: null });
  });

  it('says what is said, true or not: an old segment, a hole, a reset at another position', () => {
    const { clock, call, conversation, heard, recorder } = played();
    conversation.say({ flags: ['SYN'] });
    clock.advance(0);
    conversation.say({ flags: ['ACK'] });
    conversation.say({ flags: ['PSH', 'ACK'], seq: 51, payload_bytes: 50 });
    conversation.say({ flags: ['RST'], seq: 900 });
    clock.advance(0);
    call('accept', { fd: 3, nonblocking: true });
    expect(call('read', { fd: 4, bytes: 1000 })).toBe(-1);
    // A hole is acknowledged at once; a reset elsewhere in the window is challenged (RFC 5961).
    expect(heard()).toEqual(['SYN-ACK 0 ack 1', 'ACK 1 ack 1', 'ACK 1 ack 1']);
    expect(recorder.events.some(({ kind }) => kind === 'connection-failed')).toBe(false);
  });

  it('is one of many: what comes for another changes nothing', () => {
    const { clock, peer, conversation } = played();
    const other = peer.converse({ local: { ...PEER, port: 40_001 }, remote: HOST, isn: 5 });
    other.say({ flags: ['SYN'] });
    clock.advance(0);
    expect([other.rcv_end, conversation.rcv_end]).toEqual([1, 0]);
  });

  it('that is taken up late has heard what came before', () => {
    const { clock, peer, call } = played();
    call('socket', { nonblocking: true });
    call('connect', { fd: 4, address: PEER.address, port: 22 });
    clock.advance(0);
    const [syn] = peer.arrivals.map(({ packet }) => packet as Segment);
    if (!syn) throw new Error('no SYN has come');
    const conversation = peer.converse({ local: syn.to, remote: syn.from, isn: 1 });
    expect(conversation.rcv_end).toBe(1);
    conversation.say({ flags: ['SYN', 'ACK'] });
    clock.advance(0);
    expect(peer.arrivals.map(({ packet }) => conversation.words(packet as Segment))).toEqual([
      'SYN 0',
      'ACK 1 ack 1',
    ]);
  });
});

describe('a packet that a person sends', () => {
  it('travels like any other, and is told in the trace with a number of the wire', () => {
    const { clock, recorder, peer, conversation } = played('link', 10);
    const number = conversation.say({ flags: ['SYN'] });
    clock.advance(100_000);
    expect(number).toBe(1);
    expect(
      recorder.events.flatMap((event) =>
        event.kind === 'packet-sent' || event.kind === 'packet-received'
          ? [`${event.at_us / 1000} ${event.actor} ${event.kind} ${event.data.number} ${event.data.packet}`]
          : [],
      ),
    ).toEqual(['0 peer packet-sent 1 SYN', '5 host packet-received 1 SYN', '5 host packet-sent 2 SYN-ACK']);
    expect(peer.arrivals.map(({ at_us, number }) => [at_us, number])).toEqual([[10_000, 2]]);
  });

  it('lies on a wire that is fed by hand until somebody delivers it', () => {
    const { wire, peer, conversation } = played('manual');
    const number = conversation.say({ flags: ['SYN'] });
    const manual = wire as ManualWire;
    expect(manual.inFlight.map(({ from, to }) => [from, to])).toEqual([['peer', 'host']]);
    manual.deliver(number);
    expect(manual.inFlight.map(({ from, to }) => [from, to])).toEqual([['host', 'peer']]);
    manual.drop(number + 1);
    expect(peer.arrivals).toEqual([]);
  });

  it('may be any, also an ICMP error about what the machine has sent', () => {
    const { clock, peer, call } = played();
    call('socket', { nonblocking: true });
    call('connect', { fd: 4, address: PEER.address, port: 22 });
    clock.advance(5000);
    const about = peer.arrivals.at(-1)?.packet as Segment;
    const error: Packet = { protocol: 'icmp', from: PEER.address, to: HOST.address, code: 'host', about };
    peer.inject(error);
    clock.advance(0);
    expect(call('poll', { fds: [{ fd: 4, events: ['POLLOUT'] }], timeout_ms: 0 } as never)).toBe(1);
  });

  it('needs a wire', () => {
    const clock = new VirtualClock();
    const peer = new PlayedPeer({ name: 'peer', clock, recorder: new Recorder(clock) });
    expect(() => peer.inject({ protocol: 'arp', from: '192.0.2.2', to: '192.0.2.1' })).toThrow(
      'peer is not plugged into a wire',
    );
  });
});
