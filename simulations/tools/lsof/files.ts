/** What lsof says of an open file: its type, device, node and name. */
import type { MachineState, SocketState } from '../../machine/state.ts';
import { familyOf, hostText } from '../../network/packet.ts';
import { type Holder, isListed, pipeHolders } from '../holders.ts';

/** Major and minor number, and the inode in /dev; by path. */
const DEVICES: Readonly<Record<string, { readonly device: string; readonly node: string }>> = {
  '/dev/null': { device: '1,3', node: '3' },
};
/** The devices of the kernel's own file systems of pipes, of files without a name and of sockets. */
const PIPEFS = '0,15';
const ANON_INODEFS = '0,16';
const SOCKFS = '0,9';

export interface File {
  readonly type: 'CHR' | 'FIFO' | 'IPv4' | 'IPv6' | 'a_inode' | 'sock';
  readonly mode: 'r' | 'w' | 'u';
  readonly device: string;
  readonly offset: string;
  readonly node: string;
  readonly name: string;
}

const endpoint = ({ address, port }: SocketState['local']): string =>
  `${address === '0.0.0.0' ? '*' : hostText(address)}:${port || '*'}`;

function socketName(socket: SocketState): string {
  const to = socket.remote.port ? `->${endpoint(socket.remote)}` : '';
  return `${endpoint(socket.local)}${to} ${socket.kind === 'tcp' ? `(${socket.state})` : ''}`;
}

/** `pipe 17,sleep,0r 19,sleep,2w`: who else has it. */
function pipeName(machine: MachineState, holder: Holder, inode: number): string {
  const others = pipeHolders(machine, inode).filter(
    ({ process, fd }) => process.pid !== holder.process.pid || fd !== holder.fd,
  );
  const names = others.map(
    ({ process, fd, file }) =>
      `${process.pid},${process.comm},${fd}${file.kind === 'pipe' && file.end === 'write' ? 'w' : 'r'}`,
  );
  return ['pipe', ...names].join(' ');
}

export function fileOf(machine: MachineState, holder: Holder, ends: boolean): File {
  const { file } = holder;
  switch (file.kind) {
    case 'pipe': {
      const name = ends ? pipeName(machine, holder, file.inode) : 'pipe';
      const mode = file.end === 'write' ? 'w' : 'r';
      return { type: 'FIFO', mode, device: PIPEFS, offset: '0t0', node: String(file.inode), name };
    }
    case 'device': {
      const { device, node } = DEVICES[file.path] ?? { device: '', node: '' };
      return { type: 'CHR', mode: file.mode, device, offset: '0t0', node, name: file.path };
    }
    case 'epoll': {
      // All files without a name share one inode.
      const watches = file.watches.length > 0 ? `:${file.watches.join(',')}` : '';
      const name = `[eventpoll${watches}]`;
      return {
        type: 'a_inode',
        mode: 'u',
        device: ANON_INODEFS,
        offset: '0',
        node: String(file.inode),
        name,
      };
    }
    case 'socket': {
      const socket = machine.sockets.get(file.cookie);
      const inode = String(socket?.inode ?? 0);
      const node = socket?.kind.toUpperCase() ?? '';
      if (!socket || !isListed(socket)) {
        const name = `protocol: ${node}`;
        return { type: 'sock', mode: 'u', device: SOCKFS, offset: '0t0', node: inode, name };
      }
      const type = familyOf(socket.local.address) === 'inet6' ? 'IPv6' : 'IPv4';
      return { type, mode: 'u', device: inode, offset: '0t0', node, name: socketName(socket) };
    }
  }
}
