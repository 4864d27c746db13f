/** Which sockets the kernel lists, and which processes have a socket or a pipe open: what ss -p, netstat -p and lsof +E look up in /proc. */
import type {
  Cookie,
  Fd,
  FileRef,
  Inode,
  MachineState,
  ProcessState,
  SocketState,
} from '../machine/state.ts';

export interface Holder {
  readonly process: ProcessState;
  readonly fd: Fd;
  readonly file: FileRef;
}

/** Is it in a table of the kernel by its addresses? A TCP socket in CLOSE and a UDP socket without a port are not. */
export const isListed = ({ state, local }: SocketState): boolean => state !== 'CLOSE' && local.port !== 0;

/** All descriptors of the processes that run, by process and descriptor, both in ascending order. */
export function* descriptors({ processes }: MachineState): Generator<Holder> {
  const running = [...processes.values()].filter(({ status }) => status === 'running');
  for (const process of running.sort((a, b) => a.pid - b.pid))
    for (const [fd, { file }] of [...process.fds.entries()].sort(([a], [b]) => a - b))
      yield { process, fd, file };
}

/** Who has which socket open. A socket that nobody has is absent. */
export function socketHolders(machine: MachineState): ReadonlyMap<Cookie, readonly Holder[]> {
  const holders = new Map<Cookie, Holder[]>();
  for (const holder of descriptors(machine)) {
    if (holder.file.kind !== 'socket') continue;
    const { cookie } = holder.file;
    holders.set(cookie, [...(holders.get(cookie) ?? []), holder]);
  }
  return holders;
}

/** Who has an end of a pipe open. */
export const pipeHolders = (machine: MachineState, inode: Inode): readonly Holder[] =>
  [...descriptors(machine)].filter(({ file }) => file.kind === 'pipe' && file.inode === inode);
