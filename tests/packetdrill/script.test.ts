import { describe, expect, it } from 'vitest';
import { parseScript, type Step } from './script.ts';

const parse = (text: string) => parseScript('a.pkt', text);
const only = (text: string): Step => {
  const [step, more] = parse(text).steps;
  if (!step || more) throw new Error('one step is expected');
  return step;
};

describe('the head of a script', () => {
  it('is a comment that says what it shows', () => {
    expect(parse('// A listener\n// drops a FIN.\n\n0 < F 0:0(0)').about).toBe('A listener drops a FIN.');
  });

  it('may set the tolerance, which else is 4 ms', () => {
    expect(parse('0 < F 0:0(0)').tolerance_us).toBe(4000);
    expect(parse('--tolerance_usecs=10000\n0 < F 0:0(0)').tolerance_us).toBe(10_000);
  });

  it('may set sysctls, several in one command', () => {
    const text =
      '`sysctl -q net.ipv4.tcp_sack=0\nsysctl -q net.ipv4.tcp_rmem="4096 8192 16384"; sysctl -w net.ipv4.tcp_ecn=0`';
    expect(parse(text).sysctls).toEqual([
      { name: 'tcp_sack', value: '0' },
      { name: 'tcp_rmem', value: '4096 8192 16384' },
      { name: 'tcp_ecn', value: '0' },
    ]);
  });
});

describe('the time of a step', () => {
  it.each([
    ['0.5', { kind: 'absolute', from_us: 500_000, to_us: 500_000 }],
    ['.5~1', { kind: 'absolute', from_us: 500_000, to_us: 1_000_000 }],
    ['+0', { kind: 'relative', from_us: 0, to_us: 0 }],
    ['+.1~+.25', { kind: 'relative', from_us: 100_000, to_us: 250_000 }],
    ['*', { kind: 'any' }],
  ])('is written %s', (time, when) => {
    expect(only(`${time} > . 1:1(0) ack 1`).when).toEqual(when);
  });

  it('has an end for a call that sleeps', () => {
    expect(only('+.1...0.3 read(3, ..., 10) = 10')).toMatchObject({
      when: { kind: 'relative', from_us: 100_000 },
      sleeps_us: 200_000,
    });
  });
});

describe('a segment', () => {
  it('has flags, numbers, a window and options', () => {
    expect(
      only('0 < S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 10 ecr 20,nop,wscale 7>'),
    ).toMatchObject({
      kind: 'inbound',
      packet: {
        kind: 'tcp',
        flags: 'S.',
        seq: 0,
        payload_bytes: 0,
        ack: 1,
        window: 65_535,
        options: [
          { kind: 'mss', value: 1460 },
          { kind: 'sackOK' },
          { kind: 'TS', val: 10, ecr: 20 },
          { kind: 'nop' },
          { kind: 'wscale', value: 7 },
        ],
      },
    });
  });

  it('may leave window and options open', () => {
    expect(only('0 > P. 1:101(100) ack 1 <...>')).toMatchObject({ packet: { window: null, options: null } });
    expect(only('0 > P. 1:101(100) ack 1')).toMatchObject({ packet: { window: null, options: null } });
  });

  it('may have no flags, and flags in any order', () => {
    expect(only('0 < - 5:5(0)')).toMatchObject({ packet: { flags: '' } });
    expect(only('0 < .PF 5:5(0) ack 1')).toMatchObject({ packet: { flags: 'FP.' } });
  });

  it('may carry selective acknowledgements', () => {
    expect(only('0 < . 1:1(0) ack 1 <nop,nop,sack 11:21 31:41>')).toMatchObject({
      packet: {
        options: [
          {},
          {},
          {
            kind: 'sack',
            blocks: [
              { start: 11, end: 21 },
              { start: 31, end: 41 },
            ],
          },
        ],
      },
    });
  });
});

it('reads an ICMP error and the segment that it is about', () => {
  expect(only('0 < icmp unreachable frag_needed mtu 1200 [1001:2001(1000)]')).toMatchObject({
    packet: { kind: 'icmp', code: 'frag_needed', mtu: 1200, about_seq: 1001 },
  });
});

