/** The tools for a server with threads, held to the snapshot that they print and to what the real ones print. */
import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { tools } from '#simulations/incidents/close-wait-pipe/tools.ts';
import type { ToolLine } from '#simulations/tools/line.ts';
import { momentOf } from '../incidents/pile-up.ts';

const run = (given: Given) => closeWaitPipe.run(settleParameters(closeWaitPipe.parameters, given).values);
type Run = ReturnType<typeof run>;

const situations: Given[] = [
  ...closeWaitPipe.presets.filter(({ id }) => id !== 'post').map(({ given }) => given),
  { workers: 200, requests_per_s: 100 },
  { reader: 'dies', sigpipe: 'default', accepting: 'inline' },
];

const lines = (name: string, trace: Run): readonly ToolLine[] => {
  const tool = tools.find((tool) => tool.name === name);
  if (!tool) throw new Error(`there is no tool "${name}"`);
  return tool.lines(trace);
};
/** What a tool printed last, without the time above it. */
const last = (name: string, trace: Run): string[] =>
  (lines(name, trace).at(-1)?.text ?? '').split('\n').slice(1);

/** Lines that are there, and those that a comment stands for. */
const counted = (printed: readonly string[], is: RegExp): number =>
  printed.reduce((sum, line, i) => {
    const [, more = ''] = /^# … and ([\d,]+) more/.exec(line) ?? [];
    const before =
      printed.slice(0, i).findLast((line) => !line.startsWith('#') && !line.startsWith(' ')) ?? '';
    if (more) return is.test(before) ? sum + Number(more.replaceAll(',', '')) : sum;
    return is.test(line) ? sum + 1 : sum;
  }, 0);

/** The lines of a tool at which the server lives, with how many threads sleep in write(). */
const whileItLives = (name: string, trace: Run) =>
  lines(name, trace).flatMap(({ event, text }) => {
    const { threads } = momentOf(trace, event);
    if (threads.main?.status === 'dead') return [];
    const asleep = Object.values(threads).filter(({ status }) => status === 'asleep in write()').length;
    return [{ text, asleep }];
  });

