/** Each command of the playbook, run in the situation that it is for, and what the text says of its output. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Playbook, type Printed } from './playbook.ts';

const playbook = new Playbook('connect-timeout');
const WAITING = playbook.take('ss -tanop');
const KILL = playbook.take('ss -tK');
const BLOCK = playbook.take('ip route add');
const UNBLOCK = playbook.take('ip route del');
const SYSCTL = playbook.take('sysctl -w net.ipv4.tcp_syn_retries');
const CAPTURE = playbook.take("tcpdump -ni any '(host");
const CAPTURE_IPV6 = playbook.take("tcpdump -ni any 'ip6");
const RESET = playbook.take("tcpdump -nvi any 'host");
const RESET_IPV6 = playbook.take("tcpdump -nvi any 'ip6");

/**
 * What cannot be had here: a container runtime and a cluster (`kubectl debug --help` has the options). And a sysctl that is
 * the whole machine’s, not a namespace’s: a test must not change it.
 */
const UNTRIED = ['crictl inspect', 'kubectl debug', 'sysctl -w net.netfilter.nf_conntrack_max'].map(
  (begins) => playbook.take(begins),
);

/** A worker's connect(): its errno and how long it took, or that it still sleeps. */
interface Result {
  readonly errno: string | null;
  readonly after_ms: number | null;
}
type Told = Printed & Result;

const play = <Name extends string, Out = Record<Name, Told>>(
  situation: string,
  commands: Readonly<Record<Name, string>>,
  skip: (reason: string) => never,
): Out => playbook.playOrSkip<Name, Out>(situation, commands, skip);

const count = (text: string, pattern: RegExp): number => text.match(new RegExp(pattern, 'g'))?.length ?? 0;

describe('a worker that hangs in connect() to a silent peer', () => {
  it('is found, ended, and kept from hanging again', ({ skip }) => {
    const printed = play(
      'silent',
      {
        waiting: WAITING,
        asleep: playbook.take('cat /proc/PID/task'),
        how_long: playbook.take('sysctl net.ipv4'),
        conntrack: playbook.take('sysctl net.netfilter'),
        shell: playbook.take('nsenter'),
        kill: KILL,
        block: BLOCK,
        unblock: UNBLOCK,
      },
      skip,
    ) as Record<string, Told>;
    const { waiting, asleep, how_long, conntrack, shell, kill } = printed as Record<string, Told>;

    expect(waiting?.stdout).toMatch(
      /192\.0\.2\.3:4242 users:\(\("python3",pid=\d+,fd=\d+\)\) timer:\(on,\d+ms,0\)/,
    );
    expect(asleep?.stdout).toContain('inet_stream_connect');
    expect(how_long?.stdout).toBe('net.ipv4.tcp_syn_retries = 6\nnet.ipv4.tcp_syn_linear_timeouts = 4\n');
    expect(conntrack?.stdout).toMatch(
      /^net\.netfilter\.nf_conntrack_count = \d+\nnet\.netfilter\.nf_conntrack_max = \d+\n$/,
    );
    expect(shell?.stdout, 'a shell in the worker’s network').toContain('192.0.2.3:4242 users:');

    // First aid: what hangs ends now, with ECONNABORTED, and ss lists it.
    expect([kill?.status, kill?.errno]).toEqual([0, 'ECONNABORTED']);
    expect(kill?.stdout).toContain('192.0.2.3:4242');
    expect(printed.killed_again?.stdout, 'nothing is left to destroy').not.toContain('192.0.2.3:4242');

    // The route is for new calls; one that hangs sleeps on. Taken back, calls hang as before.
    expect(printed.block?.status).toBe(0);
    expect(printed.new?.errno).toBe('EHOSTUNREACH');
    expect(printed.new?.after_ms).toBeLessThan(500);
    expect(printed.hanging?.errno).toBe('still asleep');
    expect(printed.unblock?.status).toBe(0);
    expect(printed.after?.errno).toBe('still asleep');
  });

  it('over IPv6: the same commands, brackets and all', ({ skip }) => {
    const printed = play(
      'silent6',
      { waiting: WAITING, kill: KILL, block: BLOCK, unblock: UNBLOCK },
      skip,
    ) as Record<string, Told>;
    expect(printed.waiting?.stdout).toContain('[2001:db8::3]:4242 users:');
    expect(printed.kill?.errno).toBe('ECONNABORTED');
    expect(printed.kill?.stdout).toContain('[2001:db8::3]:4242');
    expect([printed.block?.status, printed.unblock?.status]).toEqual([0, 0]);
    expect(printed.new?.errno).toBe('EHOSTUNREACH');
  });

  it('returns at its own time when the route was taken away, with EHOSTUNREACH', ({ skip }) => {
    const { worker } = play<'block', { worker: Result }>('blocked_to_the_end', { block: BLOCK }, skip);
    expect(worker.errno).toBe('EHOSTUNREACH');
    expect(worker.after_ms).toBeGreaterThanOrEqual(3000);
  });

  it('ends at its next try when the sysctl is lowered', ({ skip }) => {
    const printed = play<'sysctl', { sysctl: Printed; as_written: Printed; worker: Result }>(
      'lowered',
      { sysctl: SYSCTL },
      skip,
    );
    expect(printed.as_written.stdout).toBe('net.ipv4.tcp_syn_retries = 3\n');
    expect(printed.worker.errno).toBe('ETIMEDOUT');
    // After the second SYN comes a wait of 2 s. With one retry the attempt then ends, where it had gone on to 127 s.
    expect(printed.worker.after_ms).toBeGreaterThanOrEqual(3000);
    expect(printed.worker.after_ms).toBeLessThan(4000);
  });

  it('that has SO_SNDTIMEO is interrupted by strace', ({ skip }) => {
    const told = play<'strace', Result>('interrupted', { strace: 'strace -p PID' }, skip);
    expect(told.errno).toBe('EINTR');
  });
});

