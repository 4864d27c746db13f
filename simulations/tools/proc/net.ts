/**
 * /proc/net: `tcp udp sockstat snmp netstat` (Linux 6.18, `net/ipv4/tcp_ipv4.c`, `udp.c`, `proc.c`).
 *
 * Left out: addresses of the kernel's memory, which only root would see and which are printed as 0; the number of
 * references (1); the slot of a UDP socket; how much memory TCP and UDP have; `tcp6`.
 */
import type { MachineState, SocketState, TcpState, UdpState } from '../../machine/state.ts';
import { familyOf } from '../../network/packet.ts';
import { COUNTERS, type CounterTable } from '../counters.ts';
import { isListed } from '../holders.ts';
import { countSockets } from '../ss/summary.ts';
import { type Entry, file } from './entry.ts';

/** `include/net/tcp_states.h`. */
const STATE_NUMBERS: Readonly<Record<SocketState['state'], number>> = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  UNCONN: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
};
const TIMER_NUMBERS: Readonly<Record<NonNullable<TcpState['timer']>['name'], number>> = {
  on: 1,
  keepalive: 2,
  timewait: 3,
  persist: 4,
};
const TCP_WIDTH = 149;
const UDP_WIDTH = 127;
const POINTER = '0'.repeat(16);
/** The kernel tells times in hundredths of a second (`USER_HZ`). */
const ticks = (us: number): number => Math.floor(Math.max(0, us) / 10_000);

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
/** The bytes of an address as a number of this processor: `0200000A:1F90` is 10.0.0.2:8080. */
const endpoint = ({ address, port }: SocketState['local']): string =>
  `${address
    .split('.')
    .reverse()
    .map((byte) => hex(Number(byte), 2))
    .join('')}:${hex(port, 4)}`;

interface Fields {
  readonly timer: number;
  readonly left_ticks: number;
  readonly retransmits: number;
  readonly probes: number;
  readonly send_q: number;
  readonly tail: string;
}

/** The columns that TCP and UDP share. */
function line(
  slot: string,
  socket: SocketState,
  { timer, left_ticks, retransmits, probes, send_q, tail }: Fields,
): string {
  const { local, remote, state, recv_q_bytes, uid, inode } = socket;
  return [
    `${slot}: ${endpoint(local)} ${endpoint(remote)} ${hex(STATE_NUMBERS[state], 2)}`,
    `${hex(send_q, 8)}:${hex(recv_q_bytes, 8)} ${hex(timer, 2)}:${hex(left_ticks, 8)} ${hex(retransmits, 8)}`,
    `${String(uid).padStart(5)} ${String(probes).padStart(8)} ${inode} ${tail}`,
  ].join(' ');
}

const NO_TIMER = { timer: 0, left_ticks: 0, retransmits: 0, probes: 0 } as const;
/** A listener: initial RTO of a second, initial window of ten segments. */
const LISTENER = `1 ${POINTER} 100 0 0 10 0`;

/** RTO, ato, quick ACKs and pingpong, window, threshold; of a record none of them. */
function tail({ weight, state, info, syn }: TcpState): string {
  if (weight === 'timewait') return `3 ${POINTER}`;
  if (weight === 'request') return `0 ${POINTER}`;
  if (state === 'LISTEN') return LISTENER;
  // Before there is a connection: one segment once the SYN was lost, ten before.
  if (!info) return `1 ${POINTER} ${ticks((syn?.rto_ms ?? 1000) * 1000)} 0 0 ${syn?.retransmits ? 1 : 10} -1`;
  const { rto_ms, ato_ms, quick, pingpong, snd_cwnd, snd_ssthresh } = info;
  const threshold = Number.isFinite(snd_ssthresh) ? snd_ssthresh : -1;
  return `1 ${POINTER} ${ticks(rto_ms * 1000)} ${ticks(ato_ms * 1000)} ${(quick << 1) | Number(pingpong > 0)} ${snd_cwnd} ${threshold}`;
}

