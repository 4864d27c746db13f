import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import type { Segment } from '#simulations/network/packet.ts';

const run = (given: Given) =>
  connectTimeout.run(settleParameters(connectTimeout.parameters, { kernel: '6.1', ...given }).values);

/** Every packet as `sender@ms packet`, in the order in which they left. */
const exchange = (trace: ReturnType<typeof run>) =>
  trace.events.flatMap((event) =>
    event.kind === 'packet-sent'
      ? [`${event.actor}@${event.at_us / 1000} ${event.data.packet}`]
      : event.kind === 'packet-rejected'
        ? [`${event.actor}@${event.at_us / 1000} ${event.data.answer}`]
        : [],
  );

const segments = (trace: ReturnType<typeof run>) =>
  trace.events.flatMap((event) =>
    event.kind === 'packet-sent' && event.data.carries.protocol === 'tcp' ? [event.data.carries] : [],
  );

describe('a peer that listens', () => {
  it('completes the handshake in one round trip', () => {
    const trace = run({ peer: 'listens', rtt_ms: 20 });
    expect(exchange(trace)).toEqual([
      'client@0 SYN',
      'server@10 SYN-ACK',
      'client@20 ACK',
      // The worker is done, and its end closes the connection.
      'client@20 FIN',
      'server@30 ACK',
    ]);
    const [syn, synAck, ack] = segments(trace) as [Segment, Segment, Segment];
    expect(synAck.ack).toBe((syn.seq + 1) >>> 0);
    expect(ack).toMatchObject({ seq: (syn.seq + 1) >>> 0, ack: (synAck.seq + 1) >>> 0 });
    expect(synAck.timestamps?.echo).toBe(syn.timestamps?.value);
    expect(trace.outcome).toMatchObject({ errno: null, returned_at_ms: 20 });
  });

  it('gets every SYN with the same sequence number and a later timestamp', () => {
    const syns = segments(run({ peer: 'drops' }));
    expect(new Set(syns.map(({ seq }) => seq)).size).toBe(1);
    const first = syns[0]?.timestamps?.value ?? 0;
    expect(syns.map(({ timestamps }) => ((timestamps?.value ?? 0) - first) >>> 0)).toEqual([
      0, 1000, 3000, 7000, 15_000, 31_000, 63_000,
    ]);
  });

  it.each([
    [1, 1],
    [2, 3],
    [3, 7],
  ])('is reached after %i lost SYNs, %i s later', (lose_first, seconds) => {
    const { outcome } = run({ peer: 'listens', lose_first, rtt_ms: 2 });
    expect(outcome).toMatchObject({ errno: null, returned_at_ms: seconds * 1000 + 2 });
    expect(outcome.syn_times_ms).toHaveLength(lose_first + 1);
  });

  it('is never reached when all SYNs are lost', () => {
    const { outcome } = run({ peer: 'listens', lose_first: 3, tcp_syn_retries: 2 });
    expect(outcome).toMatchObject({ errno: 'ETIMEDOUT', returned_at_ms: 7000 });
  });
});

