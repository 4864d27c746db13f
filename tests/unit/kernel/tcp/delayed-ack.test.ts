import { describe, expect, it } from 'vitest';
import {
  type Arrival,
  DelayedAck,
  type Receiving,
  TCP_MAX_QUICKACKS,
} from '#simulations/kernel/tcp/delayed-ack.ts';
import { Bench } from './bench.ts';

const MSS = 1448;
/** A jiffy at HZ = 250. */
const JIFFY_ms = 4;

/** The engine alone, with a socket that says what a test wants it to say. */
function engine(socket: Partial<{ -readonly [F in keyof Receiving]: Receiving[F] }> = {}) {
  const sk = {
    now_us: 0,
    rcv_wnd: 65_536,
    advmss_bytes: MSS,
    tcp_pingpong_thresh: 1,
    delack_max: 49,
    dst_quick_ack: false,
    rto_ms: 300,
    srtt_us: 0,
    ...socket,
  };
  const ack = new DelayedAck(sk);
  ack.established(MSS);
  const arrive = (bytes: number, more: Partial<Arrival> = {}) =>
    ack.dataReceived({ payload_bytes: bytes, hasPush: true, hasFin: false, options_bytes: 12, ...more });
  const wait = (ms: number) => {
    sk.now_us += ms * 1000;
  };
  return { sk, ack, arrive, wait };
}

describe('data that arrives (tcp_event_data_recv)', () => {
  it('first, sets the delay to 40 ms and allows quick ACKs', () => {
    const { ack, arrive } = engine();
    expect(arrive(10)).toBe('first');
    expect([ack.ato * JIFFY_ms, ack.isScheduled]).toEqual([40, true]);
    expect(ack.quick).toBe(TCP_MAX_QUICKACKS); // 65536 / (2 × 536) is 61, and 16 are the most
  });

  it('within 20 ms of the last, moves the delay to half of it and 20 ms', () => {
    const { ack, arrive, wait } = engine();
    arrive(10);
    ack.ato = 40;
    wait(20);
    expect(arrive(10)).toBe('fast');
    expect(ack.ato).toBe((40 >> 1) + 5);
  });

  it('within the delay, moves it to half of it and the pause', () => {
    const { ack, arrive, wait } = engine();
    arrive(10);
    wait(36);
    expect(arrive(10)).toBe('average');
    expect(ack.ato).toBe(5 + 9);
  });

  it('within the delay, keeps it below the RTO and 200 ms', () => {
    const { ack, arrive, wait } = engine({ rto_ms: 2000 });
    arrive(10);
    ack.ato = 60;
    wait(59 * JIFFY_ms);
    arrive(10);
    expect(ack.ato * JIFFY_ms).toBe(200);
    const low = engine({ rto_ms: 60 });
    low.arrive(10);
    low.ack.ato = 20;
    low.wait(19 * JIFFY_ms);
    low.arrive(10);
    expect(low.ack.ato * JIFFY_ms).toBe(60);
  });

  it('later than the delay but within the RTO, changes nothing', () => {
    const { ack, arrive, wait } = engine();
    arrive(10);
    ack.quick = 0;
    wait(200);
    expect(arrive(10)).toBe('as before');
    expect([ack.ato, ack.quick]).toEqual([10, 0]);
  });

  it('after a pause longer than the RTO, allows quick ACKs again', () => {
    const { ack, arrive, wait } = engine();
    arrive(10);
    ack.quick = 0;
    wait(304);
    expect(arrive(10)).toBe('gap');
    expect([ack.ato, ack.quick]).toEqual([10, 16]);
  });
});

describe('how many ACKs are quick (tcp_incr_quickack)', () => {
  it.each([
    [65_536, 16],
    [8 * 536, 4],
    [536, 2],
  ])('is half the window in segments, 2 to 16: window %i, %i', (rcv_wnd, quick) => {
    const { sk, ack, arrive } = engine();
    sk.rcv_wnd = rcv_wnd;
    arrive(10);
    expect(ack.quick).toBe(quick);
  });

  it('never falls by a new count', () => {
    const { sk, ack, arrive } = engine();
    arrive(10);
    sk.rcv_wnd = 536;
    ack.enterQuickackMode();
    expect(ack.quick).toBe(16);
  });

  it('goes down by each ACK of something new, and the last one sets the delay back to 40 ms', () => {
    const { ack, arrive } = engine();
    arrive(10);
    ack.quick = 2;
    ack.ato = 30;
    ack.ackSent();
    expect([ack.quick, ack.ato]).toEqual([1, 30]);
    ack.ackSent(); // nothing is scheduled: not counted
    expect(ack.quick).toBe(1);
    arrive(10);
    ack.ato = 30;
    ack.ackSent();
    expect([ack.quick, ack.ato]).toEqual([0, 10]);
  });
});