describe('an unreachable route', () => {
  it('takes the way from a connection that is up, until it is taken back', ({ skip }) => {
    const printed = play<'block' | 'unblock', { before: string; arrived: boolean; arrived_then: boolean }>(
      'established',
      { block: BLOCK, unblock: UNBLOCK },
      skip,
    );
    expect(printed).toMatchObject({ before: 'before', arrived: false, arrived_then: true });
  });
});

/** What the captures show of each kind of peer; all are made at the first question. */
let captured: Record<string, { capture: Told; reset?: Told }> | undefined;
function peer(situation: string, skip: (reason: string) => never): { capture: Told; reset?: Told } {
  captured ??= play<'inet' | 'inet6', Record<string, { capture: Told; reset?: Told }>>(
    'captures',
    {
      inet: JSON.stringify({ capture: CAPTURE, reset: RESET }),
      inet6: JSON.stringify({ capture: CAPTURE_IPV6, reset: RESET_IPV6 }),
    },
    skip,
  );
  const found = captured[situation];
  if (!found) throw new Error(`there is no situation "${situation}"`);
  return found;
}

describe('what the peer says', () => {
  const SYN = /Flags \[S\],/;
  it.for<[string, RegExp, string]>([
    // situation, what the capture has, what connect() has said after two tries
    ['drops inet', /Flags \[S\],[\s\S]*Flags \[S\],/, 'still asleep'],
    ['drops inet6', /Flags \[S\],[\s\S]*Flags \[S\],/, 'still asleep'],
    ['refuses inet', /Flags \[R\.\], seq 0, ack \d+, win 0/, 'ECONNREFUSED'],
    ['refuses inet6', /Flags \[R\.\], seq 0, ack \d+, win 0/, 'ECONNREFUSED'],
    ['rejects-reset inet', /Flags \[R\.\], seq 0, ack \d+, win 0/, 'ECONNREFUSED'],
    ['rejects-reset inet6', /Flags \[R\.\], seq 0, ack \d+, win 0/, 'ECONNREFUSED'],
    ['rejects-port inet', /ICMP 192\.0\.2\.3 tcp port 4242 unreachable/, 'ECONNREFUSED'],
    ['rejects-port inet6', /ICMP6, destination unreachable, unreachable port/, 'ECONNREFUSED'],
    ['rejects-host inet', /ICMP host 192\.0\.2\.3 unreachable/, 'EHOSTUNREACH'],
    ['rejects-host inet6', /ICMP6, destination unreachable, unreachable address/, 'EHOSTUNREACH'],
    ['rejects-net inet', /ICMP net 192\.0\.2\.3 unreachable/, 'ENETUNREACH'],
    ['rejects-net inet6', /ICMP6, destination unreachable, unreachable route/, 'ENETUNREACH'],
    ['rejects-admin inet', /ICMP host 192\.0\.2\.3 unreachable - admin prohibited filter/, 'EHOSTUNREACH'],
    ['rejects-admin inet6', /ICMP6, destination unreachable, {2}unreachable prohibited/, 'EACCES'],
    [
      'input drops',
      /Flags \[S\],[\s\S]*Flags \[S\.\],[\s\S]*Flags \[S\],[\s\S]*Flags \[S\.\],/,
      'still asleep',
    ],
  ])('%s', ([situation, expected, errno], { skip }) => {
    const { capture } = peer(situation, skip);
    expect(capture.stdout).toMatch(expected);
    expect(count(capture.stdout, SYN)).toBeGreaterThanOrEqual(1);
    expect(capture.errno).toBe(errno);
  });

  it.for<[string, RegExp]>([
    ['absent inet', /who-has 192\.0\.2\.3/],
    ['absent inet6', /neighbor solicitation, who has 2001:db8::3/],
  ])('%s: requests, and no SYN', ([situation, expected], { skip }) => {
    const { capture } = peer(situation, skip);
    expect(count(capture.stdout, expected)).toBeGreaterThanOrEqual(2);
    expect(capture.stdout).not.toMatch(SYN);
  });

  it('nothing at all, where this host drops the SYN', ({ skip }) => {
    const { capture } = peer('output drops', skip);
    expect([capture.stdout.trim(), capture.errno]).toEqual(['', 'still asleep']);
  });
});

