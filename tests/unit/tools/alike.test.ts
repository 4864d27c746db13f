/** Tools that print a few of what looks alike, and how many more there are. */
import { describe, expect, it } from 'vitest';
import { alike } from '#simulations/tools/alike.ts';
import { runCommand } from '#simulations/tools/commands.ts';
import { lookup, machine, process, tcp, thread } from './machine-state.ts';

const MOST = { most_alike: 3 };
const range = (length: number) => Array.from({ length }, (_, i) => i + 1);
/** Ten that no process has yet, and a hundred with a process. */
const waiting = range(10).map((cookie) => tcp({ cookie, inode: 0, recv_q_bytes: 300 }));
const stuck = range(100).map((i) => tcp({ cookie: 10 + i, state: 'CLOSE_WAIT', recv_q_bytes: 301 }));
const listener = tcp({
  cookie: 500,
  state: 'LISTEN',
  remote: { address: '0.0.0.0', port: 0 },
  recv_q_bytes: 10,
  send_q_bytes: 128,
});
const server = machine([...waiting, ...stuck, listener]);
const lines = (command: string) => runCommand(server, 0, command, MOST).stdout.trimEnd().split('\n');

describe('ss', () => {
  const expected = [
    /^State +Recv-Q/,
    /^LISTEN +10 +128 /,
    ...[1, 2, 3].map((i) => new RegExp(`^ESTAB +300 .*:4000${i}`)),
    /^# … and 7 more like it, in the accept queue: no process has them$/,
    ...[11, 12, 13].map((i) => new RegExp(`^CLOSE-WAIT +301 .*:400${i}`)),
    /^# … and 97 more like it$/,
  ];

  it('puts the listener first, then a few of each kind', () => {
    const printed = lines('ss -tanp');
    expect(printed).toHaveLength(expected.length);
    for (const [i, pattern] of expected.entries()) expect(printed[i]).toMatch(pattern);
  });

  it('says the same of the same sockets where an address or a port is asked for', () => {
    expect(lines("ss -tanp 'sport = :8080'")).toEqual(lines('ss -tanp'));
    expect(lines('ss -tan dport le :40010').at(-1)).toMatch(/and 7 more/);
  });

  it('leaves out what the states leave out', () => {
    expect(lines('ss -tn state close-wait').slice(-2)[0]).toMatch(/^301 .*:40013/);
    expect(lines('ss -tln')).toHaveLength(2);
  });

  it('prints all where nothing else is asked for', () => {
    expect(runCommand(server, 0, 'ss -tan').stdout.split('\n')).toHaveLength(1 + 111 + 1);
  });
});

describe('lsof', () => {
  it('puts sockets of a process together by their state', () => {
    const printed = lines('lsof -nP -p 2001');
    expect(printed.at(-2)).toBe('# … and 97 more like it');
    expect(printed.filter((line) => line.includes('CLOSE_WAIT'))).toHaveLength(3);
  });
});

describe('py-spy and strace', () => {
  const write = {
    name: 'write',
    args: { fd: 2, bytes: 120 },
    since_us: 0,
    wchan: 'pipe_write',
    deadline_us: null,
  };
  const frames = [{ function: 'log', file: 'server.py', line: 12 }];
  const threads = [
    thread({ frames: [{ function: 'main', file: 'server.py', line: 40 }] }),
    ...range(20).map((i) => thread({ tid: 2001 + i, name: `worker ${i}`, call: write, frames })),
  ];
  const busy = machine([], { processes: lookup([[2001, process([], threads)]]) });

  it('put threads together that are at the same place', () => {
    const printed = runCommand(busy, 0, 'py-spy dump --pid 2001', MOST).stdout;
    expect(printed.match(/^Thread/gm)).toHaveLength(4);
    expect(printed).toMatch(/\n# … and 17 more like worker 1\n$/);
  });

  it('put threads together that are in the same call', () => {
    const { stderr } = runCommand(busy, 0, 'strace -f -s 0 -p 2001', MOST);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'strace: Process 2001 attached with 21 threads',
      '[pid  2021] write(2, ""..., 120 <unfinished ...>',
      '[pid  2020] write(2, ""..., 120 <unfinished ...>',
      '[pid  2019] write(2, ""..., 120',
      '# … and 17 more like it',
    ]);
  });
});

describe('what looks alike', () => {
  it('stands where the first of it stood, and none is lost', () => {
    const groups = alike([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5], (n) => String(n % 2), 2);
    expect(groups).toEqual([
      { shown: [3, 1], more: 6 },
      { shown: [4, 2], more: 1 },
    ]);
  });
});
