import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout.ts';
import { finalLines } from '#simulations/tools/line.ts';
import { strace } from '#simulations/tools/strace.ts';

const trace = (given: Given) =>
  connectTimeout.run(settleParameters(connectTimeout.parameters, { kernel: '3.2', ...given }).values);
const printed = (given: Given) => finalLines(strace.lines(trace(given))).map(({ text }) => text);

const PEER = '{sa_family=AF_INET, sin_port=htons(10086), sin_addr=inet_addr("192.0.2.2")}, 16';

describe('strace -tt -T', () => {
  it('shows how long connect() was blocked, and its errno in words', () => {
    expect(printed({})).toEqual([
      '00:00:00.000000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000000>',
      `00:00:00.000000 connect(3, ${PEER}) = -1 ETIMEDOUT (Connection timed out) <63.000000>`,
      '00:01:03.000000 close(3) = 0 <0.000000>',
      '00:01:03.000000 +++ exited with 0 +++',
    ]);
  });

  it.each([
    ['refuses', 'ECONNREFUSED (Connection refused) <0.024000>'],
    ['rejects-host', 'EHOSTUNREACH (No route to host) <0.024000>'],
    ['rejects-net', 'ENETUNREACH (Network is unreachable) <0.024000>'],
    ['absent', 'EHOSTUNREACH (No route to host) <3.000000>'],
  ])('ends connect() to a peer that %s with %s', (peer, end) => {
    expect(printed({ kernel: '6.12', peer, rtt_ms: 24 })[1]).toBe(
      `00:00:00.000000 connect(3, ${PEER}) = -1 ${end}`,
    );
  });

  it('shows SO_SNDTIMEO: EINPROGRESS, then EALREADY', () => {
    expect(printed({ so_sndtimeo_ms: 1500, connects: 2 }).slice(1, 4)).toEqual([
      '00:00:00.000000 setsockopt(3, SOL_SOCKET, SO_SNDTIMEO_OLD, "\\1\\0\\0\\0\\0\\0\\0\\0 \\241\\7\\0\\0\\0\\0\\0", 16) = 0 <0.000000>',
      `00:00:00.000000 connect(3, ${PEER}) = -1 EINPROGRESS (Operation now in progress) <1.500000>`,
      `00:00:01.500000 connect(3, ${PEER}) = -1 EALREADY (Operation already in progress) <1.500000>`,
    ]);
  });

  // What strace 6.1 printed for a struct timeval of that length.
  it.each([
    [200, '\\0\\0\\0\\0\\0\\0\\0\\0@\\r\\3\\0\\0\\0\\0\\0'],
    [19, '\\0\\0\\0\\0\\0\\0\\0\\08J\\0\\0\\0\\0\\0\\0'],
    [30, '\\0\\0\\0\\0\\0\\0\\0\\0000u\\0\\0\\0\\0\\0\\0'],
    [5000, '\\5\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [9038, '\\t\\0\\0\\0\\0\\0\\0\\0p\\224\\0\\0\\0\\0\\0\\0'],
    [10_000, '\\n\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [11_013, '\\v\\0\\0\\0\\0\\0\\0\\0\\3102\\0\\0\\0\\0\\0\\0'],
    [12_345, '\\f\\0\\0\\0\\0\\0\\0\\0\\250C\\5\\0\\0\\0\\0\\0'],
    [34_000, '\\"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [92_000, '\\\\\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [127_000, '\\177\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [300_000, ',\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
  ])('prints the bytes of a timeout of %i ms as strace does: %s', (so_sndtimeo_ms, bytes) => {
    expect(printed({ so_sndtimeo_ms })[1]).toContain(`SO_SNDTIMEO_OLD, "${bytes}", 16) = 0`);
  });

  it('shows options of TCP as numbers', () => {
    expect(printed({ tcp_user_timeout_ms: 2500, tcp_syncnt: 1 }).slice(1, 3)).toEqual([
      '00:00:00.000000 setsockopt(3, SOL_TCP, TCP_USER_TIMEOUT, [2500], 4) = 0 <0.000000>',
      '00:00:00.000000 setsockopt(3, SOL_TCP, TCP_SYNCNT, [1], 4) = 0 <0.000000>',
    ]);
  });

  it('shows a non-blocking connect, poll() and SO_ERROR', () => {
    const given = { nonblocking: true, poll_timeout_ms: 1000 };
    const at = '00:00:00.000000';
    expect(printed({ ...given, tcp_syncnt: 1, connects: 2, poll_timeout_ms: 2000 }).slice(2, 7)).toEqual([
      `${at} connect(3, ${PEER}) = -1 EINPROGRESS (Operation now in progress) <0.000000>`,
      `${at} poll([{fd=3, events=POLLOUT}], 1, 2000) = 0 (Timeout) <2.000000>`,
      `00:00:02.000000 connect(3, ${PEER}) = -1 EALREADY (Operation already in progress) <0.000000>`,
      '00:00:02.000000 poll([{fd=3, events=POLLOUT}], 1, 2000) = 1 ([{fd=3, revents=POLLOUT|POLLERR|POLLHUP}]) <1.000000>',
      '00:00:03.000000 getsockopt(3, SOL_SOCKET, SO_ERROR, [ETIMEDOUT], [4]) = 0 <0.000000>',
    ]);
    expect(printed({ ...given, peer: 'listens' }).slice(0, 4)).toEqual([
      `${at} socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_IP) = 3 <0.000000>`,
      `${at} connect(3, ${PEER}) = -1 EINPROGRESS (Operation now in progress) <0.000000>`,
      `${at} poll([{fd=3, events=POLLOUT}], 1, 1000) = 1 ([{fd=3, revents=POLLOUT}]) <0.001000>`,
      '00:00:00.001000 getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0 <0.000000>',
    ]);
  });

  it('shows a killed worker in the middle of its call', () => {
    expect(printed({ heartbeat_s: 60 }).slice(1)).toEqual([
      `00:00:00.000000 connect(3, ${PEER}) = ?`,
      '00:01:00.000000 +++ killed by SIGKILL +++',
    ]);
  });

  it('shows a call without its end while it is blocked, until the line with its end takes its place', () => {
    const run = trace({});
    const [open, ended] = strace.lines(run).filter(({ text }) => text.includes('connect('));
    expect(open?.text).toBe(`00:00:00.000000 connect(3, ${PEER}`);
    expect(open?.until).toBe(ended?.event);
    expect(run.events[open?.event ?? -1]).toMatchObject({ kind: 'syscall', at_us: 0 });
    expect(run.events[ended?.event ?? -1]).toMatchObject({ kind: 'syscall-return', at_us: 63_000_000 });
  });
});
