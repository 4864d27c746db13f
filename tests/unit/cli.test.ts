import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { catalogue } from '#simulations/catalogue.ts';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { pcap } from '#simulations/tools/pcap.ts';

const cli = fileURLToPath(new URL('../../simulations/cli.ts', import.meta.url));
const execute = promisify(execFile);

/** `npm run --silent sim -- …` */
async function sim(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await execute(process.execPath, [cli, ...args], { maxBuffer: 1e8 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}
const values = (given: Given) => settleParameters(connectTimeout.parameters, given).values;

async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await sim(...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

describe('a run as JSON', () => {
  it('has simulation, parameters, outcome and events, and nothing else', async () => {
    const json = JSON.parse(await printed('connect-timeout', '--format', 'json', '--set', 'kernel=3.2'));
    expect(Object.keys(json)).toEqual(['simulation', 'parameters', 'outcome', 'events']);
    expect(json.simulation).toBe('connect-timeout');
    expect(json.parameters).toEqual(values({ kernel: '3.2' }));
    expect(json.outcome).toEqual({
      syn_times_ms: [0, 1000, 3000, 7000, 15_000, 31_000],
      errno: 'ETIMEDOUT',
      returned_at_ms: 63_000,
      killed_at_ms: null,
    });
    for (const event of json.events)
      expect(Object.keys(event)).toEqual([
        'index',
        'at_us',
        'actor',
        'kind',
        'data',
        'mark',
        'says',
        'beat',
        'decision',
      ]);
    expect(json.events.some(({ says }: { says: string }) => says.includes('*'))).toBe(false);
  });

  it('is the same twice, and has other numbers with another seed', async () => {
    const args = ['connect-timeout', '--format', 'json', '--set', 'seed=5'];
    const [first, second] = await Promise.all([printed(...args), printed(...args)]);
    expect(second).toBe(first);
    expect(await printed(...args.slice(0, 3), '--set', 'seed=6')).not.toBe(first);
  });
});

describe('the other formats', () => {
  it('print the run in words by default, with the outcome below and the verdict last', async () => {
    const text = await printed('connect-timeout', '--set', 'peer=refuses');
    expect(text).toBe(await printed('connect-timeout', '--set', 'peer=refuses', '--format', 'text'));
    expect(text).toMatch(/^0\.000 s {2}The first SYN goes out\./);
    expect(text).toMatch(
      /\n\nsyn_times_ms +0\nerrno +ECONNREFUSED\nreturned_at_ms +1\nkilled_at_ms +null\n\nAfter 1 ms the attempt failed with ECONNREFUSED: 1 SYN had been sent\.\n$/,
    );
  });

  it.each([
    ['tcpdump', /^00:00:00\.000000 IP 192\.0\.2\.1\.\d+ > 192\.0\.2\.2\.10086: Flags \[S\]/],
    ['strace', /^00:00:00\.000000 socket\(AF_INET/],
    ['ss', /^# 00:00:00\.000000\nState +Recv-Q Send-Q/],
  ])('print %s as the tool does', async (format, start) => {
    const text = await printed('connect-timeout', '--format', format);
    expect(text).toMatch(start);
    expect(text).toMatch(/[^\n]\n$/);
  });

  it('are those of the simulation: a server’s threads and connections have other tools', async () => {
    const text = await printed('close-wait-pipe', '--format', 'ss', '--set', 'duration_s=70');
    expect(text).toMatch(/^# 00:00:00\.000000\nState +Recv-Q Send-Q/);
    expect(text).toContain('CLOSE-WAIT 301    0          10.1.5.60:8080');
    expect(await printed('close-wait-pipe', '--format', 'py-spy')).toContain('log (server.py:12)');
    expect(await printed('close-wait-pipe', '--format', 'strace')).toContain('write(2, ""..., 120');
  });

  it('write the very bytes of the capture for pcap', async () => {
    const args = [cli, 'connect-timeout', '--format', 'pcap', '--set', 'peer=rejects-host'];
    const { stdout } = await execute(process.execPath, args, { encoding: 'buffer' });
    expect(new Uint8Array(stdout)).toEqual(pcap(connectTimeout.run(values({ peer: 'rejects-host' }))));
  });
});

describe('--preset', () => {
  it('sets what the preset says, and --set goes over it', async () => {
    const outcomeOf = async (...args: string[]) =>
      JSON.parse(await printed('connect-timeout', '--format', 'json', '--preset', 'post', ...args)).outcome;
    expect((await outcomeOf()).killed_at_ms).toBe(60_000);
    expect((await outcomeOf('--set', 'heartbeat_s=70')).returned_at_ms).toBe(63_000);
  });
});

describe('--list and --help', () => {
  it('list the simulations by name', async () => {
    const listed = (await printed('--list')).trimEnd().split('\n');
    expect(listed.map((line) => line.split(' ')[0])).toEqual(Object.keys(catalogue));
    for (const line of listed) expect(line).toMatch(/^\S+ +\S/);
  });

  it('explain the command without a name', async () => {
    const help = await printed('--help');
    for (const option of ['--set', '--preset', '--format', '--list', '--help'])
      expect(help).toContain(option);
    expect(await printed('-h')).toBe(help);
  });

  it('name every parameter of a simulation with range, unit, default and special values', async () => {
    const help = await printed('connect-timeout', '--help');
    const row = (name: string) => help.split(new RegExp(`^ {2}${name} `, 'm'))[1]?.split(/\n {2}\S/)[0] ?? '';
    const fallback = values({}) as Record<string, unknown>;
    for (const [name, parameter] of Object.entries(connectTimeout.parameters)) {
      expect(row(name), name).toContain(parameter.help);
      expect(row(name), name).toContain(`default ${fallback[name]}`);
      if ('unit' in parameter) expect(row(name), name).toContain(`(${parameter.unit})`);
      if (parameter.type === 'integer') expect(row(name), name).toContain(`from ${parameter.min} to `);
      if (parameter.type === 'choice')
        for (const choice of Object.keys(parameter.choices)) expect(row(name), name).toContain(choice);
    }
    expect(row('poll_timeout_ms')).toContain('-1 means for ever');
    expect(row('rtt_ms')).toContain('a whole number from 0 to 10000 (ms); default 1');
    for (const { id, help: says } of connectTimeout.presets) expect(row(id)).toContain(says);
    for (const field of ['syn_times_ms', 'errno', 'returned_at_ms', 'killed_at_ms'])
      expect(row(field), field).not.toBe('');
  });
});

describe('--do', () => {
  const kill = { at: 20, do: 'signal', machine: 'client', pid: 2001, signal: 'SIGKILL' };
  const tried = (action: object) => sim('connect-timeout', '--do', JSON.stringify({ at: 20, ...action }));

  it('does what a person does on the way, at the last event too', async () => {
    const retries = { at: 20, do: 'sysctl', machine: 'client', name: 'tcp_syn_retries', value: 2 };
    const text = await printed('connect-timeout', '--do', JSON.stringify(retries));
    expect(text).toContain('You set tcp_syn_retries to 2 on the client.');
    const json = JSON.parse(await printed('connect-timeout', '--format', 'json'));
    const last = JSON.stringify({ ...retries, at: json.events.length - 1 });
    expect(await printed('connect-timeout', '--do', last)).toContain('You set tcp_syn_retries to 2');
  });

  it('ends with exit code 2 where the run is over before an action is due', async () => {
    const late = JSON.stringify({ ...kill, at: 0, machine: 'server', wait_us: 1e12 });
    const { code, stdout, stderr } = await sim('close-wait-pipe', '--set', 'duration_s=1', '--do', late);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^cannot send SIGKILL .*: the run ends with event \d+, at 1 s, before this is due\n$/,
    );
  });

  it.each<[string, object, RegExp]>([
    [
      'an unknown sysctl',
      { do: 'sysctl', machine: 'client', name: 'tcp_syn', value: 2 },
      /there is tcp_syn_retries, /,
    ],
    [
      'a value that a sysctl cannot have',
      { do: 'sysctl', machine: 'client', name: 'tcp_syn_retries', value: -1 },
      /set tcp_syn_retries to -1 on the client: tcp_syn_retries takes whole numbers from 0/,
    ],
    ['an unknown machine', { ...kill, machine: 'router' }, /no machine "router"; there is client, server/],
    ['a process that is not there', { ...kill, pid: 1 }, /the client has no process 1; it has 2001/],
    ['an unknown signal', { ...kill, signal: 'SIGFOO' }, /no signal "SIGFOO" here; there is 0, SIGHUP, /],
    [
      'an unknown call',
      { do: 'call', machine: 'client', name: 'sock', args: {} },
      /cannot call sock\(\) on the client: there is no call "sock" here; there is accept, accept4, /,
    ],
    [
      'an event that there is not',
      { ...kill, at: 5000 },
      /cannot send SIGKILL .* the run ends with event \d+, at 131 s, before this is due: "at" is from 0 to \d+$/m,
    ],
    [
      'a process that is gone by then',
      { ...kill, wait_us: 1e9 },
      /cannot send SIGKILL .* the client has no process 2001; it has none$/m,
    ],
  ])('with %s: one line on standard error, exit code 2', async (_what, action, says) => {
    const { code, stdout, stderr } = await tried(action);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^[^\n]+\n$/);
  });
});

describe('misuse', () => {
  const ct = 'connect-timeout';
  it.each<[string, string[], RegExp]>([
    ['no simulation', [], /name a simulation: close-wait-pipe, connect-timeout/],
    [
      'an unknown simulation',
      ['nagle'],
      /no simulation "nagle": the simulations are close-wait-pipe, connect-timeout/,
    ],
    ["a name from Object's prototype", ['constructor'], /no simulation "constructor"/],
    ['an unknown simulation with --help', ['nagle', '--help'], /no simulation "nagle"/],
    ['two simulations', [ct, ct], /too many arguments/],
    ['an unknown option', [ct, '--speed'], /unknown option '--speed'/],
    ['an unknown format', [ct, '--format', 'xml'], /'xml' is invalid.*text, json, tcpdump, strace, ss, pcap/],
    ...['tcpdump', 'pcap'].map((format): [string, string[], RegExp] => [
      `${format} of a simulation without packets`,
      ['close-wait-pipe', '--format', format],
      /close-wait-pipe has nothing for --format (tcpdump|pcap): it can be text, json, py-spy, ss, /,
    ]),
    [
      'a tool that a simulation has not',
      [ct, '--format', 'py-spy'],
      /connect-timeout has nothing for --format py-spy/,
    ],
    ['a format that is missing', [ct, '--format'], /argument missing/],
    ['an unknown preset', [ct, '--preset', 'none'], /no preset "none": the presets are post, /],
    ['an empty preset', [ct, '--preset', ''], /no preset ""/],
    ['--set without a value', [ct, '--set', 'rtt_ms'], /--set takes name=value, not "rtt_ms"/],
    ['--set without a name', [ct, '--set', '=5'], /--set takes name=value, not "=5"/],
    ['--set without anything', [ct, '--set'], /argument missing/],
    [
      'an unknown parameter',
      [ct, '--set', 'rtt=5'],
      /no parameter "rtt": the parameters are kernel, family, peer, /,
    ],
    ["a parameter from Object's prototype", [ct, '--set', '__proto__=5'], /no parameter "__proto__"/],
    ['an empty value', [ct, '--set', 'rtt_ms='], /rtt_ms cannot be "": allowed is a whole number from 0 to/],
    ['a value out of range', [ct, '--set', 'tcp_syn_retries=128'], /a whole number from 1 to 127/],
    ['a number in another notation', [ct, '--set', 'rtt_ms=1e3'], /rtt_ms cannot be "1e3"/],
    ['a value with a line break', [ct, '--set', 'peer=a\nb'], /peer cannot be "a b"/],
    ['an unknown word', [ct, '--set', 'peer=gone'], /allowed is drops, refuses, listens, /],
    [
      'a sysctl that the kernel does not have',
      [ct, '--set', 'kernel=6.1', '--set', 'tcp_syn_linear_timeouts=4'],
      /tcp_syn_linear_timeouts cannot be "4": allowed is only 0/,
    ],
    ['several problems at once', [ct, '--set', 'rtt_ms=x', '--set', 'peer=y'], /peer cannot|rtt_ms cannot/],
  ])('%s: one line on standard error, exit code 2, nothing on standard output', async (_what, args, says) => {
    const { code, stdout, stderr } = await sim(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^[^\n]+\n$/);
  });
});
