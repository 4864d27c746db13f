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

/** The sockets that processes have open, and who has each. */
export type Holders = ReadonlyMap<Cookie, readonly Holder[]>;

/** All descriptors of the processes that run, by process and descriptor, both in ascending order. */
export function descriptors({ processes }: MachineState): readonly Holder[] {
  const running = [...processes.values()].filter(({ status }) => status === 'running');
  return running
    .sort((a, b) => a.pid - b.pid)
    .flatMap((process) => {
      const held: Holder[] = [];
      for (const [fd, { file }] of process.fds.entries()) held.push({ process, fd, file });
      return held.sort((a, b) => a.fd - b.fd);
    });
}

/** Who has which socket open. A socket that nobody has is absent. */
export function socketHolders(machine: MachineState): Holders {
  const holders = new Map<Cookie, Holder[]>();
  for (const holder of descriptors(machine)) {
    if (holder.file.kind !== 'socket') continue;
    const { cookie } = holder.file;
    const others = holders.get(cookie);
    if (others) others.push(holder);
    else holders.set(cookie, [holder]);
  }
  return holders;
}

/** Who has an end of a pipe open. */
export const pipeHolders = (machine: MachineState, inode: Inode): readonly Holder[] =>
  descriptors(machine).filter(({ file }) => file.kind === 'pipe' && file.inode === inode);
