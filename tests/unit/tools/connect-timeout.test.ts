/** What ss and strace print of a worker in connect(). */
import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { tools } from '#simulations/incidents/connect-timeout/tools.ts';
import type { MachineState } from '#simulations/machine/state.ts';
import { runCommand } from '#simulations/tools/commands.ts';
import { finalLines } from '#simulations/tools/line.ts';
import type { Tool } from '#simulations/tools/tool.ts';

const trace = (given: Given) => connectTimeout.run(settleParameters(connectTimeout.parameters, given).values);
const toolNamed = (name: string): Tool => {
  const tool = tools.find((tool) => tool.name === name);
  if (!tool) throw new Error(`there is no tool "${name}"`);
  return tool;
};
const ss = toolNamed('ss');
const strace = toolNamed('strace');

describe('ss -tanop', () => {
  /** The socket's line at every moment that ss shows, without the port that depends on the seed. */
  const sockets = (given: Given) =>
    ss.lines(trace(given)).map(({ text }) => {
      const [stamp, header, socket = ''] = text.split('\n');
      expect(header).toMatch(/^State +Recv-Q Send-Q +Local Address:Port +Peer Address:Port *Process$/);
      return `${stamp?.slice(2, 14)} ${socket.replaceAll(/ +/g, ' ').replace(/2\.1:\d+/, '2.1:P')}`.trim();
    });
  const ENDS = '192.0.2.1:P 192.0.2.2:10086';
  const USERS = 'users:(("worker",pid=2001,fd=3))';

  it('shows SYN-SENT with one byte unsent, the timer that runs and how often it has fired', () => {
    const socket = `SYN-SENT 0 1 ${ENDS} ${USERS}`;
    expect(sockets({ kernel: '3.2', tcp_syncnt: 3 })).toEqual([
      '00:00:00.000',
      `00:00:00.000 ${socket}`,
      `00:00:00.000 ${socket} timer:(on,1sec,0)`,
      `00:00:01.000 ${socket} timer:(on,2sec,1)`,
      `00:00:03.000 ${socket} timer:(on,4sec,2)`,
      `00:00:07.000 ${socket} timer:(on,8sec,3)`,
      `00:00:15.000 ${socket}`,
      '00:00:15.000',
    ]);
  });

  it('shows no retransmission timer on a connection that is up', () => {
    const held = sockets({ peer: 'listens', rtt_ms: 2 }).filter((line) => line.includes('users:'));
    expect(held.at(-1)).toBe(`00:00:00.002 ESTAB 0 0 ${ENDS} ${USERS}`);
  });

  it('shows nothing once the socket is gone', () => {
    expect(sockets({ peer: 'refuses', rtt_ms: 2 }).at(-1)).toBe('00:00:00.002');
    expect(sockets({ kernel: '3.2', heartbeat_s: 60 }).at(-1)).toBe('00:01:00.000');
  });

  it('shows the timer shortened by TCP_USER_TIMEOUT', () => {
    const shown = sockets({ kernel: '6.1', tcp_user_timeout_ms: 2500 });
    expect(shown.filter((line) => line.includes('timer')).at(-1)).toContain('timer:(on,1.500ms,1)');
  });

  it('shows a local port in SYN-SENT also while ARP asks, as the port is taken before the SYN is made', () => {
    const shown = sockets({ peer: 'absent' }).filter((line) => line.includes('SYN-SENT'));
    expect(shown.length).toBeGreaterThan(0);
    for (const line of shown) expect(line).toContain(ENDS);
  });

  it('shows one state at a time: each until the next', () => {
    const lines = ss.lines(trace({ kernel: '3.2' }));
    for (const [i, { until }] of lines.entries()) expect(until).toBe(lines[i + 1]?.event);
  });
});

describe('a socket over IPv6', () => {
  const run = trace({ family: 'inet6' });
  const client = run.worldAt(run.events.findIndex(({ kind }) => kind === 'timer-set')).machines
    .client as MachineState;
  const printed = (line: string) =>
    runCommand(client, 0, line).stdout.replaceAll(/db8::1\]:\d+/g, 'db8::1]:P');
  const ENDS = '[2001:db8::1]:P [2001:db8::2]:10086';

  it('has its addresses in brackets, in ss and in lsof', () => {
    expect(printed('ss -tan').replaceAll(/ +/g, ' ')).toContain(`SYN-SENT 0 1 ${ENDS}`);
    expect(printed('lsof -nP -p 2001')).toMatch(
      /IPv6 .* TCP \[2001:db8::1\]:P->\[2001:db8::2\]:10086 \(SYN_SENT\)/,
    );
  });

  it.each([
    ['ss -tan6', true],
    ['ss -tan4', false],
    ['ss -tan dst [2001:db8::2]', true],
    ['ss -tan dst [2001:db8::2]:10086', true],
    ['ss -tan dst [2001:db8::2]:80', false],
    ['ss -tan dst [2001:db8::3]', false],
    ['ss -tan dst 192.0.2.2', false],
    ['netstat -tan', false],
    ['cat /proc/net/tcp', false],
  ])('%s: %s', (line, isShown) => {
    expect(printed(line).includes('2001:db8::2') || / 02 0000/.test(printed(line))).toBe(isShown);
  });
});

describe('strace -tt -T', () => {
  const PEER = '{sa_family=AF_INET, sin_port=htons(10086), sin_addr=inet_addr("192.0.2.2")}, 16';
  /** Without the blanks that put the result of a short call at column 40. */
  const printed = (given: Given) =>
    finalLines(strace.lines(trace({ kernel: '3.2', ...given }))).map(({ text }) =>
      text.replace(/ += /, ' = '),
    );

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
    const run = trace({ kernel: '3.2' });
    const [open, ended] = strace.lines(run).filter(({ text }) => text.includes('connect('));
    expect(open?.text).toBe(`00:00:00.000000 connect(3, ${PEER}`);
    expect(open?.until).toBe(ended?.event);
    expect(run.events[open?.event ?? -1]).toMatchObject({ kind: 'syscall', at_us: 0 });
    expect(run.events[ended?.event ?? -1]).toMatchObject({ kind: 'syscall-return', at_us: 63_000_000 });
  });
});
