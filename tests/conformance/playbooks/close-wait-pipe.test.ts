/** Every command of close-wait-pipe's playbook, in the situation that it is for, and what the text says of its output. */
import { afterAll, describe, expect, test } from 'vitest';
import { blocksOf, Playbook, type Printed, promtoolSays } from './playbook.ts';

const SITUATION_ms = 120_000;
/** Of the situations: the workers of the server, and what its clients send. */
const WORKERS = 10;
const REQUEST_bytes = 300;
const LINE_bytes = 4096;

const playbook = new Playbook('close-wait-pipe');

const whose = playbook.take('ss -Htan state close-wait | awk');
const listener = playbook.take('ss -tlnp');
const owners = playbook.take('ss -tanp state close-wait');
const recvQ = playbook.take("ss -Htan state close-wait '( sport");
const wchans = playbook.take('for t in /proc/PID/task');
const thread = playbook.take('grep -ls pipe_write');
const call = playbook.take('cat /proc/PID/task/TID/syscall');
const holders = playbook.take('lsof +E -a -p PID -d 2');
const inFlight = playbook.take("grep -ls 'scm_fds");

/**
 * The first three need a cluster, which no test machine has, and the others a journald of the machine’s own: what these do is
 * from their own documentation.
 */
const UNTRIED = [
  'crictl inspect',
  'kubectl get pod',
  'kubectl debug',
  'systemctl status systemd-journald',
  'systemctl restart systemd-journald',
].map((begins) => playbook.take(begins));

/** Lines of `uniq -c`: how many, by what. */
const counts = ({ stdout }: Printed): Record<string, number> =>
  Object.fromEntries(
    [...stdout.matchAll(/^ *(\d+) (.*)$/gm)].map(([, count, what]) => [what ?? '', Number(count)]),
  );

/** A test in a situation; skipped, with the reason, where the machine cannot make it. */
function inSituation<Name extends string>(
  says: string,
  situation: string,
  commands: Record<Name, string>,
  check: (printed: Record<Name, Printed & Record<string, unknown>>) => void,
): void {
  test(
    says,
    ({ skip }) => {
      check(
        playbook.playOrSkip<Name, Record<Name, Printed & Record<string, unknown>>>(situation, commands, skip),
      );
    },
    SITUATION_ms,
  );
}