describe('the size of the peer’s segments (tcp_measure_rcv_mss)', () => {
  it('is at most 536 at first, and at least 88', () => {
    expect(engine().ack.rcv_mss).toBe(536);
    expect(engine({ rcv_wnd: 100 }).ack.rcv_mss).toBe(88);
  });

  it('grows with a larger segment, up to what this end takes', () => {
    const { ack, arrive } = engine();
    arrive(1000);
    expect(ack.rcv_mss).toBe(1000);
    arrive(9000);
    expect(ack.rcv_mss).toBe(MSS);
  });

  it('shrinks when two of the same size come without a push', () => {
    const { ack, arrive } = engine();
    arrive(1000);
    arrive(300, { hasPush: false });
    expect(ack.rcv_mss).toBe(1000);
    arrive(300, { hasPush: false });
    expect(ack.rcv_mss).toBe(300);
  });

  it('does not shrink for two small ones that were pushed', () => {
    const { ack, arrive } = engine();
    arrive(1000);
    arrive(300);
    arrive(300);
    expect(ack.rcv_mss).toBe(1000);
  });
});

describe('a reply (tcp_event_data_sent)', () => {
  it('counts when it leaves within the delay of the last data', () => {
    const { ack, arrive, wait } = engine();
    arrive(10);
    wait(36);
    expect(ack.dataSent()).toBe(true);
    expect([ack.pingpong, ack.inPingpongMode]).toEqual([1, true]);
  });

  it('does not count later', () => {
    const { ack, arrive, wait } = engine();
    arrive(10);
    wait(40);
    expect([ack.dataSent(), ack.pingpong]).toEqual([false, 0]);
  });

  it.each([1, 2, 3, 200])('makes the session interactive from tcp_pingpong_thresh on: %i', (thresh) => {
    const { ack, arrive } = engine({ tcp_pingpong_thresh: thresh });
    arrive(10);
    for (let i = 1; i < thresh; i++) ack.dataSent();
    expect(ack.inPingpongMode).toBe(false);
    ack.dataSent();
    expect(ack.inPingpongMode).toBe(true);
    expect(ack.inQuickackMode).toBe(false);
  });

  it('is counted up to 255, the most that a byte holds', () => {
    const { ack, arrive } = engine({ tcp_pingpong_thresh: 255 });
    arrive(10);
    for (let i = 0; i < 300; i++) ack.dataSent();
    expect(ack.pingpong).toBe(255);
  });
});

describe('how long an ACK may wait (tcp_send_delayed_ack)', () => {
  it.each([
    ['the delay, at its least', { ato: 10, srtt_ms: 0, pingpong: 0 }, 40],
    ['half a second at most, less what the RTO leaves: 196 ms', { ato: 200, srtt_ms: 0, pingpong: 0 }, 196],
    [
      'the round-trip time, when that is known and longer than 40 ms',
      { ato: 30, srtt_ms: 60, pingpong: 0 },
      60,
    ],
    ['40 ms, when the round-trip time is shorter', { ato: 30, srtt_ms: 5, pingpong: 0 }, 40],
    ['the delay, when the round-trip time is longer', { ato: 30, srtt_ms: 500, pingpong: 0 }, 120],
    ['200 ms less a jiffy in an interactive session', { ato: 60, srtt_ms: 0, pingpong: 1 }, 196],
  ] as const)('%s', (_words, { ato, srtt_ms, pingpong }, delay_ms) => {
    const { sk, ack } = engine();
    Object.assign(ack, { ato, pingpong });
    sk.srtt_us = (srtt_ms * 1000) << 3;
    expect(ack.delay * JIFFY_ms).toBe(delay_ms);
  });

  it('is not put off by more data: an earlier time stays', () => {
    const { ack, arrive, wait } = engine();
    arrive(10);
    expect([ack.setTimer(), ack.timeout_us]).toEqual([true, 40_000]);
    wait(20);
    expect([ack.setTimer(), ack.timeout_us]).toEqual([true, 40_000]);
  });

  it('is not set again when the earlier time is nearer than a quarter of it: the ACK goes now', () => {
    const { ack, arrive, wait } = engine();
    arrive(10);
    ack.setTimer();
    wait(32);
    expect(ack.setTimer()).toBe(false);
  });
});

