import { describe, expect, it } from 'vitest';
import {
  TCP_NAGLE_CORK,
  TCP_NAGLE_OFF,
  TCP_NAGLE_PUSH,
  tcp_nagle_test,
} from '#simulations/kernel/tcp/nagle.ts';
import { Bench } from './bench.ts';

/** Data in a full segment: an MSS of 1460 less the timestamps. */
const MSS = 1448;

describe("Nagle's rule, in Minshall's variant", () => {
  const QUIET = { packets_out: 0, snd_sml: 1, snd_una: 1, snd_nxt: 1 };
  const SMALL_OUT = { packets_out: 1, snd_sml: 11, snd_una: 1, snd_nxt: 11 };
  const FULL_OUT = { packets_out: 1, snd_sml: 1, snd_una: 1, snd_nxt: 1449 };

  it.each([
    ['a small segment, nothing unacknowledged', 10, QUIET, 0, false, null],
    ['a small segment behind a small one', 10, SMALL_OUT, 0, false, 'Nagle'],
    ['a small segment behind a full one', 10, FULL_OUT, 0, false, null],
    ['a full segment behind a small one', MSS, SMALL_OUT, 0, false, null],
    ['a FIN behind a small one', 0, SMALL_OUT, 0, true, null],
    ['a small segment with TCP_NODELAY', 10, SMALL_OUT, TCP_NAGLE_OFF, false, null],
    ['a small segment with TCP_CORK', 10, QUIET, TCP_NAGLE_CORK, false, 'cork'],
    ['a small segment with both', 10, QUIET, TCP_NAGLE_OFF | TCP_NAGLE_CORK, false, 'cork'],
    ['a full segment with TCP_CORK', MSS, QUIET, TCP_NAGLE_CORK, false, null],
    ['what is pushed, corked or not', 10, SMALL_OUT, TCP_NAGLE_PUSH | TCP_NAGLE_CORK, false, null],
  ] as const)('%s', (_words, bytes, tp, nonagle, hasFin, holds) => {
    expect(tcp_nagle_test({ bytes, mss_bytes: MSS, hasFin }, tp, nonagle).holds).toBe(holds);
  });
});

describe('write() and write()', () => {
  it('send the second with the ACK of the first', () => {
    const b = new Bench();
    const fd = b.connected();
    b.write(fd, 10);
    b.write(fd, 20);
    b.write(fd, 30);
    expect(b.sent).toEqual(['data 1+10 ack 1']);
    b.ack(11);
    expect(b.sent).toEqual(['data 11+50 ack 1']);
  });

  it('send the second at once behind a full segment', () => {
    const b = new Bench();
    const fd = b.connected();
    b.write(fd, MSS);
    b.write(fd, 20);
    expect(b.sent).toEqual([`data 1+${MSS} ack 1`, `data ${MSS + 1}+20 ack 1`]);
  });

  it('send what fills a segment at once, and keep the rest', () => {
    const b = new Bench();
    const fd = b.connected();
    b.write(fd, 10);
    b.write(fd, MSS + 5);
    expect(b.sent).toEqual(['data 1+10 ack 1', `data 11+${MSS} ack 1`]);
    b.ack(11 + MSS);
    expect(b.sent).toEqual([`data ${11 + MSS}+5 ack 1`]);
  });

  it('send both with TCP_NODELAY, and what waits when it is set', () => {
    const b = new Bench();
    const fd = b.connected();
    b.write(fd, 10);
    b.write(fd, 20);
    void b.sent;
    b.set(fd, 'TCP_NODELAY', 1);
    expect(b.sent).toEqual(['data 11+20 ack 1']);
    b.write(fd, 30);
    expect(b.sent).toEqual(['data 31+30 ack 1']);
    b.set(fd, 'TCP_NODELAY', 0);
    b.write(fd, 40);
    expect(b.sent).toEqual([]);
  });
});