describe('ten workers that log to a full pipe', () => {
  inSituation(
    'are found step by step',
    'full pipe',
    { whose, listener, owners, recvQ, wchans, thread, call, holders },
    ({ whose, listener, owners, recvQ, wchans, thread, call, holders }) => {
      const port = Object.keys(counts(whose))[0] ?? '';
      expect(port).toBe('127.0.0.1:8080');
      expect(listener.stdout).toMatch(/LISTEN +0 +128 .*users:\(\("server",pid=\d+,fd=3\)\)/);
      expect(owners.stdout).toMatch(/users:\(\("server",pid=/);
      // 1 for as many as there are threads, a request and 1 for the pile.
      const { '1': read = 0, [REQUEST_bytes + 1]: unread = 0, ...others } = counts(recvQ);
      expect([read, others]).toEqual([WORKERS, {}]);
      expect(unread).toBe((counts(whose)[port] ?? 0) - WORKERS);
      expect(unread).toBeGreaterThan(WORKERS);
      expect(Object.entries(counts(wchans))).toEqual(
        expect.arrayContaining([
          [expect.stringMatching(/^(anon_)?pipe_write$/), WORKERS],
          ['inet_csk_accept', 1],
        ]),
      );
      expect(thread.stdout).toMatch(/^\/proc\/\d+\/task\/\d+\/wchan\n$/);
      expect(call.stdout).toMatch(process.arch === 'arm64' ? /^64 0x2 / : /^1 0x2 /);
      expect(holders.stdout).toMatch(/^reader +\d+ \w+ +\d+r +FIFO .*server,2w/m);
    },
  );

  inSituation(
    'are found in a container, from outside',
    'container',
    {
      whose,
      inside: playbook.take('nsenter -t PID -n ss'),
      wchans,
      holders,
    },
    ({ whose, inside, wchans, holders }) => {
      expect(whose.stdout).not.toContain('127.0.0.1:8080');
      expect(Object.keys(counts(inside))).toEqual(['127.0.0.1:8080']);
      expect(Object.values(counts(wchans))).toContain(WORKERS);
      expect(holders.stdout).toMatch(/^reader .*r +FIFO/m);
    },
  );

  inSituation(
    'wait for the log’s lock where only one of them is in write()',
    'one lock',
    { wchans, thread },
    ({ wchans, thread }) => {
      const { inet_csk_accept, ...sleepers } = counts(wchans);
      expect(inet_csk_accept).toBe(1);
      expect(Object.entries(sleepers).sort((a, b) => a[1] - b[1])).toEqual([
        [expect.stringMatching(/^(anon_)?pipe_write$/), 1],
        [expect.stringMatching(/^futex_/), WORKERS - 1],
      ]);
      expect(thread.stdout.split('\n')).toHaveLength(2);
    },
  );

  inSituation(
    'sleep too when the read end is in flight: lsof shows only writers, and fdinfo shows it',
    'in flight',
    { wchans, holders, inFlight },
    ({ wchans, holders, inFlight }) => {
      expect(Object.values(counts(wchans))).toContain(WORKERS);
      expect(holders.stdout).toMatch(/server +\d+ \w+ +2w +FIFO/);
      expect(holders.stdout).not.toMatch(/\d+r +FIFO/);
      expect(inFlight.stdout).toMatch(/^\/proc\/\d+\/fdinfo\/\d+$/m);
      expect(inFlight.stderr).toBe('');
    },
  );
});

describe('EPIPE', () => {
  inSituation(
    'is seen call by call, no reader is at the pipe, and the writes succeed while a cat reads',
    'nobody reads, and clients come',
    {
      calls: playbook.take('timeout 20 strace'),
      holders: playbook.take('lsof +E -a -p PID -d 1,2'),
      started: playbook.take('ps -o pid,ppid'),
      drain: playbook.take('setsid nohup cat'),
    },
    (printed) => {
      const { calls, holders, started, drain } = printed;
      const { parent } = printed as unknown as { parent: { pid: number } };
      expect(calls.stderr.match(/write\(2, .* = -1 EPIPE \(Broken pipe\)/g)).toHaveLength(5);
      expect(holders.stdout).toMatch(/server +\d+ \w+ +2w +FIFO/);
      expect(holders.stdout).not.toMatch(/\d+r +FIFO/);
      expect(started.stdout).toMatch(new RegExp(`^ *\\d+ +${parent.pid} `, 'm'));
      expect(drain.kept_bytes).toBe(5 * LINE_bytes);
    },
  );
});

describe('other reasons for CLOSE-WAIT', () => {
  inSituation(
    'a log daemon that does not read: a socket, and no pipe',
    'full socket',
    { recvQ, wchans, thread, holders },
    ({ recvQ, wchans, thread, holders }) => {
      expect(counts(recvQ)['1']).toBe(WORKERS);
      expect(Object.entries(counts(wchans))).toContainEqual([
        expect.stringMatching(/^(sock_alloc_send_pskb|unix_)/),
        WORKERS,
      ]);
      expect(thread.stdout).toBe('');
      expect(holders.stdout).toMatch(/server +\d+ \w+ +2u +unix .*type=STREAM/);
    },
  );

  inSituation(
    'with nobody at the read end nothing blocks, and nothing piles up',
    'nobody reads',
    { recvQ, wchans, holders },
    ({ recvQ, wchans, holders }) => {
      expect(counts(recvQ)).toEqual({});
      expect(Object.keys(counts(wchans)).join()).not.toContain('pipe_write');
      expect(holders.stdout).toMatch(/server +\d+ \w+ +2w +FIFO/);
      expect(holders.stdout).not.toMatch(/\d+r +FIFO/);
    },
  );

  inSituation(
    'a program that forgets to close: a pile with 0, and threads that wait for work',
    'forgets',
    { recvQ, wchans },
    ({ recvQ, wchans }) => {
      expect(Object.keys(counts(recvQ))).toEqual(['0']);
      expect(counts(recvQ)['0']).toBeGreaterThan(WORKERS);
      expect(Object.entries(counts(wchans))).toContainEqual([expect.stringMatching(/^futex_/), WORKERS]);
    },
  );

  inSituation(
    'a loop: a thread without a function that it sleeps in, at the top of top',
    'loops',
    { wchans, top: playbook.take('top -H -p PID') },
    ({ wchans, top }) => {
      expect(counts(wchans)['0']).toBeGreaterThanOrEqual(1);
      expect(top.stdout).toMatch(/ R +\d+/);
      expect(top.stdout).toContain('server');
    },
  );
});

describe('the line of code', () => {
  inSituation('is in py-spy’s dump', 'full pipe', { dump: playbook.take('py-spy dump') }, ({ dump }) => {
    expect(dump.stdout.match(/write_line \(close-wait-pipe\.py:\d+\)/g)).toHaveLength(WORKERS);
  });

  inSituation(
    'is in jstack’s, in a thread called RUNNABLE',
    'Java',
    { dump: playbook.take('jstack') },
    ({ dump }) => {
      const main = /^"main"[\s\S]*?\n\n/m.exec(dump.stdout)?.[0] ?? '';
      expect(main).toContain('State: RUNNABLE');
      expect(main).toContain('writeBytes');
      expect(main).toContain('Log.writeLine(Log.java:');
    },
  );

  inSituation(
    'is in Go’s, with pprof and with dlv',
    'Go',
    { pprof: playbook.take("curl 'localhost:6060/debug/pprof"), dlv: playbook.take('dlv attach') },
    ({ pprof, dlv }) => {
      expect(pprof.stdout).toContain('main.writeLine');
      expect(dlv.stdout).toContain('main.writeLine');
    },
  );

  inSituation('is in gdb’s', 'C', { dump: playbook.take('gdb -p PID') }, ({ dump }) => {
    expect(dump.stdout).toMatch(/in write_line \(\) at log\.c:\d+/);
  });
});

describe('first aid', () => {
  inSituation(
    'by systemd-run reads the pipe as a service, the pile goes, and it ends when it is stopped',
    'systemd',
    { drain: playbook.take('systemd-run'), stop: playbook.take('systemctl stop') },
    ({ drain, stop }) => {
      expect(drain).toMatchObject({ status: 0, left_behind: 0 });
      expect(drain.kept_bytes).toBeGreaterThan(65_536);
      expect(drain.reader).toMatch(/^\/system\.slice\/drain-\d+\.service$/);
      expect(stop).toMatchObject({ status: 0, readers: 0 });
    },
  );

  inSituation(
    'by a cat in the background reads the pipe, and the pile goes',
    'first aid',
    { drain: playbook.take('setsid nohup cat') },
    ({ drain }) => {
      expect(drain).toMatchObject({ status: 0, left_behind: 0 });
      expect(drain.kept_bytes).toBeGreaterThan(65_536);
    },
  );
});

describe('in Docker', () => {
  inSituation(
    'the PID is the node’s, and the shim reads; a stopped dockerd makes the writer sleep, after two pipes of log',
    'docker',
    { pid: playbook.take('docker inspect'), holders },
    ({ pid, holders }) => {
      expect(pid.stdout).toMatch(/^\d+\n$/);
      expect(holders.stdout).toMatch(/^container +\d+ \w+ +\d+r +FIFO/m);
      expect(pid.swallowed_bytes).toBeGreaterThanOrEqual(2 * 65_536);
      expect(pid.swallowed_bytes).toBeLessThan(3 * 65_536);
      expect(pid).toMatchObject({
        slept: true,
        went_on_with_cat: true,
        went_on_with_dockerd: true,
        broken_without_shim: true,
      });
    },
  );
});

describe('bpftrace, without kprobes', () => {
  const commands = blocksOf('close-wait-pipe', 'sh')
    .map((block) => block.trim())
    .filter((block) => block.startsWith('bpftrace '));
  const [writes = '', growth = ''] = commands;

  inSituation(
    'shows the writes that do not come back, and how CLOSE-WAIT grows',
    'bpftrace',
    { writes, growth },
    ({ writes, growth }) => {
      expect(commands).toHaveLength(2);
      expect(writes.stdout.match(/^@at\[\d+\]: \d+$/gm)).toHaveLength(WORKERS);
      expect(writes.stdout).toContain('@us:');
      expect(Number(/^@\[8080\]: (\d+)$/m.exec(growth.stdout)?.[1])).toBeGreaterThan(WORKERS);
    },
  );
});

describe('the alerts', () => {
  const rules = blocksOf('close-wait-pipe', 'yaml').find((block) => block.startsWith('groups:')) ?? '';

  inSituation(
    'have metrics that node_exporter and its own process give; those of the host do not count the pod',
    'node_exporter',
    { metrics: '' },
    ({ metrics }) => {
      const { close_wait, pod, host } = JSON.parse(metrics.stdout);
      const named = [...rules.matchAll(/\b(?:node|process)_\w+(?:\{[^}]*\})?/g)].map(([name]) => name);
      expect(named).toHaveLength(4);
      for (const name of named) expect(Object.keys(pod)).toContain(name);
      const CLOSE_WAIT = 'node_tcp_connection_states{state="close_wait"}';
      expect(close_wait).toBeGreaterThan(WORKERS);
      expect(pod[CLOSE_WAIT]).toBe(close_wait);
      expect(host[CLOSE_WAIT]).toBeUndefined();
    },
  );

  test('are rules that promtool takes', ({ skip }) => {
    const said = promtoolSays(rules);
    if (said === null) return skip('promtool is not installed');
    expect(said).toBe('');
  });
});

afterAll(() => {
  expect(playbook.untaken).toEqual([]);
  expect(UNTRIED).toHaveLength(5);
});
