import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout.ts';
import { ss, timerText } from '#simulations/tools/ss.ts';

const trace = (given: Given) => connectTimeout.run(settleParameters(connectTimeout.parameters, given).values);

/** The socket's line of every state that ss shows, without the port that hangs on the seed. */
const sockets = (given: Given) =>
  ss.lines(trace(given)).map(({ text }) => {
    const [stamp, header, socket = ''] = text.split('\n');
    expect(header).toMatch(/^State +Recv-Q Send-Q +Local Address:Port +Peer Address:Port +Process$/);
    return `${stamp?.slice(2, 14)} ${socket.replaceAll(/ +/g, ' ').replace(/2\.1:\d+/, '2.1:P')}`.trim();
  });

describe('the timer in ss', () => {
  it.each([
    [4, '004ms'],
    [316, '316ms'],
    [1000, '1sec'],
    [1500, '1.500ms'],
    [3228, '3.228ms'],
    [8132, '8.132ms'],
    [9999, '9.999ms'],
    [15_400, '15sec'],
    [32_000, '32sec'],
    [60_000, '1min'],
    [64_000, '1min4sec'],
    [119_000, '1min59sec'],
    [120_000, '2min'],
    [605_000, '10min'],
  ])('of %i ms reads %s', (ms, text) => {
    expect(timerText(ms)).toBe(text);
  });
});

describe('ss -tanop', () => {
  it('shows SYN-SENT with one byte unsent, the timer that runs and how often it has fired', () => {
    const socket = 'SYN-SENT 0 1 192.0.2.1:P 192.0.2.2:10086 users:(("worker",pid=2001,fd=3))';
    expect(sockets({ kernel: '3.2', tcp_syncnt: 3 })).toEqual([
      `00:00:00.000 ${socket}`,
      `00:00:00.000 ${socket} timer:(on,1sec,0)`,
      `00:00:01.000 ${socket} timer:(on,2sec,1)`,
      `00:00:03.000 ${socket} timer:(on,4sec,2)`,
      `00:00:07.000 ${socket} timer:(on,8sec,3)`,
      '00:00:15.000',
    ]);
  });

  it('shows no retransmission timer on a connection that is up', () => {
    expect(sockets({ peer: 'listens', rtt_ms: 2 }).at(-1)).toBe(
      '00:00:00.002 ESTAB 0 0 192.0.2.1:P 192.0.2.2:10086 users:(("worker",pid=2001,fd=3))',
    );
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
    for (const line of sockets({ peer: 'absent' }).filter((line) => line.includes('SYN-SENT')))
      expect(line).toContain('192.0.2.1:P 192.0.2.2:10086');
  });

  it('shows one state at a time: each until the next', () => {
    const lines = ss.lines(trace({ kernel: '3.2' }));
    for (const [i, { until }] of lines.entries()) expect(until).toBe(lines[i + 1]?.event);
  });
});