describe('every tool', () => {
  const repeated = tools.filter(({ repeats }) => repeats);

  it.each(situations)(
    'prints again where something has changed, and never before it happened: %j',
    (given) => {
      const trace = run(given);
      for (const { name } of repeated) {
        const printed = lines(name, trace);
        expect(printed.length, name).toBeGreaterThan(0);
        for (const [i, { event, until, text }] of printed.entries()) {
          expect(until, name).toBe(printed[i + 1]?.event);
          if (until !== undefined) expect(until).toBeGreaterThan(event);
          expect(text).toMatch(/^# \d\d:\d\d:\d\d\.\d{6}(\n|$)/);
          expect(text).not.toMatch(/undefined|NaN|\[object/);
          if (i) expect(text.slice(18)).not.toBe(printed[i - 1]?.text.slice(18));
        }
      }
    },
  );

  it('has a name of its own', () => {
    const names = tools.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of ['ss', 'strace', 'lsof', 'py-spy', 'words']) expect(names).toContain(name);
  });
});

describe('ss', () => {
  it.each(situations)('counts as many in each state and Recv-Q as there are: %j', (given) => {
    const trace = run(given);
    for (const { event, text } of lines('ss', trace)) {
      const { connections } = momentOf(trace, event);
      const printed = text.split('\n').slice(2);
      expect(counted(printed, /^CLOSE-WAIT/)).toBe(connections.close_wait);
      expect(counted(printed, /^ESTAB/)).toBe(connections.established);
      expect(counted(printed, /^TIME-WAIT/)).toBe(connections.time_wait);
      const [, recv_q, send_q] = /^LISTEN +(\d+) +(\d+)/.exec(printed[0] ?? '') ?? [];
      if (connections.listening)
        expect([Number(recv_q), Number(send_q)]).toEqual([
          connections.accept_queue,
          trace.parameters.backlog,
        ]);
      else expect(recv_q).toBeUndefined();
    }
  });

  it('sets its columns as ss does, and names a process only for what is accepted', () => {
    const printed = last('ss', run({ accepting: 'inline', duration_s: 70 }));
    expect(printed.filter((line) => !/^(TIME-WAIT|#)/.test(line)).slice(0, 4)).toEqual([
      'State      Recv-Q Send-Q Local Address:Port Peer Address:Port Process',
      'LISTEN     6      5            0.0.0.0:8080      0.0.0.0:*     users:(("python3",pid=2001,fd=3))',
      'CLOSE-WAIT 1      0          10.1.5.60:8080    10.1.5.20:33312 users:(("python3",pid=2001,fd=4))',
      'CLOSE-WAIT 301    0          10.1.5.60:8080    10.1.5.20:33313',
    ]);
  });
});

describe('lsof', () => {
  it.each(situations)('lists as many descriptors as are open: %j', (given) => {
    const trace = run(given);
    for (const { event, text } of lines('lsof', trace)) {
      const { connections, threads } = momentOf(trace, event);
      const printed = text.split('\n').slice(2);
      if (threads.main?.status !== 'dead') expect(counted(printed, /^python3/)).toBe(connections.open_fds);
    }
  });

  it('sets its columns as lsof does', () => {
    expect(last('lsof', run({ duration_s: 70 })).slice(0, 6)).toEqual([
      'COMMAND  PID USER   FD   TYPE  DEVICE SIZE/OFF    NODE NAME',
      'python3 2001 1000    0r   CHR     1,3      0t0       3 /dev/null',
      'python3 2001 1000    1w   CHR     1,3      0t0       3 /dev/null',
      'python3 2001 1000    2w  FIFO    0,15      0t0 5397001 pipe',
      'python3 2001 1000    3u  IPv4 5397002      0t0     TCP *:8080 (LISTEN)',
      'python3 2001 1000    4u  IPv4 5397547      0t0     TCP 10.1.5.60:8080->10.1.5.20:33312 (CLOSE_WAIT)',
    ]);
  });

  it('names who holds the read end, and nobody where nobody does', () => {
    const holders = (given: Given) => last('lsof-pipe', run(given)).slice(1);
    expect(holders({})).toEqual([
      'python3 2001 1000    2w  FIFO   0,15      0t0 5397001 pipe 3001,reader,0r',
      'reader  3001 1000    0r  FIFO   0,15      0t0 5397001 pipe 2001,python3,2w',
    ]);
    expect(holders({ reader: 'stalled-ssh' })[1]).toMatch(/^sshd +3001 +1000 +9r .* pipe 2001,python3,2w$/);
    for (const reader of ['none', 'dies'])
      expect(holders({ reader })).toEqual(['python3 2001 1000    2w  FIFO   0,15      0t0 5397001 pipe']);
  });
});

describe('the threads', () => {
  it.each(situations)('are all there, each where its state says: %j', (given) => {
    const trace = run(given);
    const all = given.accepting === 'inline' ? 1 : Number(given.workers ?? 10) + 1;
    for (const { text } of whileItLives('py-spy', trace))
      expect(counted(text.split('\n'), /^Thread \d/)).toBe(all);
    for (const { text, asleep } of whileItLives('wchan', trace)) {
      const counts = [...text.matchAll(/^ *(\d+) (\w+)$/gm)];
      expect(counts.reduce((sum, [, threads]) => sum + Number(threads), 0)).toBe(all);
      const inWrite = counts.find(([, , wchan]) => /^(anon_)?pipe_write$/.test(wchan ?? ''))?.[1] ?? 0;
      expect(Number(inWrite)).toBe(asleep);
    }
    for (const { text, asleep } of whileItLives('strace', trace))
      expect(counted(text.split('\n'), /write\(2,/)).toBe(asleep);
  });

  it('are where py-spy found them on a real machine', () => {
    const text = last('py-spy', run({ duration_s: 70 })).join('\n');
    expect(text).toContain(
      'Thread 2001 (idle): "MainThread"\n    accept (socket.py:294)\n    main (server.py:32)\n    <module> (server.py:44)\n',
    );
    expect(text).toContain(
      'Thread 2002 (idle): "worker 1"\n    log (server.py:12)\n    handle (server.py:17)\n    worker (server.py:25)\n    run (threading.py:982)\n',
    );
    const idle = last('py-spy', run({ reader: 'draining' })).join('\n');
    expect(idle).toContain(
      '    wait (threading.py:327)\n    get (queue.py:171)\n    worker (server.py:24)\n',
    );
    const full = last('py-spy', run({ nofile: 256 })).join('\n');
    expect(full).toContain('"MainThread"\n    log (server.py:12)\n    main (server.py:34)\n');
  });

  it('sleep in the function of the running kernel', () => {
    const kernel = (version: string, reader = 'stalled') => last('wchan', run({ kernel: version, reader }));
    expect(kernel('6.12')).toEqual(['      1 inet_csk_accept', '     10 pipe_write']);
    expect(kernel('6.18')).toEqual(['     10 anon_pipe_write', '      1 inet_csk_accept']);
    expect(kernel('6.12', 'draining')).toEqual(['     10 futex_wait_queue', '      1 inet_csk_accept']);
    expect(kernel('6.18', 'draining')).toEqual(['     10 futex_do_wait', '      1 inet_csk_accept']);
  });

  it('are what strace finds blocked, the newest first, and one alone without its number', () => {
    expect(last('strace', run({ workers: 3, duration_s: 70 }))).toEqual([
      'strace: Process 2001 attached with 4 threads',
      '[pid  2004] write(2, ""..., 120 <unfinished ...>',
      '[pid  2003] write(2, ""..., 120 <unfinished ...>',
      '[pid  2002] write(2, ""..., 120 <unfinished ...>',
      '[pid  2001] accept4(3, NULL, NULL, SOCK_CLOEXEC',
    ]);
    expect(last('strace', run({ accepting: 'inline' }))).toEqual([
      'strace: Process 2001 attached',
      'write(2, ""..., 120',
    ]);
  });
});