function tcpLine(slot: number, socket: TcpState, at_us: number): string {
  const { timer, send_q_bytes, state } = socket;
  const isProbe = timer?.name === 'persist' || timer?.name === 'keepalive';
  const timing = timer
    ? {
        timer: TIMER_NUMBERS[timer.name],
        left_ticks: ticks(timer.due_us - at_us),
        retransmits: isProbe ? 0 : timer.retransmits,
        probes: isProbe ? timer.retransmits : 0,
      }
    : NO_TIMER;
  const send_q = state === 'LISTEN' ? 0 : send_q_bytes;
  return line(String(slot).padStart(4), socket, { ...timing, send_q, tail: tail(socket) });
}

const udpLine = (slot: number, socket: UdpState): string =>
  line(String(slot).padStart(5), socket, {
    ...NO_TIMER,
    send_q: socket.send_q_bytes,
    tail: `2 ${POINTER} ${socket.drops}`,
  });

function tcp({ sockets }: MachineState, at_us: number): string {
  const listed = [...sockets.values()].filter(
    (socket) => socket.kind === 'tcp' && familyOf(socket.local.address) === 'inet' && isListed(socket),
  ) as TcpState[];
  const ordered = [
    ...listed.filter(({ state }) => state === 'LISTEN'),
    ...listed.filter(({ state }) => state !== 'LISTEN'),
  ];
  const header =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
  const lines = ordered.map((socket, slot) => tcpLine(slot, socket, at_us));
  return [header, ...lines].map((text) => `${text.padEnd(TCP_WIDTH)}\n`).join('');
}

function udp({ sockets }: MachineState): string {
  const listed = [...sockets.values()].filter(
    (socket) => socket.kind === 'udp' && isListed(socket),
  ) as UdpState[];
  const header =
    '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
  const lines = listed.map((socket, slot) => udpLine(slot, socket));
  return [header, ...lines].map((text) => `${text.padEnd(UDP_WIDTH)}\n`).join('');
}

function sockstat(machine: MachineState): string {
  const { used, tcp: counts, udp: datagram } = countSockets(machine);
  return [
    `sockets: used ${used}`,
    `TCP: inuse ${counts.inuse} orphan ${counts.orphan} tw ${counts.tw} alloc ${counts.alloc} mem 0`,
    `UDP: inuse ${datagram.inuse} mem 0`,
    'UDPLITE: inuse 0',
    'RAW: inuse 0',
    'FRAG: inuse 0 memory 0',
    '',
  ].join('\n');
}

/** Numbers that are no counters: a host that forwards nothing, RTO by Van Jacobson (4 would be; the kernel says 1). */
const SETTINGS: Readonly<Record<string, number>> = {
  IpForwarding: 2,
  IpDefaultTTL: 64,
  TcpRtoAlgorithm: 1,
  TcpRtoMin: 200,
  TcpRtoMax: 120_000,
  TcpMaxConn: -1,
};

/** A line of names and a line of numbers for each table. */
function tables(machine: MachineState, names: readonly CounterTable[]): string {
  const { established } = countSockets(machine).tcp;
  const settings: Readonly<Record<string, number>> = { ...SETTINGS, TcpCurrEstab: established };
  return names
    .map((table) => {
      const numbers = COUNTERS[table].map(
        (name) => machine.counters[table + name] ?? settings[table + name] ?? 0,
      );
      return `${table}: ${COUNTERS[table].join(' ')}\n${table}: ${numbers.join(' ')}\n`;
    })
    .join('');
}

const FILES: Readonly<Record<string, (machine: MachineState, at_us: number) => string>> = {
  netstat: (machine) => tables(machine, ['TcpExt', 'IpExt']),
  snmp: (machine) => tables(machine, ['Ip', 'Icmp', 'Tcp', 'Udp', 'UdpLite']),
  sockstat,
  tcp,
  udp,
};

export const NET_FILES = Object.keys(FILES);

/** @returns null where there is no such file */
export function netEntry(machine: MachineState, at_us: number, name: string): Entry | null {
  const text = FILES[name];
  return text ? file(text(machine, at_us)) : null;
}
