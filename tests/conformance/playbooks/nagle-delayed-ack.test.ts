/** Each command of the playbook, run in the situation that it is for, and what the text says of its output. */
import { describe, expect, it } from 'vitest';
import { blocksOf, Playbook, type Printed, promtoolSays } from './playbook.ts';

const playbook = new Playbook('nagle-delayed-ack');
const CAPTURE = playbook.take('tcpdump');
const TIMERS = playbook.take('ss -tino');
const HEADER = 120;
const BODY = 400;

/** What cannot be had here: a container runtime and a cluster. `kubectl debug --help` has the options. */
const UNTRIED = [playbook.take('crictl inspect'), playbook.take('kubectl debug')];

interface Captured {
  /** Since the line before, in ms. */
  readonly after_ms: number;
  readonly from: string;
  readonly flags: string;
  readonly bytes: number;
}

const SERVER = '10.2.0.5';
const CLIENT = '10.1.1.1';

/** The lines of `tcpdump -ttt`. */
const linesOf = ({ stdout }: Printed): Captured[] =>
  [
    ...stdout.matchAll(
      /^ (\d\d):(\d\d):(\d\d\.\d{6}) IP (\d+\.\d+\.\d+\.\d+)\.\d+ > .*Flags \[([^\]]+)\].* length (\d+)$/gm,
    ),
  ].map(([, hours, minutes, seconds, from = '', flags = '', bytes]) => ({
    after_ms: (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000,
    from,
    flags,
    bytes: Number(bytes),
  }));

/**
 * Each line that begins with such a wait, with the one before and the one after it. A machine that is busy with other tests
 * makes more waits, so only those count that `isMeant` knows.
 */
function aroundWaits(
  printed: Printed,
  least_ms: number,
  most_ms: number,
  isMeant: (before: Captured, wait: Captured) => boolean,
): [Captured, Captured, Captured][] {
  const lines = linesOf(printed);
  return lines.flatMap((line, i) => {
    const [before, after] = [lines[i - 1], lines[i + 1]];
    const isWait = line.after_ms >= least_ms && line.after_ms <= most_ms;
    return isWait && before && after && isMeant(before, line)
      ? [[before, line, after] as [Captured, Captured, Captured]]
      : [];
  });
}

const is = (line: Captured, from: string, flags: string, bytes?: number): boolean =>
  line.from === from && line.flags === flags && (bytes === undefined || line.bytes === bytes);

describe('a server that answers in two writes, the situation of the playbook', () => {
  const commands = {
    sockets: playbook.take('ss -tnp'),
    capture: CAPTURE,
    socket: playbook.take('timeout 5 sh -c'),
    options: playbook.take('python3 nodelay.py'),
    writes: playbook.take('strace -f'),
    shell: playbook.take('nsenter -t PID -n'),
    count: playbook.take('nstat -n'),
    probe: playbook.take('timeout -s INT 10 bpftrace'),
    route: playbook.take('ip route show'),
    quick: playbook.take('ip route change'),
    sysctl: playbook.take('sysctl -w net.ipv4.tcp_pingpong_thresh=255'),
    undo: playbook.take('sysctl -w net.ipv4.tcp_pingpong_thresh=1'),
  };
  type Aid = Printed & { then_ms: number; undone_ms: number; before_ms: number; undo: Printed };

  it('every step finds what the text says, and first aid acts and is undone at once', ({ skip }) => {
    const printed = playbook.playOrSkip('stall', commands, skip);

    expect(printed.sockets.stdout).toMatch(
      /ESTAB .*10\.2\.0\.5:4242 .*users:\(\("python3",pid=\d+,fd=\d+\)\)/,
    );

    const waits = aroundWaits(printed.capture, 40, 60, (before) => is(before, SERVER, 'P.', HEADER));
    expect(waits.length).toBeGreaterThan(5);
    for (const [, wait, after] of waits) {
      expect(is(wait, CLIENT, '.', 0), JSON.stringify(wait)).toBe(true);
      expect(is(after, SERVER, 'P.', BODY), JSON.stringify(after)).toBe(true);
    }

    expect(printed.socket.stdout).toMatch(/ cwnd:\d\d.* unacked:1 .*notsent:400/);
    expect(printed.socket.stdout).not.toContain('nodelay');
    expect(printed.options.stdout).toMatch(
      /^fd \d+ {2}10\.2\.0\.5:4242 -> 10\.1\.1\.1:\d+ {2}TCP_NODELAY 0 {2}TCP_CORK 0$/m,
    );
    expect(printed.writes.stderr).toMatch(/sendto\((\d+), .*, 120, .*\n.*sendto\(\1, .*, 400, /);
    expect(printed.shell.stdout).toMatch(/ESTAB .*10\.2\.0\.5:4242[\s\S]*eth0@.*10\.1\.1\.2\/24/);

    const { requests } = printed.count as Printed & { requests: number };
    const delayed = Number(/TcpExtDelayedACKs\s+(\d+)/.exec(printed.count.stdout)?.[1]);
    expect(requests).toBeGreaterThan(100);
    expect(delayed / requests).toBeGreaterThan(0.9);
    expect(delayed / requests).toBeLessThan(1.1);

    const probe = printed.probe as Printed | null;
    if (probe) expect(probe.stdout).toMatch(/^@ms: \n(.*\n)*\[32, 64\) +\d{3} \|@{52}\|$/m);

    expect(printed.route.stdout.trim()).toBe('10.2.0.0/16 via 10.1.1.2 dev eth0 mtu 1400');
    const { before_ms } = printed.route as Aid;
    const { then_ms, undo, undone_ms, status } = printed.quick as Aid;
    expect([status, undo.status, printed.sysctl.status, printed.undo.status]).toEqual([0, 0, 0, 0]);
    expect(before_ms).toBeGreaterThan(40);
    expect(then_ms).toBeLessThan(20);
    expect(undone_ms).toBeGreaterThan(40);
    expect((printed.sysctl as Aid).then_ms).toBeLessThan(20);
    expect((printed.undo as Aid).then_ms).toBeGreaterThan(40);
  }, 120_000);
});

describe('the rows of step 1', () => {
  it('the client writes twice: the first part of the request, then the server’s bare ACK', ({ skip }) => {
    const { capture } = playbook.playOrSkip('the client writes twice', { capture: CAPTURE }, skip);
    const waits = aroundWaits(capture, 40, 60, (before) => is(before, CLIENT, 'P.', 40));
    expect(waits.length).toBeGreaterThan(5);
    for (const [, wait, after] of waits)
      expect([is(wait, SERVER, '.', 0), is(after, CLIENT, 'P.', 40)]).toEqual([true, true]);
  });

  it('a cork: the request, its ACK, and then the response; ss has timer:(persist', ({ skip }) => {
    const options = playbook.take('python3 nodelay.py');
    const { capture, timers, nodelay } = playbook.playOrSkip(
      'a cork',
      { capture: CAPTURE, timers: TIMERS, nodelay: options },
      skip,
    );
    const waits = aroundWaits(capture, 120, 280, (_, wait) => is(wait, SERVER, 'P.', HEADER + BODY));
    expect(waits.length).toBeGreaterThan(3);
    for (const [before] of waits) expect(is(before, SERVER, '.', 0)).toBe(true);
    expect(timers.stdout).toMatch(/timer:\(persist,[\s\S]*notsent:520/);
    expect(nodelay.stdout).toMatch(/TCP_NODELAY 0 {2}TCP_CORK 1$/m);
  });

  it('a cork and full segments: the client’s ACK of them, and about 200 ms later the last piece', ({
    skip,
  }) => {
    const { capture } = playbook.playOrSkip('a cork and a long response', { capture: CAPTURE }, skip);
    const waits = aroundWaits(capture, 180, 280, (_, wait) => is(wait, SERVER, 'P.') && wait.bytes < 1000);
    expect(waits.length).toBeGreaterThan(3);
    for (const [before] of waits) expect(is(before, CLIENT, '.', 0)).toBe(true);
    expect(
      linesOf(capture).filter((line) => is(line, SERVER, '.') && line.bytes > 1000).length,
    ).toBeGreaterThan(3);
  });

  it('a whole response, then a bare ACK: harmless', ({ skip }) => {
    const { capture } = playbook.playOrSkip('a whole response', { capture: CAPTURE }, skip);
    const waits = aroundWaits(capture, 40, 60, (_, wait) => is(wait, CLIENT, '.', 0));
    expect(waits.length).toBeGreaterThan(5);
    for (const [before, , after] of waits)
      expect([is(before, SERVER, 'P.', HEADER + BODY), is(after, CLIENT, 'P.')]).toEqual([true, true]);
  });

  it('a slow program: the request and its ACK, then the response, and no persist timer', ({ skip }) => {
    const calls = playbook.take('timeout 10 strace -f -r -T').replace('timeout 10', 'timeout 3');
    const printed = playbook.playOrSkip('a slow program', { capture: CAPTURE, timers: TIMERS, calls }, skip);
    const { capture, timers } = printed;
    const waits = aroundWaits(capture, 60, 150, (_, wait) => is(wait, SERVER, 'P.', HEADER + BODY));
    expect(waits.length).toBeGreaterThan(5);
    for (const [before] of waits) expect(is(before, SERVER, '.', 0)).toBe(true);
    expect(timers.stdout).not.toContain('persist');
    // What it waits for: a sleep of 120 ms.
    expect(printed.calls.stderr).toMatch(/nanosleep\(.* = 0 <0\.1\d+>/);
  });
});

describe('a program and its sidecar in one pod', () => {
  it('talk over lo, where the capture shows the same wait', ({ skip }) => {
    const { capture } = playbook.playOrSkip('a sidecar', { capture: CAPTURE.replace('eth0', 'lo') }, skip);
    const waits = aroundWaits(capture, 36, 60, (before) => before.bytes === HEADER);
    expect(waits.length).toBeGreaterThan(5);
    for (const [, wait, after] of waits)
      expect([wait.flags, wait.bytes, after.bytes]).toEqual(['.', 0, BODY]);
  });
});

describe('the alert', () => {
  const flag = blocksOf('nagle-delayed-ack', 'sh').find((block) => block.startsWith('--collector')) ?? '';
  const rules = blocksOf('nagle-delayed-ack', 'yaml').find((block) => block.startsWith('groups:')) ?? '';
  const DELAYED = 'node_netstat_TcpExt_DelayedACKs';
  const IN = 'node_netstat_Tcp_InSegs';

  it('has metrics that node_exporter gives with the chapter’s flag, and at the client a ratio above its threshold', ({
    skip,
  }) => {
    const printed = playbook.playOrSkip('node_exporter', { flag: flag.trim() }, skip).flag;
    const { client, server, default: names } = JSON.parse(printed.stdout);
    expect(names).toContain(IN);
    expect(names).not.toContain(DELAYED);
    for (const [metric = ''] of rules.matchAll(/node_netstat_\w+/g)) expect(client).toHaveProperty(metric);
    const threshold = Number(/> (0\.\d+)$/m.exec(rules)?.[1]);
    expect(client[DELAYED] / client[IN]).toBeGreaterThan(threshold * 1.5);
    expect(client[DELAYED] / 5).toBeGreaterThan(Number(/> (\d+)$/m.exec(rules)?.[1]) * 0.75);
    expect(server[DELAYED]).toBe(0);
  });

  it('is a rule that promtool takes', ({ skip }) => {
    const said = promtoolSays(rules);
    if (said === null) return skip('promtool is not installed');
    expect(said).toBe('');
  });
});

describe('two records of TLS', () => {
  it('wait as two writes do, and one does not', ({ skip }) => {
    const printed = playbook.playOrSkip('TLS', { waits: '' }, skip).waits;
    const { two, one }: { two: number[]; one: number[] } = JSON.parse(printed.stdout);
    expect(Math.min(...two.slice(1))).toBeGreaterThan(36);
    expect(Math.max(...one.slice(1))).toBeLessThan(20);
  });
});

describe('the playbook', () => {
  it('has no command that is not tried', () => {
    expect(UNTRIED).toHaveLength(2);
    expect(playbook.untaken).toEqual([]);
  });
});
