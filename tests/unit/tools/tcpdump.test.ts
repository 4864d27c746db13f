import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { pcap } from '#simulations/tools/pcap.ts';
import { tcpdump } from '#simulations/tools/tcpdump.ts';

const run = (given: Given) => connectTimeout.run(settleParameters(connectTimeout.parameters, given).values);
const lines = (given: Given) => tcpdump.lines(run(given)).map(({ text }) => text);
/** Port, sequence numbers and timestamps by a letter each, as they depend on the seed. */
const shape = (text: string) =>
  text.replaceAll(/192\.0\.2\.1\.\d+/g, '192.0.2.1.P').replaceAll(/(seq|ack|val|ecr) \d{2,}/g, '$1 N');

describe('tcpdump', () => {
  it('prints SYNs with the options of a Linux SYN', () => {
    const syn = 'IP 192.0.2.1.P > 192.0.2.2.10086: Flags [S], seq N, win 14600,';
    const options = 'options [mss 1460,sackOK,TS val N ecr 0,nop,wscale 7], length 0';
    const times = ['00:00:00', '00:00:01', '00:00:03', '00:00:07', '00:00:15', '00:00:31'];
    expect(lines({ kernel: '3.2' }).map(shape)).toEqual(times.map((at) => `${at}.000000 ${syn} ${options}`));
  });

  it('prints the window of the kernel: 14600, 29200, 64240', () => {
    for (const [kernel, window] of [
      ['3.2', 14600],
      ['4.14', 29200],
      ['6.12', 64240],
    ] as const)
      expect(lines({ kernel })[0]).toContain(` win ${window}, `);
  });

  it('prints a reset with sequence number 0 and the acknowledgement of the SYN', () => {
    const [syn, reset] = lines({ peer: 'refuses', rtt_ms: 24 });
    const seq = Number(/seq (\d+)/.exec(syn ?? '')?.[1]);
    expect(shape(reset ?? '')).toBe(
      '00:00:00.024000 IP 192.0.2.2.10086 > 192.0.2.1.P: Flags [R.], seq 0, ack N, win 0, length 0',
    );
    expect(reset).toContain(`ack ${(seq + 1) >>> 0},`);
  });

  it('prints the handshake, the ACK and the FIN relative to the first numbers', () => {
    expect(lines({ peer: 'listens', rtt_ms: 2 }).slice(1).map(shape)).toEqual([
      '00:00:00.002000 IP 192.0.2.2.10086 > 192.0.2.1.P: Flags [S.], seq N, ack N, win 65160, options [mss 1460,sackOK,TS val N ecr N,nop,wscale 7], length 0',
      '00:00:00.002000 IP 192.0.2.1.P > 192.0.2.2.10086: Flags [.], ack 1, win 502, options [nop,nop,TS val N ecr N], length 0',
      // The worker is done when it is connected: the kernel closes what it had.
      '00:00:00.002000 IP 192.0.2.1.P > 192.0.2.2.10086: Flags [F.], seq 1, ack 1, win 502, options [nop,nop,TS val N ecr N], length 0',
      '00:00:00.004000 IP 192.0.2.2.10086 > 192.0.2.1.P: Flags [.], ack 2, win 510, options [nop,nop,TS val N ecr N], length 0',
    ]);
  });

  it.each([
    ['rejects-net', 'ICMP net 192.0.2.2 unreachable'],
    ['rejects-host', 'ICMP host 192.0.2.2 unreachable'],
    ['rejects-port', 'ICMP 192.0.2.2 tcp port 10086 unreachable'],
    ['rejects-admin', 'ICMP host 192.0.2.2 unreachable - admin prohibited filter'],
  ])('prints the ICMP error of a peer that %s', (peer, text) => {
    expect(lines({ peer, rtt_ms: 2 })[1]).toBe(
      `00:00:00.002000 IP 192.0.2.2 > 192.0.2.1: ${text}, length 68`,
    );
  });

  it('prints ARP requests where no SYN can leave', () => {
    const ask = 'ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28';
    expect(lines({ peer: 'absent' })).toEqual([0, 1, 2].map((s) => `00:00:0${s}.000000 ${ask}`));
  });

  it('sees what leaves and arrives at the client, each at its own time there', () => {
    const times = lines({ peer: 'listens', rtt_ms: 2000, kernel: '6.1' }).map((line) => line.slice(6, 12));
    // SYN, SYN again, SYN-ACK with ACK and FIN; what answers the second SYN comes a second later. The timestamp in the
    // SYN-ACK tells of a round trip of 2 s, so the FIN does not go again before its ACK comes.
    expect(times.slice(0, 5)).toEqual(['00.000', '01.000', '02.000', '02.000', '02.000']);
    expect(times.slice(5)).toEqual(['03.000', '03.000', '04.000']);
    expect(lines({ peer: 'refuses', lose_first: 300, kernel: '6.1' })).toHaveLength(7);
  });

  it('tells the time of day since the run began', () => {
    const { syn_times_ms } = run({ tcp_syn_retries: 127, tcp_syn_linear_timeouts: 127 }).outcome;
    expect(syn_times_ms.at(-1)).toBe(14_534_000);
    expect(lines({ tcp_syn_retries: 127, tcp_syn_linear_timeouts: 127 }).at(-1)).toMatch(
      /^04:02:14\.000000 /,
    );
  });
});

describe('the real tcpdump', () => {
  const installed = spawnSync('tcpdump', ['--version']).status === 0;

  it.for<Given>([
    { kernel: '3.2' },
    { kernel: '6.12', seed: 4_294_967_295 },
    { peer: 'refuses', rtt_ms: 24, lose_first: 1 },
    { peer: 'listens', rtt_ms: 24 },
    { peer: 'listens', rtt_ms: 2500 },
    { peer: 'rejects-port' },
    { peer: 'rejects-host', rtt_ms: 0 },
    { peer: 'rejects-net', rtt_ms: 1500 },
    { peer: 'absent' },
    { peer: 'refuses', rtt_ms: 2500 },
    { peer: 'listens', rtt_ms: 1500, so_sndtimeo_ms: 500 },
    { peer: 'rejects-reset', rtt_ms: 24 },
    { peer: 'rejects-admin', rtt_ms: 24 },
    { family: 'inet6', peer: 'drops' },
    { family: 'inet6', peer: 'refuses', rtt_ms: 24, lose_first: 1 },
    { family: 'inet6', peer: 'listens', rtt_ms: 24 },
    { family: 'inet6', peer: 'rejects-reset' },
    { family: 'inet6', peer: 'rejects-port' },
    { family: 'inet6', peer: 'rejects-host' },
    { family: 'inet6', peer: 'rejects-net', rtt_ms: 1500 },
    { family: 'inet6', peer: 'rejects-admin' },
    { family: 'inet6', peer: 'absent' },
  ])('says the same of the capture file of %j', (given, { skip }) => {
    skip(!installed, 'tcpdump is not installed');
    const { stdout } = spawnSync('tcpdump', ['-n', '-r', '-'], {
      input: pcap(run(given)),
      env: { ...process.env, TZ: 'UTC' },
      encoding: 'utf8',
    });
    expect(stdout.trimEnd().split('\n')).toEqual(lines(given));
  });
});
