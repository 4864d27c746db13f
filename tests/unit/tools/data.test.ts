import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { tools } from '#simulations/incidents/nagle-delayed-ack/tools.ts';
import { finalLines } from '#simulations/tools/line.ts';
import { pcap } from '#simulations/tools/pcap.ts';
import { tcpdump } from '#simulations/tools/tcpdump.ts';
import type { Tool } from '#simulations/tools/tool.ts';
import { run, situations } from './nagle-runs.ts';

const toolNamed = (name: string): Tool => {
  const tool = tools.find((tool) => tool.name === name);
  if (!tool) throw new Error(`there is no tool "${name}"`);
  return tool;
};
const client = toolNamed('strace');
const server = toolNamed('strace-server');
/** Without the time, and without the blanks that put the result of a short call at column 40. */
const calls = (tool: Tool, given: Parameters<typeof run>[0]) =>
  finalLines(tool.lines(run(given))).map(({ text }) =>
    text.slice('00:00:00.000000 '.length).replace(/ += /, ' = '),
  );

describe('tcpdump of data', () => {
  const lines = tcpdump.lines(run({ rtt_ms: 1, requests: 2 })).map(({ text }) => text);

  it('prints the range of the data, what is acknowledged, and its length', () => {
    expect(lines[3]).toMatch(
      /^00:00:00\.001000 IP 192\.0\.2\.1\.\d+ > 192\.0\.2\.2\.8080: Flags \[P\.\], seq 1:81, ack 1, win \d+, options \[nop,nop,TS val \d+ ecr \d+\], length 80: HTTP$/,
    );
    expect(lines.find((line) => line.includes('length 120'))).toContain('seq 1:121, ack 81,');
  });

  it('prints a FIN with its number, and the data that it takes along', () => {
    expect(lines.some((line) => /Flags \[F\.\], seq \d+, ack/.test(line))).toBe(true);
    const short = tcpdump.lines(run({ rtt_ms: 1, server_closes_after_response: true, requests: 1 }));
    expect(short.some(({ text }) => /Flags \[FP\.\], seq 121:521, .* length 400/.test(text))).toBe(true);
  });

  const installed = spawnSync('tcpdump', ['--version']).status === 0;
  it.for(situations)('is what the real tcpdump says of the capture file of %j', (given, { skip }) => {
    skip(!installed, 'tcpdump is not installed');
    const { stdout } = spawnSync('tcpdump', ['-n', '-r', '-'], {
      input: pcap(run(given)),
      env: { ...process.env, TZ: 'UTC' },
      encoding: 'utf8',
      maxBuffer: 1e8,
    });
    expect(stdout.trimEnd().split('\n')).toEqual(tcpdump.lines(run(given)).map(({ text }) => text));
  });

  it.for(situations)('has right checksums over its data, says the real one: %j', (given, { skip }) => {
    skip(!installed, 'tcpdump is not installed');
    const { stdout } = spawnSync('tcpdump', ['-nv', '-r', '-'], {
      input: pcap(run(given)),
      encoding: 'utf8',
    });
    expect(stdout).toContain('(correct)');
    expect(stdout).not.toContain('incorrect');
  });
});

describe('strace of two processes', () => {
  it('shows the server’s life, and of buffers only their sizes', () => {
    expect(calls(server, { rtt_ms: 1, requests: 1 })).toEqual([
      'socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000000>',
      'bind(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("0.0.0.0")}, 16) = 0 <0.000000>',
      'listen(3, 128) = 0 <0.000000>',
      'accept(3, NULL, NULL) = 4 <0.001500>',
      'read(4, ""..., 65536) = 80 <0.000000>',
      'write(4, ""..., 120) = 120 <0.000000>',
      'write(4, ""..., 400) = 400 <0.000000>',
      'read(4, "", 65536) = 0 <0.002000>',
      'close(4) = 0 <0.000000>',
      'close(3) = 0 <0.000000>',
      '+++ exited with 0 +++',
    ]);
  });

  it.each([
    ['writev', 'writev(4, [{iov_base=""..., iov_len=120}, {iov_base=""..., iov_len=400}], 2) = 520'],
    ['msg-more', 'sendto(4, ""..., 120, MSG_MORE, NULL, 0) = 120'],
    ['cork', 'setsockopt(4, SOL_TCP, TCP_CORK, [0], 4) = 0'],
    ['one', 'write(4, ""..., 520) = 520'],
  ])('shows how a server that writes with %s does it', (server_writes, call) => {
    expect(calls(server, { server_writes, rtt_ms: 1, requests: 1 })).toContain(`${call} <0.000000>`);
  });

  it('shows the client’s options and its pause', () => {
    const found = calls(client, { client_quickack: 'always', gap_ms: 1050, requests: 2, rtt_ms: 1 });
    expect(found).toContain('setsockopt(3, SOL_TCP, TCP_QUICKACK, [1], 4) = 0 <0.000000>');
    expect(found).toContain(
      'clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=50000000}, NULL) = 0 <1.050000>',
    );
  });

  it('shows a read() that sleeps without its buffer', () => {
    const open = client.lines(run({ rtt_ms: 1, requests: 1 })).find(({ text }) => / read\(/.test(text));
    expect(open?.text).toMatch(/ read\(3, $/);
  });
});

describe('ss -tanoi', () => {
  const shown = (name: string, given: Parameters<typeof run>[0] = { rtt_ms: 1, requests: 3 }) =>
    toolNamed(name)
      .lines(run(given))
      .map(({ text }) => text);

  it('shows bytes that have not been sent, and those that nobody has acknowledged', () => {
    const held = shown('ss-server').find((text) => text.includes('notsent:400'));
    expect(held).toMatch(/^# 00:00:00\.001500\nState {2}Recv-Q Send-Q /);
    expect(held).toMatch(/\nESTAB {2}0 {6}520 +192\.0\.2\.2:8080 +192\.0\.2\.1:\d+ timer:\(on,\d+ms,0\)\n/);
    expect(held).toMatch(
      /\n\t ts sack wscale:7,7 rto:\d+ rtt:1\/0\.5 ato:40 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:10 bytes_sent:120 bytes_received:80 segs_out:2 segs_in:3 data_segs_out:1 data_segs_in:1 send 115840000bps( lastsnd:\d+)?( lastrcv:\d+)?( lastack:\d+)? unacked:1 rcv_ssthresh:65160 notsent:400 minrtt:1 snd_wnd:64256$/,
    );
  });

  it('counts the SYN as acknowledged at the end that sent one, as the kernel does', () => {
    const last = shown('ss').findLast((text) => text.includes('\nESTAB'));
    expect(last).toContain(' bytes_sent:240 bytes_acked:241 ');
  });

  it('knows the window probe that ends a cork', () => {
    expect(shown('ss-server', { rtt_ms: 1, server_writes: 'cork-forever', requests: 1 }).join()).toMatch(
      /timer:\(persist,20\dms,0\)/,
    );
  });
});

describe.each(tools)('the lines of $name', (tool) => {
  it.each(situations)('belong to events that exist, in their order: %j', (given) => {
    const trace = run(given);
    const lines = tool.lines(trace);
    expect(lines.length).toBeGreaterThan(0);
    for (const { event, until, text } of lines) {
      expect(trace.events[event]?.index).toBe(event);
      if (until !== undefined) expect(until).toBeGreaterThan(event);
      expect(text).not.toMatch(/undefined|NaN|null|\[object/);
    }
    const order = lines.map(({ event }) => event);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});
