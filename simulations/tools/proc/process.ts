/**
 * /proc/PID: `cmdline comm fd fdinfo limits status task wchan`.
 *
 * Left out: of `status` memory, signals, capabilities and processors; of `limits` all but the open files, whose hard
 * limit is taken to be the soft one; of `fdinfo` the mount.
 */
import { fileFlags, O } from '../../machine/file-flags.ts';
import type {
  DescriptorState,
  FileRef,
  MachineState,
  ProcessState,
  ThreadState,
} from '../../machine/state.ts';
import { directory, type Entry, file, link } from './entry.ts';

/** The kernel's table of descriptors grows by doubling. */
const LEAST_FDS = 64;
const DEVICE_INODES: Readonly<Record<string, number>> = { '/dev/null': 3 };

/** What a link in /proc/PID/fd says. */
export function linkOf({ sockets }: MachineState, of: FileRef): string {
  switch (of.kind) {
    case 'socket':
      return `socket:[${sockets.get(of.cookie)?.inode ?? 0}]`;
    case 'pipe':
      return `pipe:[${of.inode}]`;
    case 'epoll':
      return 'anon_inode:[eventpoll]';
    case 'device':
      return of.path;
  }
}

function inodeOf({ sockets }: MachineState, of: FileRef): number {
  if (of.kind === 'socket') return sockets.get(of.cookie)?.inode ?? 0;
  return of.kind === 'device' ? (DEVICE_INODES[of.path] ?? 0) : of.inode;
}

function fdinfo(machine: MachineState, { file: of, nonblocking, close_on_exec }: DescriptorState): string {
  const flags = fileFlags(of, nonblocking) | (close_on_exec ? O.CLOEXEC : 0);
  return `pos:\t0\nflags:\t0${flags.toString(8)}\nino:\t${inodeOf(machine, of)}\n`;
}

const RUNS: Readonly<Record<ThreadState['runs'], string>> = {
  running: 'R (running)',
  asleep: 'S (sleeping)',
  dead: 'X (dead)',
};

function fdSize({ fds }: ProcessState): number {
  const highest = Math.max(-1, ...[...fds.entries()].map(([fd]) => fd));
  return Math.max(LEAST_FDS, 2 ** Math.ceil(Math.log2(highest + 1)));
}

/** Of a thread, and of a process by its first one. */
function status(process: ProcessState, thread: ThreadState | undefined): string {
  const { comm, pid, ppid, uid, threads } = process;
  const living = [...threads.values()].filter(({ runs }) => runs !== 'dead').length;
  const fields: readonly (readonly [string, string | number])[] = [
    ['Name', comm],
    ['Umask', '0022'],
    ['State', RUNS[thread?.runs ?? 'asleep']],
    ['Tgid', pid],
    ['Ngid', 0],
    ['Pid', thread?.tid ?? pid],
    ['PPid', ppid],
    ['TracerPid', 0],
    ['Uid', [uid, uid, uid, uid].join('\t')],
    ['Gid', [uid, uid, uid, uid].join('\t')],
    ['FDSize', fdSize(process)],
    ['Threads', living],
  ];
  return fields.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

function limits({ limits: { nofile } }: ProcessState): string {
  const line = (name: string, soft: string | number, hard: string | number, unit: string) =>
    `${name.padEnd(25)} ${String(soft).padEnd(20)} ${String(hard).padEnd(20)} ${unit.padEnd(10)}\n`;
  return line('Limit', 'Soft Limit', 'Hard Limit', 'Units') + line('Max open files', nofile, nofile, 'files');
}

/** Where a thread sleeps in the kernel: `0` while it does not. Without a line feed. */
const wchan = (thread: ThreadState | undefined): string => thread?.call?.wchan ?? '0';

const THREAD_FILES: Readonly<
  Record<string, (process: ProcessState, thread: ThreadState | undefined) => string>
> = {
  comm: ({ comm }) => `${comm}\n`,
  status,
  wchan: (_, thread) => wchan(thread),
};
const PROCESS_FILES: Readonly<Record<string, (process: ProcessState) => string>> = {
  cmdline: ({ argv }) => argv.map((word) => `${word}\0`).join(''),
  limits,
};

function threadEntry(process: ProcessState, tid: number, names: readonly string[]): Entry | null {
  const thread = process.threads.get(tid);
  if (!thread || thread.runs === 'dead') return null;
  const [name, ...deeper] = names;
  if (name === undefined) return directory(Object.keys(THREAD_FILES));
  const text = deeper.length === 0 ? THREAD_FILES[name] : undefined;
  return text ? file(text(process, thread)) : null;
}

/** @param names the path below /proc/PID @returns null where there is nothing */
export function processEntry(
  machine: MachineState,
  process: ProcessState,
  names: readonly string[],
): Entry | null {
  const [name, key, ...deeper] = names;
  const numbers = (of: { entries(): Iterable<readonly [number, unknown]> }) =>
    [...of.entries()].map(([number]) => number).sort((a, b) => a - b);
  if (name === undefined)
    return directory(
      [...Object.keys(PROCESS_FILES), ...Object.keys(THREAD_FILES), 'fd', 'fdinfo', 'task'].sort(),
    );
  if (name === 'fd' || name === 'fdinfo') {
    if (key === undefined) return directory(numbers(process.fds));
    const descriptor = process.fds.get(Number(key));
    if (!descriptor || deeper.length > 0) return null;
    return name === 'fd' ? link(linkOf(machine, descriptor.file)) : file(fdinfo(machine, descriptor));
  }
  if (name === 'task') {
    if (key !== undefined) return threadEntry(process, Number(key), deeper);
    const living = [...process.threads.values()].filter(({ runs }) => runs !== 'dead');
    return directory(living.map(({ tid }) => tid).sort((a, b) => a - b));
  }
  if (key !== undefined) return null;
  const own = PROCESS_FILES[name];
  if (own) return file(own(process));
  const shared = THREAD_FILES[name];
  return shared ? file(shared(process, process.threads.get(process.pid))) : null;
}