describe('TCP_CORK', () => {
  it('keeps small segments for company until it is let go', () => {
    const b = new Bench();
    const fd = b.connected();
    b.set(fd, 'TCP_CORK', 1);
    b.write(fd, 10);
    b.write(fd, 20);
    expect(b.sent).toEqual([]);
    b.set(fd, 'TCP_CORK', 0);
    expect(b.sent).toEqual(['data 1+30 ack 1']);
  });

  it('lets full segments go', () => {
    const b = new Bench();
    const fd = b.connected();
    b.set(fd, 'TCP_CORK', 1);
    b.write(fd, 2 * MSS + 10);
    expect(b.sent).toEqual([`data 1+${MSS} ack 1`, `data ${MSS + 1}+${MSS} ack 1`]);
  });

  it('lets go after the time of the probe timer, 200 ms and a round trip, by itself', () => {
    const b = new Bench();
    const fd = b.connected(100);
    b.set(fd, 'TCP_CORK', 1);
    b.write(fd, 10);
    b.wait(299);
    expect(b.sent).toEqual([]);
    b.wait(1);
    expect(b.sent).toEqual(['data 1+10 ack 1']);
  });

  it('wins over TCP_NODELAY; letting go of it with TCP_NODELAY sends at once', () => {
    const b = new Bench();
    const fd = b.connected();
    b.set(fd, 'TCP_NODELAY', 1);
    b.set(fd, 'TCP_CORK', 1);
    b.write(fd, 10);
    expect(b.sent).toEqual([]);
    b.set(fd, 'TCP_CORK', 0);
    expect(b.sent).toEqual(['data 1+10 ack 1']);
  });

  it('that is let go does not push past Nagle', () => {
    const b = new Bench();
    const fd = b.connected();
    b.write(fd, 10);
    void b.sent;
    b.set(fd, 'TCP_CORK', 1);
    b.write(fd, 20);
    b.set(fd, 'TCP_CORK', 0);
    expect(b.sent).toEqual([]);
    b.ack(11);
    expect(b.sent).toEqual(['data 11+20 ack 1']);
  });

  it('does not keep a FIN', () => {
    const b = new Bench();
    const fd = b.connected();
    b.set(fd, 'TCP_CORK', 1);
    b.write(fd, 10);
    b.close(fd);
    expect(b.sent).toEqual(['data FIN 1+10 ack 1']);
  });
});

describe('MSG_MORE', () => {
  it('keeps a small segment for the next write(), which sends both', () => {
    const b = new Bench();
    const fd = b.connected();
    b.sendMore(fd, 10);
    expect(b.sent).toEqual([]);
    b.write(fd, 20);
    expect(b.sent).toEqual(['data 1+30 ack 1']);
  });

  it('keeps it with TCP_NODELAY as well', () => {
    const b = new Bench();
    const fd = b.connected();
    b.set(fd, 'TCP_NODELAY', 1);
    b.sendMore(fd, 10);
    expect(b.sent).toEqual([]);
    b.write(fd, 20);
    expect(b.sent).toEqual(['data 1+30 ack 1']);
  });

  it('of nobody else: the next ACK sends what waits', () => {
    const b = new Bench();
    const fd = b.connected();
    b.write(fd, 10);
    b.sendMore(fd, 20);
    void b.sent;
    b.ack(11); // __tcp_push_pending_frames asks with the socket's own bits
    expect(b.sent).toEqual(['data 11+20 ack 1']);
  });
});

describe('slow start', () => {
  it('sends 10 segments, then 20, then 40, when each flight is acknowledged', () => {
    const b = new Bench();
    const fd = b.connected(100, { window_bytes: 65_535 });
    b.ack(1, { window_bytes: 8_000_000 });
    b.set(fd, 'SO_SNDBUF', 200_000);
    b.write(fd, 100 * MSS);
    let end = 1;
    for (const flight of [10, 20, 40]) {
      expect(b.sent).toHaveLength(flight);
      b.wait(100);
      for (let i = 1; i <= flight; i++) b.ack(end + i * MSS);
      end += flight * MSS;
    }
    expect(b.sent).toHaveLength(30);
  });

  it('does not grow a window that is not used', () => {
    const b = new Bench();
    const fd = b.connected(100);
    for (let i = 1; i <= 30; i++) {
      b.write(fd, 100);
      b.ack();
    }
    expect(b.sk.sender.congestion.snd_cwnd).toBe(10);
  });

  it('begins again from 10 after a silence longer than the RTO, by half for each', () => {
    const b = new Bench();
    const fd = b.connected(100, { window_bytes: 65_535 });
    b.ack(1, { window_bytes: 8_000_000 });
    b.set(fd, 'SO_SNDBUF', 200_000);
    b.write(fd, 70 * MSS);
    for (let i = 1; i <= 70; i++) b.ack(1 + i * MSS);
    expect(b.sk.sender.congestion.snd_cwnd).toBe(80);
    const rto_ms = b.sk.sender.icsk_rto_ms;
    b.wait(2.5 * rto_ms);
    b.write(fd, 10);
    expect(b.sk.sender.congestion.snd_cwnd).toBe(20);
    b.ack();
    b.wait(100 * rto_ms);
    b.write(fd, 10);
    expect(b.sk.sender.congestion.snd_cwnd).toBe(10);
  });
});

