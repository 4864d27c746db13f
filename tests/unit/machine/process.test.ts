import { describe, expect, it } from 'vitest';
import { sys } from '#simulations/machine/calls.ts';
import { SILENT } from '#simulations/machine/narrator.ts';
import type { Process } from '#simulations/machine/process.ts';
import { Run } from '#simulations/machine/run.ts';
import { procEntry } from '#simulations/tools/proc/proc.ts';
import { Lab, noting } from './lab.ts';

describe('a process', () => {
  it('begins with standard input, output and error, so its first socket is 3', () => {
    const lab = new Lab();
    const hand = lab.hand();
    expect(hand.call('socket')).toBe(3);
    const [process] = lab.now().processes.values();
    expect(process).toMatchObject({ status: 'running', open_fds: 4, limits: { nofile: 1024 } });
    expect([...(process?.fds.entries() ?? [])].map(([fd, { file }]) => [fd, file.kind])).toEqual([
      [0, 'device'],
      [1, 'device'],
      [2, 'device'],
      [3, 'socket'],
    ]);
  });

  it('has a limit of descriptors: EMFILE', () => {
    const lab = new Lab();
    const hand = lab.hand(lab.process({ nofile: 4 }));
    expect([hand.call('socket'), hand.call('socket'), hand.call('epoll_create1')]).toEqual([
      3,
      'EMFILE',
      'EMFILE',
    ]);
  });

  it.each([4, 3])('gets neither end of a pipe where its limit of %i leaves no room for both', (nofile) => {
    const lab = new Lab();
    const process = lab.process({ nofile });
    const hand = lab.hand(process);
    expect(hand.call('pipe2')).toBe('EMFILE');
    expect(process.files.open).toBe(3);
    expect([...lab.now().pipes.values()]).toMatchObject([{ readers: 0, writers: 0 }]);
    expect(hand.call('socket')).toBe(nofile === 4 ? 3 : 'EMFILE');
  });

  it('exits with its last thread, and the kernel closes what it had', () => {
    const lab = new Lab();
    const process = lab.process();
    const idle = function* () {
      yield* sys.nanosleep(5);
    };
    const holder = function* () {
      yield* sys.socket();
    };
    lab.run(idle, process, 'idle');
    lab.run(holder, process, 'holder');
    lab.wait(4);
    expect([process.status, process.files.open]).toEqual(['running', 4]);
    lab.wait(1);
    expect([process.status, process.files.open]).toEqual(['exited', 0]);
    const { sockets, processes } = lab.now();
    expect([...sockets.values()]).toEqual([]);
    expect([...processes.values()]).toMatchObject([{ status: 'exited', signal: null, open_fds: 0 }]);
  });
});

describe('a machine that does not have a kind of file', () => {
  const run = new Run();
  const bare = run.machine({ name: 'bare', addresses: ['192.0.2.1'] });
  const thread = bare.spawn({ pid: 1, comm: 'sh', narrator: SILENT }).thread('sh', null);
  const errnoOf = (name: string, args = {}) => {
    const answer = bare.run(bare.processes.get(1) as Process, thread, { name, args });
    return 'errno' in answer ? answer.errno : 'sleeps';
  };

  it('says so as a kernel that was built without it', () => {
    expect(errnoOf('pipe2')).toBe('ENOSYS');
    expect(errnoOf('epoll_create1')).toBe('ENOSYS');
    expect(errnoOf('socket', { type: 'SOCK_DGRAM' })).toBe('ESOCKTNOSUPPORT');
    expect(errnoOf('socket')).toBeNull();
  });
});

