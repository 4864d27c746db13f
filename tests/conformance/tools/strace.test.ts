/** `strace` against strace 6.1 of the same calls. */
import { describe, expect, it } from 'vitest';
import type { CallState, MachineState, ThreadState } from '#simulations/machine/state.ts';
import { finalLines } from '#simulations/tools/line.ts';
import { strace } from '#simulations/tools/strace/attach.ts';
import { type CallEvent, straceLines } from '#simulations/tools/strace/strace.ts';
import { AT_us, lookup, machineOf, recording, runsOf, type TracedCalls } from './recording.ts';

type Data = Readonly<Record<string, unknown>>;
type Told = CallEvent & { readonly data: Data };

/** The program's own list of its calls, as events of a trace. The clock is not compared. */
const eventsOf = ({ pid, events }: TracedCalls): readonly Told[] =>
  events.map(({ kind, ...data }, index) => ({
    index,
    at_us: index,
    kind,
    data: { pid, blocked_us: 0, ...data, ...(data.errno === 'EPIPE' && { out: { signal: 'SIGPIPE' } }) },
  }));

/** Times of day, times spent and left, and addresses in the program's memory, all of the same width. */
const comparable = (text: string): string =>
  text
    .replaceAll(/\d\d:\d\d:\d\d\.\d{6}/g, 'HH:MM:SS.uuuuuu')
    .replaceAll(/<\d\.\d{6}>/g, '<s.uuuuuu>')
    .replaceAll(/left \{tv_sec=\d+, tv_usec=\d+\}/g, 'left')
    .replaceAll(/(recvfrom\(4|read\(5), 0x[0-9a-f]{12}/g, '$1, 0x0');

const printed = (events: readonly CallEvent[], argv: readonly string[]): string =>
  finalLines(straceLines(events, argv))
    .map(({ text }) => `${text}\n`)
    .join('');

const calls = recording.situations.calls as unknown as readonly TracedCalls[];

describe('strace of one thread', () => {
  const runs = calls.filter(({ events }) => events.some(({ call }) => call === 'select'));
  it('is recorded with and without times, with and without -f', () => {
    expect(runs.length).toBe(3);
  });
  it.each(runs.map((run) => [run.argv.join(' '), run] as const))('%s', (_, run) => {
    expect(comparable(printed(eventsOf(run), run.argv.slice(1)))).toBe(comparable(run.stdout));
  });
});

describe('strace -f of two threads', () => {
  const [first, second] = calls.filter(({ stdout }) => stdout.includes('resumed'));
  if (!first || !second) throw new Error('not recorded');

  it('cuts a call in two where another thread prints in between', () => {
    // Python takes its lock between a call and its telling, so the end of one call is told late: see the order below.
    const events = eventsOf(first);
    const returned = (tid: number, call: string) =>
      events.find(
        (event) => event.kind === 'syscall-return' && event.data.tid === tid && event.data.call === call,
      );
    expect(returned(first.pid, 'connect')).toBeDefined();
    const ours = printed(inOrderOf(first), first.argv.slice(1)).split('\n');
    const theirs = withoutEnd(first.stdout).split('\n');
    expect(ours).toEqual(theirs);
  });

  it('says who and when', () => {
    const ours = comparable(printed(inOrderOf(second), second.argv.slice(1)));
    expect(ours).toBe(comparable(withoutEnd(second.stdout)));
  });

  /** Without the end of the second thread, which is no event of a trace, and what comes after it. */
  function withoutEnd(text: string): string {
    const lines = text.split('\n');
    const end = lines.findIndex((line) => line.includes('close(4)'));
    return `${lines.slice(0, end + 1).join('\n')}\n`;
  }

  /** The events in the order in which strace saw them: it looks at each stop of a thread, Python after its lock. */
  function inOrderOf(run: TracedCalls): readonly Told[] {
    const queues = new Map<number, Told[]>();
    for (const event of eventsOf(run)) {
      const tid = Number(event.data.tid);
      queues.set(tid, [...(queues.get(tid) ?? []), event]);
    }
    const [main = 0, other = 0] = [...queues.keys()];
    const seen: Told[] = [];
    let last = main;
    for (const line of withoutEnd(run.stdout).split('\n').filter(Boolean)) {
      if (line.includes('attached')) continue;
      const tid = line.startsWith('[pid') ? Number(line.slice(5, 10)) : last;
      last = tid;
      const queue = queues.get(tid === other ? other : main) ?? [];
      const isBegin = !line.includes('resumed>');
      if (isBegin) seen.push(...queue.splice(0, 1));
      if (!line.includes('<unfinished')) seen.push(...queue.splice(0, 1));
    }
    return seen.map((event, index) => ({ ...event, index, at_us: index }));
  }
});

describe('strace of a process that is killed', () => {
  const event = (index: number, kind: string, data: Data): CallEvent => ({
    index,
    at_us: index,
    kind,
    data: { pid: 1, tid: 1, blocked_us: 0, ...data },
  });
  const socket = { call: 'socket', args: {} };
  const pipe = { call: 'pipe2', args: {} };
  const situations: readonly (readonly [string, readonly CallEvent[]])[] = [
    [
      'connect(',
      [
        event(0, 'syscall', socket),
        event(1, 'syscall-return', { ...socket, value: 3, errno: null, out: {} }),
        event(2, 'syscall', { call: 'connect', args: { fd: 3, address: '10.0.0.9', port: 10086 } }),
        event(3, 'process-killed', { signal: 'SIGKILL' }),
      ],
    ],
    [
      'read(',
      [
        event(0, 'syscall', pipe),
        event(1, 'syscall-return', { ...pipe, value: 0, errno: null, out: { pipefd: [3, 4] } }),
        event(2, 'syscall', { call: 'read', args: { fd: 3, bytes: 100 } }),
        event(3, 'process-killed', { signal: 'SIGKILL' }),
      ],
    ],
    [
      'pause(',
      [event(0, 'syscall', { call: 'pause', args: {} }), event(1, 'process-killed', { signal: 'SIGKILL' })],
    ],
  ];
  it.each(situations)('in %s)', (call, events) => {
    const run = calls.find(({ stdout }) => stdout.includes('killed') && stdout.includes(call));
    const argv = [...(run?.argv ?? []).slice(1, -1), '1'];
    expect(comparable(printed(events, argv))).toBe(comparable(run?.stdout ?? ''));
  });
});

describe('strace at one moment', () => {
  const moment = recording.situations.threads?.[0];
  if (!moment) throw new Error('not recorded');
  const { server = 0, various = 0 } = moment.facts;
  const machine = machineOf(moment);

  /** The snapshot with the calls of its threads, which /proc tells of only by number. */
  function withCalls(of: (thread: ThreadState) => Pick<CallState, 'name' | 'args'>): MachineState {
    const processes = [...machine.processes.values()].map((process) => {
      const threads = [...process.threads.values()].map((thread) => {
        const call = of(thread);
        return [
          thread.tid,
          { ...thread, call: { ...call, since_us: 0, wchan: '', deadline_us: null } },
        ] as const;
      });
      return [process.pid, { ...process, threads: lookup(threads) }] as const;
    });
    return { ...machine, processes: lookup(processes) };
  }

  /** Up to the end of the second: what it says when it is stopped does not belong to the moment. */
  const untilStopped = (stderr = ''): string => stderr.split(/strace: Process \d+ detached/)[0] ?? '';
  const stderrOf = (word: string): string =>
    runsOf(moment, 'timeout').find(({ argv }) => argv.includes(word))?.stderr ?? '';

  it('shows the calls that threads are blocked in', () => {
    const blocked = withCalls(({ call }) => {
      if (call?.wchan === 'inet_csk_accept')
        return { name: 'accept4', args: { fd: 3, flags: 'SOCK_CLOEXEC' } };
      if (call?.wchan === 'anon_pipe_write') return { name: 'write', args: { fd: 2, bytes: 120 } };
      return { name: 'futex', args: {} };
    });
    const argv = ['-f', '-s', '0', '-e', 'trace=write,accept4', '-p', String(server)];
    const { stderr } = strace(blocked, AT_us, argv);
    // Python asks for the address of the peer, which strace prints when there is one.
    const theirs = untilStopped(stderrOf('-e')).replace('accept4(3, ', 'accept4(3, NULL, NULL, SOCK_CLOEXEC');
    // Three times of four the newest thread came first, once the oldest: the order is that of their stops.
    const calls = (text: string) => text.trimEnd().replaceAll(' <unfinished ...>', '').split('\n').sort();
    expect(calls(stderr)).toEqual(calls(theirs));
    expect(stderr.match(/<unfinished/g)).toEqual(theirs.match(/<unfinished/g));
  });

  it('shows the call of a process with one thread without its number', () => {
    const blocked = withCalls(() => ({
      name: 'epoll_wait',
      args: { epfd: 9, maxevents: 3, timeout_ms: -1 },
    }));
    const { stderr } = strace(blocked, AT_us, ['-f', '-p', String(various)]);
    expect(stderr.trimEnd()).toBe(untilStopped(stderrOf(String(various))).trimEnd());
  });

  it.each(
    runsOf(moment, 'strace')
      .filter(({ argv }) => argv[1] !== '-Y')
      .map((run) => [run.argv.join(' '), run] as const),
  )('fails as the real one: %s', (_, run) => {
    expect(strace(machine, AT_us, run.argv.slice(1))).toEqual({
      stdout: '',
      stderr: run.stderr,
      exit: run.exit,
    });
  });
});