describe('the timer of a delayed ACK (tcp_delack_timer_handler)', () => {
  it('doubles the delay, up to 200 ms and the RTO', () => {
    const { sk, ack, arrive } = engine();
    arrive(10);
    expect([ack.missed(), ack.ato * JIFFY_ms]).toEqual(['waits longer', 80]);
    ack.missed();
    ack.missed();
    expect(ack.ato * JIFFY_ms).toBe(200);
    sk.rto_ms = 100;
    ack.missed();
    expect(ack.ato * JIFFY_ms).toBe(100);
  });

  it('ends an interactive session, and sets the delay back to 40 ms', () => {
    const { ack, arrive } = engine();
    arrive(10);
    ack.dataSent();
    ack.ato = 30;
    expect([ack.missed(), ack.pingpong, ack.ato]).toEqual(['left pingpong mode', 0, 10]);
  });
});

describe('a socket that receives', () => {
  it('acknowledges the first data at once', () => {
    const b = new Bench();
    b.connected();
    b.data(10);
    expect(b.sent).toEqual(['ACK 1 ack 11']);
  });

  it('lets an ACK wait 40 ms once the session is interactive', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(10);
    b.read(fd);
    b.write(fd, 10); // a reply
    b.ack(11);
    void b.sent;
    b.data(10);
    b.wait(39);
    expect(b.sent).toEqual([]);
    b.wait(1);
    expect(b.sent).toEqual(['ACK 11 ack 21']);
    b.data(10); // the missed ACK has ended it
    expect(b.sent).toEqual(['ACK 11 ack 31']);
  });

  it('puts the ACK on data that leaves while it waits', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(10);
    b.write(fd, 10);
    b.ack(11);
    b.data(10);
    void b.sent;
    b.wait(10);
    b.write(fd, 20);
    expect(b.sent).toEqual(['data 11+20 ack 21']);
    b.wait(1000);
    expect(b.sent.filter((line) => line.startsWith('ACK'))).toEqual([]);
  });

  it('sends one ACK for more than a full segment, whatever mode it is in', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(10);
    b.write(fd, 10);
    b.ack(11);
    b.data(MSS, { flags: ['ACK'] });
    void b.sent;
    b.data(MSS, { flags: ['ACK'] });
    expect(b.sent).toEqual([`ACK 11 ack ${11 + 2 * MSS}`]);
  });

  it('acknowledges what a program has read, when two small segments wait', () => {
    const b = new Bench();
    const fd = b.connected();
    b.data(10);
    b.write(fd, 10);
    b.ack(11);
    b.data(10);
    b.data(10);
    void b.sent;
    expect(b.read(fd)).toBe(30);
    expect(b.sent).toEqual(['ACK 11 ack 31']);
  });
});

describe('TCP_QUICKACK', () => {
  /** An interactive session in which an ACK waits. */
  const waiting = (): [Bench, number] => {
    const b = new Bench();
    const fd = b.connected();
    b.data(10);
    b.read(fd);
    b.write(fd, 10);
    b.ack(11);
    b.data(10);
    void b.sent;
    return [b, fd];
  };

  it('sends the ACK that waits once all has been read', () => {
    const [b, fd] = waiting();
    b.read(fd);
    b.set(fd, 'TCP_QUICKACK', 1);
    expect(b.sent).toEqual(['ACK 11 ack 21']);
  });

  it('lasts until the next reply', () => {
    const [b, fd] = waiting();
    b.read(fd);
    b.set(fd, 'TCP_QUICKACK', 1);
    void b.sent;
    b.data(10);
    expect(b.sent).toEqual(['ACK 11 ack 31']);
    b.write(fd, 10);
    b.ack(21);
    void b.sent;
    b.data(10);
    expect(b.sent).toEqual([]);
  });

  it('that is switched off makes the session interactive', () => {
    const b = new Bench();
    const fd = b.connected();
    b.set(fd, 'TCP_QUICKACK', 0);
    b.data(10);
    expect(b.sent).toEqual([]);
    b.wait(40);
    expect(b.sent).toEqual(['ACK 1 ack 11']);
  });
});
