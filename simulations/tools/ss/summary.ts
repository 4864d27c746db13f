/** `ss -s`: the sockets counted, as the kernel counts them in /proc/net/sockstat and /proc/net/snmp. */
import type { MachineState } from '../../machine/state.ts';
import { isListed } from '../holders.ts';

/** What /proc/net/sockstat says of a machine. */
export interface SocketCounts {
  /** Full sockets of all kinds. */
  readonly used: number;
  readonly tcp: {
    /** Full sockets that can be found by their address. */
    readonly inuse: number;
    /** Full sockets without a process whose end is under way. */
    readonly orphan: number;
    readonly tw: number;
    /** All full sockets. */
    readonly alloc: number;
    /** ESTABLISHED and CLOSE_WAIT: `TcpCurrEstab`. */
    readonly established: number;
  };
  readonly udp: { readonly inuse: number };
}

/** States of a connection that no process has any more. In the others a socket without one is in an accept queue. */
const ORPHANS = new Set(['FIN_WAIT1', 'FIN_WAIT2', 'CLOSING', 'LAST_ACK']);

export function countSockets({ sockets }: MachineState): SocketCounts {
  const all = [...sockets.values()];
  const tcp = all.filter((socket) => socket.kind === 'tcp');
  const full = tcp.filter(({ weight }) => weight === 'full');
  const udp = all.filter(({ kind }) => kind === 'udp');
  return {
    used: full.length + udp.length,
    tcp: {
      inuse: full.filter(isListed).length,
      orphan: full.filter(({ inode, state }) => inode === 0 && ORPHANS.has(state)).length,
      tw: tcp.filter(({ weight }) => weight === 'timewait').length,
      alloc: full.length,
      established: full.filter(({ state }) => state === 'ESTABLISHED' || state === 'CLOSE_WAIT').length,
    },
    udp: { inuse: udp.filter(isListed).length },
  };
}

/** The whole output. */
export function summary(machine: MachineState): string {
  const { used, tcp, udp } = countSockets(machine);
  // ss takes the sockets in TIME_WAIT from those in use, where the kernel has not counted them.
  const closed = tcp.alloc - (tcp.inuse - tcp.tw);
  const row = (name: string, total: number) =>
    `${name}\t  ${String(total).padEnd(9)} ${String(total).padEnd(9)} ${'0'.padEnd(9)}`;
  return [
    `Total: ${used}`,
    `TCP:   ${tcp.alloc + tcp.tw} (estab ${tcp.established}, closed ${closed}, orphaned ${tcp.orphan}, timewait ${tcp.tw})`,
    '',
    'Transport Total     IP        IPv6',
    row('RAW', 0),
    row('UDP', udp.inuse),
    row('TCP', tcp.inuse),
    row('INET', tcp.inuse + udp.inuse),
    row('FRAG', 0),
    '',
    '',
  ].join('\n');
}