describe('who sent the reset', () => {
  it.for<[string, RegExp]>([
    ['inet', /ttl (\d+)/],
    ['inet6', /hlim (\d+)/],
  ])(
    '%s: the hops left tell the host from the firewall on the way; the numbers are 0 and 0 of both',
    ([family, hops], { skip }) => {
      const left = ['refuses', 'rejects-reset'].map((kind) => {
        const { stdout = '' } = peer(`${kind} ${family}`, skip).reset ?? {};
        expect(stdout).toMatch(/Flags \[R\.\], .*seq 0, ack \d+, win 0, length 0/);
        expect(stdout).not.toMatch(/Flags \[S\]/);
        return Number(hops.exec(stdout)?.[1]);
      });
      expect(Number(left[1])).toBe(Number(left[0]) + 1);
    },
  );
});

describe('the tracepoints of the chapter', () => {
  const chapter = readFileSync('content/incidents/connect-timeout/index.mdx', 'utf8');
  const [begun = '', again = '', failed = ''] = [...chapter.matchAll(/^bpftrace .*$/gm)].map(
    ([line]) => line,
  );

  it('name who connects, whose SYNs go out again, and what ends without a connection', ({ skip }) => {
    const printed = play<
      'begun' | 'again' | 'failed',
      Record<'begun' | 'again' | 'failed', Printed> & { port: number; pids: number[]; errno: string[] }
    >('live', { begun, again, failed }, skip);
    const trace = JSON.stringify(printed, null, 1);
    const counted = ({ stdout }: Printed) =>
      Number(stdout.split(`[::ffff:192.0.2.3, ${printed.port}]: `)[1]?.match(/^\d+/)?.[0]);
    expect(printed.errno, trace).toEqual(['ETIMEDOUT', 'ETIMEDOUT', 'EINPROGRESS']);
    for (const pid of printed.pids)
      expect(printed.begun.stdout, trace).toContain(`python3 ${pid} ::ffff:192.0.2.3 ${printed.port}`);
    // Two SYNs of each that times out are sent again, and one of the third unless it is closed first.
    expect([4, 5], trace).toContain(counted(printed.again));
    expect(counted(printed.failed), trace).toBe(3);
  });
});

