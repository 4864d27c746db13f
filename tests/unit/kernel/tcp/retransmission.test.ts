import { describe, expect, it } from 'vitest';
import { Bench } from './bench.ts';

const MSS = 1448;
const RTO_MAX_ms = 120_000;

/**
 * When a segment goes out again and when the connection is given up, by the kernel's rule: the timer doubles up to
 * 120 s, and is over when it fires at least `limit_ms` after the first retransmission (retransmits_timed_out).
 */
function byTheRule(rto_ms: number, limit_ms: number): { tries: number[]; over: number } {
  const tries: number[] = [];
  let at = 0;
  for (let rto = rto_ms; ; rto = Math.min(rto * 2, RTO_MAX_ms)) {
    at += rto;
    if (tries[0] !== undefined && at - tries[0] >= limit_ms) return { tries, over: at };
    tries.push(at);
  }
}

/** tcp_model_timeout(15, 200 ms): 200, 400 … 102,400 ms, then six of 120 s. */
const LIMIT_ms = 204_600 + 6 * 120_000;

describe('data that nobody acknowledges', () => {
  it.each([0, 100, 1000])(
    'goes out again as the rule says, with a round trip of %i ms, then ETIMEDOUT',
    (rtt_ms) => {
      const b = new Bench();
      const fd = b.connected(rtt_ms);
      const rto_ms = b.sk.sender.icsk_rto_ms;
      b.write(fd, 10);
      const begin = b.now_ms;
      void b.sent;
      b.wait(2_000_000);
      const { tries, over } = byTheRule(rto_ms, LIMIT_ms);
      expect(b.sentAt).toEqual(tries.map((at) => `${begin + at} data 1+10 ack 1`));
      const end = b.events.find(({ kind }) => kind === 'connection-failed');
      expect((end?.at_us ?? 0) / 1000 - begin).toBe(over);
      expect([b.read(fd), b.state]).toEqual(['ETIMEDOUT', 'CLOSE']);
    },
  );

  it('is given up about 924.6 s after the first retransmission by default', () => {
    expect(LIMIT_ms).toBe(924_600);
    const { tries, over } = byTheRule(204, LIMIT_ms);
    expect([tries.length, over - (tries[0] as number)]).toEqual([15, 928_488]);
  });

  it.each([
    [3, 3000],
    [8, 102_200],
  ])('is given up sooner with tcp_retries2 %i: after %i ms', (tcp_retries2, limit_ms) => {
    const b = new Bench({ sysctl: { tcp_retries2 } });
    const fd = b.connected();
    b.write(fd, 10);
    b.wait(2_000_000);
    const end = b.events.find(({ kind }) => kind === 'connection-failed');
    expect((end?.at_us ?? 0) / 1000).toBe(byTheRule(204, limit_ms).over);
  });

  it('begins with the same wait again once an ACK has come', () => {
    const b = new Bench();
    const fd = b.connected(100);
    b.write(fd, 10);
    // 100 ms after it has left for the fourth time, as the handshake took.
    b.wait(2200);
    expect(b.sent).toHaveLength(4);
    b.ack(11);
    b.write(fd, 10);
    void b.sent;
    const begin = b.now_ms;
    b.wait(400);
    expect(b.sentAt).toEqual([`${begin + 300} data 11+10 ack 1`]);
  });

  it('gives the round-trip time of the echoed timestamp when it was sent twice', () => {
    const b = new Bench();
    const fd = b.connected(100);
    const before = b.sk.sender.rtt.srtt_us;
    b.write(fd, 10);
    // It goes out again after 300 ms, so the echo says 50 ms: an eighth of the difference counts.
    b.wait(350);
    b.ack(11);
    expect(b.sk.sender.rtt.srtt_us).toBe(before - 50_000);
  });

  it('gives no round-trip time when it was sent twice without timestamps (Karn)', () => {
    const b = new Bench();
    const fd = b.connected(100, { timestamp_ms: null });
    const before = b.sk.sender.rtt.srtt_us;
    b.write(fd, 10);
    b.wait(350);
    b.ack(11);
    expect(b.sk.sender.rtt.srtt_us).toBe(before);
    b.write(fd, 10);
    b.wait(100);
    b.ack(21);
    expect(b.sk.sender.rtt.srtt_us).toBe(before);
    b.write(fd, 10);
    b.wait(180);
    b.ack(31);
    expect(b.sk.sender.rtt.srtt_us).toBe(before + 80_000);
  });

  it('makes the window one segment, and slow start begins toward half of what it was', () => {
    const b = new Bench();
    const fd = b.connected(100);
    b.write(fd, 10 * MSS);
    void b.sent;
    b.wait(300);
    expect(b.sent).toEqual([`data 1+${MSS} ack 1`]);
    expect(b.sk.sender.congestion).toMatchObject({ snd_cwnd: 1, snd_ssthresh: 5 });
    b.ack(1 + MSS);
    expect(b.sent).toEqual([`data ${1 + MSS}+${MSS} ack 1`, `data ${1 + 2 * MSS}+${MSS} ack 1`]);
  });
});

describe('duplicate ACKs', () => {
  const flight = () => {
    const b = new Bench();
    const fd = b.connected(100);
    b.write(fd, 8 * MSS);
    void b.sent;
    return b;
  };

  it('bring the segment out again at the third, once', () => {
    const b = flight();
    b.ack(1);
    b.ack(1);
    expect(b.sent).toEqual([]);
    b.ack(1);
    expect(b.sent).toEqual([`data 1+${MSS} ack 1`]);
    b.ack(1);
    b.ack(1);
    expect(b.sent).toEqual([]);
  });

  it('halve the window', () => {
    const b = flight();
    for (let i = 0; i < 3; i++) b.ack(1);
    expect(b.sk.sender.congestion).toMatchObject({ snd_cwnd: 5, snd_ssthresh: 5 });
  });

  it('are none when they bring data or another window', () => {
    const b = flight();
    b.data(1, { ack: 1 });
    b.data(1, { ack: 1 });
    b.data(1, { ack: 1 });
    b.ack(1, { window_bytes: 128_000 });
    b.ack(1, { window_bytes: 192_000 });
    b.ack(1, { window_bytes: 256_000 });
    expect(b.sent.filter((line) => line.startsWith('data'))).toEqual([]);
  });

  it('are counted anew after an ACK that advances', () => {
    const b = flight();
    b.ack(1);
    b.ack(1);
    b.ack(1 + MSS);
    b.ack(1 + MSS);
    b.ack(1 + MSS);
    expect(b.sent).toEqual([]);
    b.ack(1 + MSS);
    expect(b.sent).toEqual([`data ${1 + MSS}+${MSS} ack 1`]);
  });

  it('lead on to the next hole when the ACK that comes is a partial one (RFC 6582)', () => {
    const b = flight();
    for (let i = 0; i < 3; i++) b.ack(1);
    void b.sent;
    b.ack(1 + 3 * MSS);
    expect(b.sent).toEqual([`data ${1 + 3 * MSS}+${MSS} ack 1`]);
    b.ack(1 + 8 * MSS);
    expect(b.sent).toEqual([]);
  });

  it('that are fewer than three leave the repair to the timer', () => {
    const b = flight();
    b.ack(1);
    b.ack(1);
    b.wait(299);
    expect(b.sent).toEqual([]);
    b.wait(1);
    expect(b.sent).toEqual([`data 1+${MSS} ack 1`]);
  });
});