describe('a round trip longer than the first timer', () => {
  it('brings late duplicates: the second SYN gets a second SYN-ACK, and that a second ACK', () => {
    const trace = run({ peer: 'listens', rtt_ms: 1500 });
    expect(exchange(trace).slice(0, 3)).toEqual(['client@0 SYN', 'server@750 SYN-ACK', 'client@1000 SYN']);
    expect(trace.outcome).toMatchObject({ syn_times_ms: [0, 1000], errno: null, returned_at_ms: 1500 });
    const late = exchange(trace).filter((line) => Number(/@(\d+)/.exec(line)?.[1]) > 1500);
    expect(late).toContain('server@1750 SYN-ACK');
    expect(late).toContain('client@2500 ACK');
  });

  it('makes the server answer each SYN of its own, besides its timer', () => {
    const trace = run({ kernel: '6.12', peer: 'listens', rtt_ms: 2500 });
    expect(trace.outcome.syn_times_ms).toEqual([0, 1000, 2000]);
    // its timer would be due at 2250 and 4250; the third SYN comes at 3250
    expect(exchange(trace)).toContain('server@3250 SYN-ACK');
  });

  it('has one SYN-ACK for a SYN that comes when the timer is due: the SYN sets the timer anew', () => {
    const sent = exchange(run({ peer: 'listens', rtt_ms: 1500 })).filter((line) => line.includes('SYN-ACK'));
    expect(sent).toEqual(['server@750 SYN-ACK', 'server@1750 SYN-ACK']); // tcp_check_req: mod_timer_pending
  });

  it('ends with the first RST; the second one finds no socket and is not answered', () => {
    const trace = run({ peer: 'refuses', rtt_ms: 1500 });
    expect(exchange(trace)).toEqual([
      'client@0 SYN',
      'server@750 RST-ACK',
      'client@1000 SYN',
      'server@1750 RST-ACK',
    ]);
    expect(trace.outcome).toMatchObject({ errno: 'ECONNREFUSED', returned_at_ms: 1500 });
    expect(trace.events.at(-1)).toMatchObject({ actor: 'client', kind: 'packet-received', at_us: 2_500_000 });
  });

  it('lets the ICMP error about the first SYN end it while the second is under way', () => {
    const trace = run({ peer: 'rejects-net', rtt_ms: 1500 });
    expect(trace.outcome).toMatchObject({
      syn_times_ms: [0, 1000],
      errno: 'ENETUNREACH',
      returned_at_ms: 1500,
    });
  });

  it('longer than all timers is a timeout, though the answer would have come', () => {
    const { outcome } = run({ peer: 'listens', rtt_ms: 3001, tcp_syn_retries: 1 });
    expect(outcome).toMatchObject({ errno: 'ETIMEDOUT', returned_at_ms: 3000 });
    expect(run({ peer: 'listens', rtt_ms: 3000, tcp_syn_retries: 1 }).outcome.errno).toBeNull();
  });

  it('makes a client that is gone answer the SYN-ACK with a bare RST at the acknowledged number', () => {
    const trace = run({ peer: 'listens', rtt_ms: 2000, so_sndtimeo_ms: 500, connects: 1 });
    const [syn] = segments(trace);
    const reset = segments(trace).find(({ flags }) => flags.includes('RST'));
    // RFC 9293 3.10.7.1: <SEQ=SEG.ACK><CTL=RST> to a segment with an ACK
    expect(reset).toMatchObject({ flags: ['RST'], seq: ((syn?.seq ?? 0) + 1) >>> 0, window_bytes: 0 });
  });
});

describe('a REJECT rule', () => {
  it('ends connect() at once when there is a round-trip time', () => {
    const trace = run({ peer: 'rejects-host', rtt_ms: 1 });
    expect(exchange(trace)).toEqual(['client@0 SYN', 'server@0.5 ICMP host unreachable']);
    expect(trace.outcome).toMatchObject({ errno: 'EHOSTUNREACH', returned_at_ms: 1 });
  });

  it('is only noted when its answer comes inside connect() itself, and ends it at the next SYN', () => {
    const trace = run({ peer: 'rejects-port', rtt_ms: 0 });
    expect(trace.events.filter(({ kind }) => kind === 'error-noted').map(({ at_us }) => at_us)).toEqual([0]);
    expect(trace.outcome).toMatchObject({
      syn_times_ms: [0, 1000],
      errno: 'ECONNREFUSED',
      returned_at_ms: 1000,
    });
  });

  it('is not only noted when the first SYN was lost, as connect() sleeps by then', () => {
    const trace = run({ peer: 'rejects-port', rtt_ms: 0, lose_first: 1 });
    expect(trace.events.some(({ kind }) => kind === 'error-noted')).toBe(false);
    expect(trace.outcome).toMatchObject({ errno: 'ECONNREFUSED', returned_at_ms: 1000 });
  });

  it('does not promise another SYN to a non-blocking socket, whose poll() returns at once', () => {
    const trace = run({ peer: 'rejects-port', rtt_ms: 0, nonblocking: true });
    expect(trace.outcome).toMatchObject({ errno: 'ECONNREFUSED', returned_at_ms: 0 });
    expect(trace.events.filter(({ says }) => says.includes('The next SYN will'))).toEqual([]);
  });
});

describe('an RST with no round-trip time', () => {
  it('ends connect() at once: it waits in the backlog until connect() sleeps', () => {
    expect(run({ peer: 'refuses', rtt_ms: 0 }).outcome).toMatchObject({
      syn_times_ms: [0],
      errno: 'ECONNREFUSED',
      returned_at_ms: 0,
    });
  });
});