describe('no socket in SYN-SENT', () => {
  it('a name: the lookup takes seconds, and who waits for the name server has a row', ({ skip }) => {
    const { lookup, servers, known, asking } = play<
      'lookup' | 'servers' | 'asking',
      Record<'lookup' | 'servers' | 'asking' | 'known', Printed>
    >(
      'nameless',
      {
        lookup: playbook.take('time nsenter'),
        servers: playbook.take('cat /proc/PID/root'),
        asking: playbook.take('ss -uanp'),
      },
      skip,
    );
    expect([lookup.stdout, lookup.status]).toEqual(['', 2]);
    expect(lookup.stderr).toMatch(/^real\s+0m[2-9]\.\d+s$/m);
    expect(servers.stdout).toContain('nameserver 127.0.0.1\n');
    expect(known.stdout).toMatch(/ STREAM /);
    expect(known.stderr).toMatch(/^real\s+0m0\.\d+s$/m);
    expect(asking.stdout).toMatch(/127\.0\.0\.1:53 .*users:\(\("getent",/);
  });

  it('an answer: the connection is up, with the peer in its row; the port is in the peer’s list', ({
    skip,
  }) => {
    const { up, route, listening } = play(
      'mute',
      {
        up: playbook.take('ss -tnop state established'),
        route: playbook.take('ip route get'),
        listening: playbook.take('ss -tlnp'),
      },
      skip,
    );
    expect(up.stdout).toMatch(/192\.0\.2\.3:4242 users:\(\("python3",/);
    expect(route.stdout).toMatch(/^192\.0\.2\.3 dev c0 /);
    expect(listening.stdout).toMatch(/:4242 /);
  });
});

describe('a rule, and rp_filter', () => {
  it('the rule that drops and the one that rejects stand in the ruleset, the SYN in the table', ({
    skip,
  }) => {
    const { here, there, fills } = play<'rules' | 'fills', Record<'here' | 'there' | 'fills', Printed>>(
      'rules',
      { rules: playbook.take('nft list ruleset'), fills: playbook.take('conntrack -L') },
      skip,
    );
    expect(here.stdout).toMatch(/hook input [\s\S]*tcp sport 4242 drop/);
    expect(there.stdout).toMatch(/reject with icmp (type )?host-unreachable/);
    expect(fills.stdout).toMatch(/^ *1 SYN_(SENT|RECV)$/m);
  });

  it('an answer that comes another way is dropped and counted, until rp_filter is loose', ({ skip }) => {
    const printed = play<
      'filters' | 'dropped' | 'loose',
      Record<'filters' | 'dropped' | 'loose' | 'before', Printed> & { was_up: boolean; is_up: boolean }
    >(
      'another_way',
      {
        filters: playbook.take('sysctl -a'),
        dropped: playbook.take('nstat'),
        loose: playbook.take('sysctl -w net.ipv4.conf.all.rp_filter=2'),
      },
      skip,
    );
    const count = ({ stdout }: Printed) => Number(/TcpExtIPReversePathFilter\s+(\d+)/.exec(stdout)?.[1]);
    expect(printed.filters.stdout).toContain('net.ipv4.conf.all.rp_filter = 1\n');
    expect(printed.filters.stdout).not.toContain('arp_filter');
    expect([printed.was_up, printed.is_up]).toEqual([false, true]);
    expect(count(printed.before)).toBe(0);
    expect(count(printed.dropped)).toBeGreaterThanOrEqual(2);
  });
});

it('takes every command of the playbook', () => {
  expect(UNTRIED).toHaveLength(3);
  expect(playbook.untaken).toEqual([]);
});