describe('a system call', () => {
  it('has arguments and a value', () => {
    expect(only('0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3')).toMatchObject({
      call: { name: 'socket', args: { nonblocking: true } },
      expected: { value: 3, errno: null },
      sleeps_us: null,
    });
  });

  it('may fail', () => {
    expect(only('0 read(3, ..., 10) = -1 EAGAIN (Resource temporarily unavailable)')).toMatchObject({
      expected: { value: -1, errno: 'EAGAIN', out: {} },
    });
  });

  it('may have an address', () => {
    const to = '{sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("192.0.2.9")}';
    expect(only(`0 connect(3, ${to}, 16) = 0`)).toMatchObject({
      call: { args: { fd: 3, address: '192.0.2.9', port: 80 } },
    });
    expect(only('0 connect(3, ..., ...) = 0')).toMatchObject({
      call: { args: { address: null, port: null } },
    });
  });

  it('may write through pointers', () => {
    expect(only('0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 100) = 1')).toMatchObject({
      call: { args: { fds: [{ fd: 4, events: ['POLLIN', 'POLLOUT'] }], timeout_ms: 100 } },
      expected: { out: { revents: [['POLLOUT']] } },
    });
    expect(only('0 getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0')).toMatchObject({
      expected: { out: { value: 111 } },
    });
  });
});

it('reads what is asserted of struct tcp_info', () => {
  expect(only('0 %{ assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd\nassert tcpi_rto >= 200000 }%')).toMatchObject({
    checks: [
      { field: 'tcpi_snd_cwnd', operator: '==', value: 10 },
      { field: 'tcpi_rto', operator: '>=', value: 200_000 },
    ],
  });
});

it('passes comments over, and counts their lines', () => {
  const { steps } = parse('// one\n/* two\n three */ +0 < F 0:0(0) // four\n# five\n+0 < F 0:0(0)');
  expect(steps.map(({ line }) => line)).toEqual([3, 5]);
});

describe('a script that is wrong is refused with its line', () => {
  it.each([
    [
      '0 < S 0:0(0)\n\n+0 > Q 1:1(0)',
      'a.pkt:3: TCP flags (letters of SFRPEWU., or `-` for none) is expected here',
    ],
    ['0 < . 1:11(9) ack 1', 'a.pkt:1: from 1 to 11 are 10 bytes, not 9'],
    ['0 < . 1:1(0)', 'a.pkt:1: a segment with the flag `.` must say `ack NUMBER`'],
    ['0 < S 0:0(0) <mss 1460,foo>', 'a.pkt:1: no TCP option is called `foo`: known are mss'],
    [
      '0 < icmp unreachable nowhere',
      'a.pkt:1: no code of ICMP unreachable is called `nowhere`: known are net_unr',
    ],
    ['0 > icmp unreachable host_unreachable', 'a.pkt:1: ICMP can only come in'],
    ['\n0 splice(3) = 0', 'a.pkt:2: no system call `splice` is known here: known are socket,'],
    ['0 read(3, ..., 10)', 'a.pkt:1: `=` and what the call returns is expected here, not the end'],
    ['0 read(3, ..., 10) = -1', 'a.pkt:1: a call that returns -1 must name its errno'],
    ['0 read(3, ..., 10) = 5 EAGAIN', 'a.pkt:1: with EAGAIN a call returns -1'],
    ['0 listen(3, SOME) = 0', 'a.pkt:1: listen() takes a number there'],
    [
      '0 getsockopt(3, SOL_SOCKET, SO_ERROR, [EWHAT], [4]) = 0',
      'a.pkt:1: getsockopt() takes a number or the name',
    ],
    ['`ifconfig tun0 mtu 900`', 'a.pkt:1: the one command that is known is `sysctl -q net.ipv4.NAME=VALUE`'],
    ['0 %{ print(tcpi_rto) }%', 'a.pkt:1: the one statement that is known is `assert tcpi_FIELD == NUMBER`'],
    ['--ip_version=ipv6\n', 'a.pkt:1: `--tolerance_usecs=MICROSECONDS` (the one option that is known)'],
    ['0 < F 0:0(0)\n--tolerance_usecs=5', 'a.pkt:2: options (`--name=value`) stand before the first step'],
    ['.2~.1 > . 1:1(0) ack 1', 'a.pkt:1: a range of time must not end before it begins'],
    ['0...1 < F 0:0(0)', 'a.pkt:1: only a system call has a time at which it returns'],
    [
      'socket(..., SOCK_STREAM, 0) = 3',
      'a.pkt:1: a time in seconds (`1.5`, `+.1`, `+.1~+.2`, `*`) is expected',
    ],
  ])('%j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
