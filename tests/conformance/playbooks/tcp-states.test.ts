/** Every command of the page about the eleven states, among sockets of every kind, and what the page says of its output. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Playbook, promtoolSays } from './playbook.ts';

const playbook = new Playbook('tcp-states');

/** What `tcp-states.py` puts on each port. */
const PORTS = {
  notReading: 1001,
  gone: 1002,
  orphan: 1003,
  idle: 1004,
  closed: 1005,
  over: 1006,
  crowded: 1007,
  bound: 1008,
  half: 1009,
} as const;

const COMMANDS = {
  count: playbook.take('ss -tanH | awk'),
  closeWait: playbook.take('ss -tanop state close-wait'),
  closeWaitQueues: playbook.take('ss -tanp state close-wait'),
  finWait2: playbook.take('ss -tanop state fin-wait-2'),
  finWait1: playbook.take('ss -tano state fin-wait-1'),
  lastAck: playbook.take('ss -tano state last-ack'),
  timeWait: playbook.take('ss -tanH state time-wait'),
  synSent: playbook.take('ss -tanop state syn-sent'),
  drops: playbook.take('nstat -az'),
  listeners: playbook.take('ss -tlnp'),
  established: playbook.take('ss -tanpio state established'),
  // Not on the page.
  all: 'ss -tan',
  version: 'ss -V',
};

const played = playbook.play('every state', COMMANDS);

describe.skipIf(typeof played === 'string')('among sockets of every kind', () => {
  const stdout = (name: keyof typeof COMMANDS): string =>
    typeof played === 'string' ? '' : played[name].stdout;
  /** The line of a command about a port, at the end named. */
  const line = (name: keyof typeof COMMANDS, port: number, end: 'local' | 'peer'): string =>
    stdout(name)
      .split('\n')
      .find((line) =>
        new RegExp(end === 'local' ? `:${port} +[\\d.]+:[\\d*]+` : `\\S+:\\d+ +\\S+:${port}\\b`).test(line),
      ) ?? '';

  test('the count has every state', () => {
    const states = [...stdout('count').matchAll(/^ +\d+ (\S+)$/gm)].map(([, state]) => state);
    expect(states).toEqual(
      expect.arrayContaining([
        'ESTAB',
        'LISTEN',
        'CLOSE-WAIT',
        'FIN-WAIT-1',
        'FIN-WAIT-2',
        'TIME-WAIT',
        'SYN-SENT',
      ]),
    );
  });

  test('a connection in CLOSE-WAIT has a program and no timer, and 1 in Recv-Q for the end that nobody has read', () => {
    expect(line('closeWait', PORTS.closed, 'local')).toMatch(/^1 .*users:/);
    expect(line('closeWait', PORTS.closed, 'local')).not.toContain('timer:');
    expect(line('closeWaitQueues', PORTS.closed, 'local')).toMatch(/^1 /);
  });

  test('FIN-WAIT-2 is an orphan with a timer, or a program without one', () => {
    expect(line('finWait2', PORTS.closed, 'peer')).toMatch(/timer:\(timewait,\d+sec,0\)/);
    expect(line('finWait2', PORTS.closed, 'peer')).not.toContain('users:');
    expect(line('finWait2', PORTS.half, 'peer')).toContain('users:');
    expect(line('finWait2', PORTS.half, 'peer')).not.toContain('timer:');
  });

  test('a FIN that nobody acknowledges is 1 in Send-Q, and is sent again', () => {
    expect(line('finWait1', PORTS.orphan, 'peer')).toMatch(/^0 +1 .*timer:\(on,\S+,[1-9]\d*\)/);
  });

  test('TIME-WAIT is counted by peer', () => {
    expect(stdout('timeWait')).toMatch(new RegExp(`^ +\\d+ 127\\.0\\.0\\.1:${PORTS.over}$`, 'm'));
  });

  test('a full accept queue holds one more than Send-Q says, ignores SYNs, and counts that', () => {
    expect(line('listeners', PORTS.crowded, 'local')).toMatch(/^LISTEN +6 +5 /);
    expect(line('synSent', PORTS.crowded, 'peer')).toMatch(/^0 +1 .*timer:\(on,/);
    expect(stdout('drops')).toMatch(/^TcpExtListenOverflows +[1-9]/m);
  });

  test('Send-Q that stays is a peer that does not acknowledge, or one that does not read', () => {
    expect(line('established', PORTS.gone, 'peer')).toMatch(/^0 +100 .*timer:\(on,\S+,[1-9]\d*\)/);
    expect(line('established', PORTS.notReading, 'peer')).toMatch(/^0 +[1-9]\d{5,} .*timer:\(persist,/);
    expect(line('established', PORTS.notReading, 'local')).toMatch(/^[1-9]\d{4,} +0 /);
  });

  test('an idle connection with keep-alive waits two hours, and one without has no timer', () => {
    expect(line('established', PORTS.idle, 'peer')).toMatch(/timer:\(keepalive,1(19|20)min,0\)/);
    expect(line('established', PORTS.idle, 'local')).not.toContain('timer:');
  });

  test('LAST-ACK is asked for without an error', () => {
    expect(stdout('lastAck')).toContain('Recv-Q');
  });

  test('a socket that is bound and no more is UNCONN to a new ss, and nothing to an older one', ({
    skip,
  }) => {
    const [, major, minor] = /iproute2-(\d+)\.(\d+)/.exec(stdout('version')) ?? [];
    const version = Number(major) * 100 + Number(minor);
    const shown = new RegExp(`^UNCONN .*:${PORTS.bound} `, 'm').test(stdout('all'));
    if (version > 601 && version < 615) return skip('not known of this version');
    expect(shown).toBe(version >= 615);
  });
});

test('bpftrace counts the transitions, and TIME_WAIT as CLOSE', ({ skip }) => {
  const printed = playbook.playOrSkip('transitions', { counts: playbook.take('bpftrace -e') }, skip);
  const seen = [...printed.counts.stdout.matchAll(/^@\[(\d+), (\d+)\]: \d+$/gm)].map(
    ([, from, to]) => `${from} ${to}`,
  );
  expect(seen).toEqual(
    expect.arrayContaining(['7 2', '2 1', '3 1', '1 4', '4 5', '5 7', '1 8', '8 9', '9 7']),
  );
  expect(seen.filter((pair) => pair.endsWith(' 6'))).toEqual([]);
}, 60_000);

test('the rule is one that promtool takes, and names states as node_exporter does', ({ skip }) => {
  const page = readFileSync(
    new URL('../../../content/reference/tcp-states/index.mdx', import.meta.url),
    'utf8',
  );
  const [, rules = ''] = /^```yaml[^\n]*\n([\s\S]*?)^```$/m.exec(page) ?? [];
  expect(rules).toContain('node_tcp_connection_states{state=~"close_wait|fin_wait1|last_ack|syn_sent"}');
  const said = promtoolSays(rules);
  if (said === null) return skip('promtool is not installed');
  expect(said).toBe('');
});

test('the page has no command that is not tried', () => {
  expect(playbook.untaken).toEqual([]);
});