describe("the peer's window", () => {
  it('is not exceeded, and more goes out when it grows', () => {
    const b = new Bench();
    const fd = b.connected();
    b.ack(1, { window_bytes: 3 * 1024 });
    b.write(fd, 10_000);
    expect(b.sent).toEqual([`data 1+${MSS} ack 1`, `data ${MSS + 1}+${MSS} ack 1`]);
    b.ack(1 + 2 * MSS, { window_bytes: 3 * 1024 });
    expect(b.sent).toHaveLength(2);
  });

  it('that is shut is probed with one position before the next, with doubling waits', () => {
    const b = new Bench();
    const fd = b.connected(100);
    b.ack(1, { window_bytes: 0 });
    b.write(fd, 100);
    expect(b.sent).toEqual([]);
    b.wait(3000);
    expect(b.sentAt.map((line) => line.replace(/^\d+/, (at) => String(Number(at) - 100)))).toEqual([
      '300 ACK 0 ack 1',
      '900 ACK 0 ack 1',
      '2100 ACK 0 ack 1',
    ]);
    b.ack(1, { window_bytes: 1280 });
    expect(b.sent).toEqual(['data 1+100 ack 1']);
  });

  it('that stays shut is probed for as long as the peer answers', () => {
    const b = new Bench();
    const fd = b.connected(100);
    b.ack(1, { window_bytes: 0 });
    b.write(fd, 100);
    for (let i = 0; i < 200; i++) {
      b.wait(120_000);
      expect(b.sent).toContain('ACK 0 ack 1');
      b.ack(1, { window_bytes: 0 });
    }
    expect(b.state).toBe('ESTABLISHED');
  });

  it('that stays shut without an answer ends it with ETIMEDOUT after 15 probes (tcp_retries2)', () => {
    const b = new Bench();
    const fd = b.connected(100);
    b.ack(1, { window_bytes: 0 });
    b.write(fd, 100);
    b.wait(2_000_000);
    expect(b.sent).toHaveLength(15);
    expect([b.state, b.read(fd)]).toEqual(['CLOSE', 'ETIMEDOUT']);
  });

  it('keeps a FIN back that would lie one beyond it', () => {
    const b = new Bench();
    const fd = b.connected();
    b.ack(1, { window_bytes: 128 });
    b.write(fd, 128);
    b.close(fd);
    expect(b.sent).toEqual(['data 1+128 ack 1']);
    b.ack(129);
    expect(b.sent).toEqual(['FIN 129 ack 1']);
  });
});

describe('this end’s window', () => {
  it('shrinks by what nobody reads, shuts, and is opened by reading with an ACK of its own', () => {
    const b = new Bench({ sysctl: { rcvbuf_bytes: 16_384 } });
    const fd = b.connected();
    let last = b.offered_bytes;
    let right = 1 + last;
    for (let i = 0; b.offered_bytes > 0 && i < 100; i++) {
      b.data(Math.min(MSS, last));
      b.wait(300);
      last = b.offered_bytes;
      // The right edge never goes back.
      const edge = (b.sk.receiver.rcv_nxt as number) + last;
      expect(edge).toBeGreaterThanOrEqual(right);
      right = edge;
    }
    expect(b.offered_bytes).toBe(0);
    void b.sent;
    b.read(fd);
    expect(b.sent).toHaveLength(1);
    expect(b.offered_bytes).toBeGreaterThan(MSS);
  });
});

describe('the send buffer', () => {
  it('takes what fits; a socket that does not block takes a part, then says EAGAIN', () => {
    const b = new Bench();
    const fd = b.connected();
    b.ack(1, { window_bytes: 0 });
    b.set(fd, 'SO_SNDBUF', 5000);
    const taken = Number(b.write(fd, 1_000_000));
    // Doubled, 10,000 bytes hold five segments, each with 960 bytes beside its data (packetdrill: send/full-buffer).
    expect(taken).toBe(5 * MSS);
    expect(b.write(fd, 1)).toBe('EAGAIN');
  });
});
