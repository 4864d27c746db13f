import { describe, expect, it } from 'vitest';
import { PLAIN_ROUTE } from '#simulations/kernel/route.ts';
import {
  type RtoMinSocket,
  TCP_DELACK_MAX,
  TCP_RTO_MIN,
  tcp_delack_max,
  tcp_rto_min,
} from '#simulations/kernel/tcp/rto-min.ts';
import { Bench } from './bench.ts';

const socket = (more: Partial<RtoMinSocket> = {}): RtoMinSocket => ({
  kernel: { capsDelayedAck: true },
  dst: PLAIN_ROUTE,
  icsk_rto_min: TCP_RTO_MIN,
  icsk_delack_max: TCP_DELACK_MAX,
  ...more,
});
const routed = (rto_min_ms: number) => ({ dst: { quickack: false, rto_min_ms } });

describe('the least RTO (tcp_rto_min)', () => {
  it('is 200 ms, the socket’s own, or before both the route’s, in whole jiffies', () => {
    expect(tcp_rto_min(socket())).toBe(50);
    expect(tcp_rto_min(socket({ icsk_rto_min: 2 }))).toBe(2);
    expect(tcp_rto_min(socket({ icsk_rto_min: 2, ...routed(21) }))).toBe(6);
  });

  it('begins with the sysctl’s in a new socket, and stays when the sysctl changes', () => {
    const b = new Bench({ sysctl: { tcp_rto_min_us: 5000 } });
    b.connected();
    expect(b.sk.icsk_rto_min).toBe(2);
    b.machine.setSysctl('tcp_rto_min_us', 100_000);
    expect(b.sk.icsk_rto_min).toBe(2);
  });
});

describe('how long an ACK may wait (tcp_delack_max)', () => {
  it.each([
    ['200 ms less a jiffy', socket(), 49],
    ['a jiffy less than the route’s rto_min', socket(routed(20)), 4],
    ['one jiffy where rto_min is one or two', socket(routed(1)), 1],
    ['the socket’s own limit where that is less', socket({ icsk_delack_max: 3 }), 3],
    ['200 ms at most, however large rto_min is', socket(routed(1000)), 50],
    [
      'no less for rto_min on kernels without the cap',
      socket({ kernel: { capsDelayedAck: false }, ...routed(5) }),
      50,
    ],
  ])('is %s', (_words, sk, jiffies) => {
    expect(tcp_delack_max(sk)).toBe(jiffies);
  });

  it('cuts the delay of an ACK and what ss shows of it', () => {
    const b = new Bench({ kernel: '6.18' });
    const fd = b.connected();
    b.set(fd, 'TCP_DELACK_MAX_US', 12_000);
    b.data(10);
    b.read(fd);
    b.write(fd, 10);
    b.ack(11);
    void b.sent;
    b.data(10);
    b.wait(11.9);
    expect(b.sent).toEqual([]);
    b.wait(0.1);
    expect(b.sent).toEqual(['ACK 11 ack 21']);
    expect(b.call('getsockopt', { fd, option: 'TCP_INFO' })?.out?.value).toMatchObject({ tcpi_ato: 12_000 });
  });
});

describe('TCP_RTO_MIN_US and TCP_DELACK_MAX_US', () => {
  it.each(['TCP_RTO_MIN_US', 'TCP_DELACK_MAX_US'] as const)('%s takes two jiffies to 200 ms', (option) => {
    const b = new Bench({ kernel: '6.18' });
    const fd = b.connected();
    const set = (value: number) => b.value('setsockopt', { fd, option, value });
    expect([4000, 4001, 200_000, 200_001].map(set)).toEqual(['EINVAL', 0, 0, 'EINVAL']);
    set(5000);
    expect(b.call('getsockopt', { fd, option })?.out).toEqual({ value: 8000 });
  });

  it('are not there on 6.12', () => {
    const b = new Bench({ kernel: '6.12' });
    const fd = b.connected();
    expect(b.value('setsockopt', { fd, option: 'TCP_RTO_MIN_US', value: 5000 })).toBe('ENOPROTOOPT');
    expect(b.value('getsockopt', { fd, option: 'TCP_DELACK_MAX_US' })).toBe('ENOPROTOOPT');
  });
});

describe('a route with quickack 1', () => {
  it('has every ACK sent at once from the socket’s next segment on, and no longer once it is taken back', () => {
    const b = new Bench();
    const fd = b.connected();
    const reply = () => {
      b.read(fd);
      b.write(fd, 10);
      b.ack(b.sk.sender.queue.snd_nxt);
      void b.sent;
    };
    b.data(10);
    reply();
    b.machine.stack.route = { quickack: true, rto_min_ms: null };
    b.data(10);
    expect(b.sent).toEqual([]);
    reply();
    b.data(10);
    expect(b.sent).toEqual(['ACK 21 ack 31']);
    b.machine.stack.route = PLAIN_ROUTE;
    reply();
    b.data(10);
    expect(b.sent).toEqual([]);
  });
});

describe('a tail loss probe', () => {
  const SYSCTL = { tcp_early_retrans: 3, tcp_rto_min_us: 5000 };

  it('sends the last segment again when its ACK does not come within two round trips and rto_min', () => {
    const b = new Bench({ sysctl: SYSCTL });
    const fd = b.connected(10, { sackPermitted: true });
    b.write(fd, 10);
    expect(b.sentAt).toEqual(['10 data 1+10 ack 1']);
    b.wait(32);
    expect(b.sentAt).toEqual(['42 data 1+10 ack 1']);
  });

  it('sends what Nagle’s rule holds in its place, where there is some', () => {
    const b = new Bench({ sysctl: SYSCTL });
    const fd = b.connected(0, { sackPermitted: true });
    b.write(fd, 10);
    b.write(fd, 20);
    expect(b.sent).toEqual(['data 1+10 ack 1']);
    b.wait(12);
    expect(b.sentAt).toEqual(['12 data 11+20 ack 1']);
    expect(b.machine.stack.counters.state()).toMatchObject({ TcpExtTCPLossProbes: 1 });
  });

  it('goes out once; what is still unanswered waits for the RTO', () => {
    const b = new Bench({ sysctl: SYSCTL });
    const fd = b.connected(0, { sackPermitted: true });
    b.write(fd, 10);
    void b.sent;
    b.wait(24);
    expect(b.sentAt).toEqual(['12 data 1+10 ack 1', '24 data 1+10 ack 1']);
    expect(b.machine.stack.counters.state()).toMatchObject({ TcpExtTCPLossProbes: 1, TcpExtTCPTimeouts: 1 });
  });

  it.each([
    ['the peer does not offer SACK', SYSCTL, { sackPermitted: false }],
    ['tcp_early_retrans is 0', { ...SYSCTL, tcp_early_retrans: 0 }, { sackPermitted: true }],
  ])('does not go out where %s', (_words, sysctl, more) => {
    const b = new Bench({ sysctl });
    const fd = b.connected(0, more);
    b.write(fd, 10);
    b.write(fd, 20);
    b.wait(12);
    expect(b.sent).toEqual(['data 1+10 ack 1', 'data 1+10 ack 1']);
  });
});