describe('fork()', () => {
  it('gives the child its parent’s files under the same numbers; each closes them for itself', () => {
    const lab = new Lab();
    const parent = lab.process({ pid: 50 });
    const [one, fd] = [lab.hand(parent), 3];
    one.call('socket', { nonblocking: true });
    const child = lab.machine().fork(parent, { pid: 51, comm: 'child', narrator: SILENT });
    const other = lab.hand(child);
    expect(lab.now().processes.get(51)).toMatchObject({ ppid: 50, open_fds: 4 });
    expect(lab.now().processes.get(51)?.fds.get(3)).toMatchObject({ inherited_from: 50 });
    expect(one.call('close', { fd })).toBe(0);
    expect(one.call('fcntl', { fd, cmd: 'F_GETFD' })).toBe('EBADF');
    // The socket is there as long as one of them has it.
    expect(other.call('fcntl', { fd, cmd: 'F_GETFD' })).toBe(0);
    expect([...lab.now().sockets.values()]).toHaveLength(1);
    expect(other.call('close', { fd })).toBe(0);
    expect([...lab.now().sockets.values()]).toEqual([]);
  });

  it('shares O_NONBLOCK, which is the file’s, and not FD_CLOEXEC, which is the descriptor’s', () => {
    const lab = new Lab();
    const parent = lab.process({ pid: 50 });
    const one = lab.hand(parent);
    one.call('socket');
    const other = lab.hand(lab.machine().fork(parent, { pid: 51, comm: 'child', narrator: SILENT }));
    one.call('fcntl', { fd: 3, cmd: 'F_SETFL', arg: 'O_NONBLOCK' });
    one.call('fcntl', { fd: 3, cmd: 'F_SETFD', arg: 'FD_CLOEXEC' });
    expect([one, other].map((each) => each.call('fcntl', { fd: 3, cmd: 'F_GETFL' }))).toEqual([2050, 2050]);
    expect([one, other].map((each) => each.call('fcntl', { fd: 3, cmd: 'F_GETFD' }))).toEqual([1, 0]);
    const { processes } = lab.now();
    expect(processes.get(50)?.fds.get(3)).toMatchObject({ nonblocking: true, close_on_exec: true });
    expect(processes.get(51)?.fds.get(3)).toMatchObject({ nonblocking: true, close_on_exec: false });
  });

  // fcntl() and fdinfo of 6.18.44 say these; fdinfo adds O_CLOEXEC, which is the descriptor's.
  it.each([
    ['/dev/null', 0, 0o100002],
    ['the read end of a pipe', 3, 0],
    ['the write end', 4, 1],
    ['a socket', 5, 2],
    ['epoll', 6, 2],
  ])('says the flags of %s in F_GETFL as in /proc/PID/fdinfo', (_what, fd, flags) => {
    const lab = new Lab();
    const hand = lab.hand(lab.process({ pid: 50 }));
    for (const name of ['pipe2', 'socket', 'epoll_create1']) hand.call(name);
    const seen = () => {
      const entry = procEntry(lab.now(), 0, `/proc/50/fdinfo/${fd}`);
      const [, octal = ''] = /flags:\t(\d+)/.exec(entry?.kind === 'file' ? entry.text : '') ?? [];
      return [hand.call('fcntl', { fd, cmd: 'F_GETFL' }), Number.parseInt(octal, 8)];
    };
    expect(seen()).toEqual([flags, flags]);
    hand.call('fcntl', { fd, cmd: 'F_SETFL', arg: 'O_NONBLOCK' });
    expect(seen()).toEqual([flags | 0o4000, flags | 0o4000]);
  });

  it('keeps a pipe open for its reader: end of file only when both writers are closed', () => {
    const lab = new Lab();
    const parent = lab.process({ pid: 50 });
    const writer = lab.hand(parent);
    expect(writer.out('pipe2')).toEqual({ pipefd: [3, 4] });
    const child = lab.machine().fork(parent, { pid: 51, comm: 'child', narrator: SILENT });
    const reader = lab.hand(child);
    writer.call('close', { fd: 4 });
    expect(reader.call('read', { fd: 3, bytes: 10 })).toBe('sleeps');
    lab.hand(child).call('close', { fd: 4 });
    expect(reader.thread.status).toBe('running');
    expect(reader.call('read', { fd: 3, bytes: 10 })).toBe(0);
  });
});

describe('SIGPIPE', () => {
  const broken = (ignoresSigpipe: boolean) => {
    const lab = new Lab();
    const ends: string[] = [];
    const narrator = noting({
      returned: (thread, { name }, { value, errno }) =>
        void ends.push(`${thread.name} ${name} ${errno ?? value}`),
      ended: (thread, how, call) => void ends.push(`${thread.name} ${how} ${call?.name ?? '-'}`),
      closed: () => void ends.push('closed'),
    });
    const process = lab.process({ pid: 9, ignoresSigpipe, narrator });
    lab.run(
      function* () {
        yield* sys.pause();
      },
      process,
      'other',
    );
    lab.run(
      function* () {
        yield { name: 'pipe2', args: {} };
        yield* sys.close(3);
        yield* sys.socket();
        yield* sys.write(4, 1);
        yield* sys.pause();
      },
      process,
      'writer',
    );
    return { lab, process, ends: ends.slice(3) };
  };

  it('kills the whole process where it is not ignored, and closes its files; write() never returns', () => {
    const { lab, process, ends } = broken(false);
    expect(ends).toEqual(['other killed pause', 'writer killed -', 'closed']);
    expect(process.threads.map(({ status }) => status)).toEqual(['killed', 'killed']);
    const { processes, sockets } = lab.now();
    expect(processes.get(9)).toMatchObject({ status: 'killed', signal: 'SIGPIPE', open_fds: 0 });
    expect([...sockets.values()]).toEqual([]);
  });

  it('is EPIPE where it is ignored, and the process goes on', () => {
    const { process, ends } = broken(true);
    expect(ends).toEqual(['writer write EPIPE']);
    expect(process.threads.map(({ status }) => status)).toEqual(['asleep', 'asleep']);
  });
});

describe('kill()', () => {
  it('ends a process on the same machine in whatever it is, and is ESRCH for one that is none or gone', () => {
    const lab = new Lab();
    const victim = lab.process({ pid: 9 });
    const thread = lab.run(function* () {
      yield* sys.nanosleep(1000);
    }, victim);
    const hand = lab.hand();
    expect(hand.call('kill', { pid: 9, signal: 'SIGKILL' })).toBe(0);
    expect([thread.status, victim.status]).toEqual(['killed', 'killed']);
    expect(hand.call('kill', { pid: 9, signal: 'SIGKILL' })).toBe('ESRCH');
    expect(hand.call('kill', { pid: 10, signal: 'SIGKILL' })).toBe('ESRCH');
  });
});

describe('a call that the machine does not know', () => {
  it('is ENOSYS, also by a name that every object has', () => {
    const hand = new Lab().hand();
    expect(['frobnicate', 'toString', '__proto__'].map((name) => hand.call(name))).toEqual(
      Array(3).fill('ENOSYS'),
    );
  });
});
