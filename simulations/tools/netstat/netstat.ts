/**
 * `netstat` of net-tools: TCP and UDP over IPv4, out of /proc/net/tcp and /proc/net/udp. It has no room for a listener's
 * backlog, and names one process for each socket. Names of hosts and ports are not looked up, with or without -n.
 */
import type { SocketState, TcpState } from '../../machine/state.ts';
import { familyOf } from '../../network/packet.ts';
import { type Command, failed, printed } from '../command.ts';
import { type Holder, isListed, socketHolders } from '../holders.ts';
import { type OptionNames, type Options, parseOptions, UsageError } from '../options.ts';
import { statistics } from './statistics.ts';

type Name =
  | 'tcp'
  | 'udp'
  | 'all'
  | 'listening'
  | 'numeric'
  | 'programs'
  | 'timers'
  | 'extend'
  | 'statistics'
  | 'ipv4';

const SHORT: Readonly<Record<string, Name>> = {
  t: 'tcp',
  u: 'udp',
  a: 'all',
  l: 'listening',
  n: 'numeric',
  p: 'programs',
  o: 'timers',
  e: 'extend',
  s: 'statistics',
  4: 'ipv4',
};
const NAMES: OptionNames<Name> = {
  short: SHORT,
  long: Object.fromEntries(Object.values(SHORT).map((name) => [name, name])),
};

/** By the names of net-tools. A UDP socket without a peer has none. */
const STATES: Readonly<Record<SocketState['state'], string>> = {
  ESTABLISHED: 'ESTABLISHED',
  SYN_SENT: 'SYN_SENT',
  SYN_RECV: 'SYN_RECV',
  FIN_WAIT1: 'FIN_WAIT1',
  FIN_WAIT2: 'FIN_WAIT2',
  TIME_WAIT: 'TIME_WAIT',
  CLOSE: 'CLOSE',
  CLOSE_WAIT: 'CLOSE_WAIT',
  LAST_ACK: 'LAST_ACK',
  LISTEN: 'LISTEN',
  CLOSING: 'CLOSING',
  UNCONN: '',
};
const TIMERS: Readonly<Record<NonNullable<TcpState['timer']>['name'], string>> = {
  on: 'on',
  keepalive: 'keepalive',
  timewait: 'timewait',
  persist: 'probe',
};
const ADDRESS_WIDTH = 23;
const PROGRAM_WIDTH = 19;

const isListening = ({ state }: SocketState): boolean => state === 'LISTEN' || state === 'UNCONN';

function* chosen(sockets: Iterable<SocketState>, options: Options<Name>): Generator<SocketState> {
  const both = options.has('tcp') === options.has('udp');
  const listed = [...sockets].filter((socket) => {
    if (!isListed(socket) || familyOf(socket.local.address) !== 'inet') return false;
    if (options.has('all')) return true;
    return options.has('listening') === isListening(socket);
  });
  for (const kind of ['tcp', 'udp'] as const) {
    if (!both && !options.has(kind)) continue;
    const own = listed.filter((socket) => socket.kind === kind);
    yield* own.filter(isListening);
    yield* own.filter((socket) => !isListening(socket));
  }
}

const address = ({ address: host, port }: SocketState['local']): string => `${host}:${port || '*'}`;

/** `1234/python3`, of the first that has the socket. */
function program([holder]: readonly Holder[] = []): string {
  if (!holder) return '-';
  const { pid, argv, comm } = holder.process;
  return `${pid}/${(argv[0] ?? comm).replace(/^.*\//, '')}`.slice(0, PROGRAM_WIDTH);
}

/** `on (1.23/5/0)`: what is left in seconds, retransmissions, probes without an answer. */
function timerText(socket: SocketState, at_us: number): string {
  if (socket.kind === 'udp' || !socket.timer) return 'off (0.00/0/0)';
  const { name, due_us, retransmits } = socket.timer;
  // The kernel counts in hundredths of a second.
  const left_s = Math.floor(Math.max(0, due_us - at_us) / 10_000) / 100;
  const isProbe = name === 'persist' || name === 'keepalive';
  const [resent, probed] = isProbe ? [0, retransmits] : [retransmits, 0];
  return `${TIMERS[name]} (${left_s.toFixed(2)}/${resent}/${probed})`;
}

/** Ends with 3 for words that it does not know. */
export const netstat: Command = (machine, at_us, argv) => {
  try {
    const options = parseOptions(argv, NAMES);
    if (options.has('statistics'))
      return printed(
        statistics(
          machine,
          (['tcp', 'udp'] as const).filter((kind) => options.has(kind)),
        ),
      );
    const holders = socketHolders(machine);
    const extended = options.has('extend') ? ` ${'User'.padEnd(10)} ${'Inode'.padEnd(10)}` : '';
    const programs = options.has('programs') ? ` ${'PID/Program name'.padEnd(PROGRAM_WIDTH + 1)}` : '';
    const timers = options.has('timers') ? ' Timer' : '';
    const which = options.has('all')
      ? 'servers and established'
      : options.has('listening')
        ? 'only servers'
        : 'w/o servers';
    const rows = [...chosen(machine.sockets.values(), options)].map((socket) => {
      const { kind, recv_q_bytes, send_q_bytes, uid, inode, state, cookie } = socket;
      const send_q = state === 'LISTEN' ? 0 : send_q_bytes;
      return [
        `${kind.padEnd(5)} ${String(recv_q_bytes).padStart(6)} ${String(send_q).padStart(6)}`,
        ` ${address(socket.local).padEnd(ADDRESS_WIDTH)} ${address(socket.remote).padEnd(ADDRESS_WIDTH)}`,
        ` ${STATES[state].padEnd(11)}`,
        extended && ` ${String(uid).padEnd(10)} ${String(inode).padEnd(10)}`,
        programs && ` ${program(holders.get(cookie)).padEnd(PROGRAM_WIDTH + 1)}`,
        timers && ` ${timerText(socket, at_us)}`,
      ].join('');
    });
    const header = `Proto Recv-Q Send-Q ${'Local Address'.padEnd(ADDRESS_WIDTH)} ${'Foreign Address'.padEnd(ADDRESS_WIDTH)} ${'State'.padEnd(11)}${extended}${programs}${timers}`;
    const lines = [`Active Internet connections (${which})`, header, ...rows];
    return printed(`${lines.join('\n')}\n`);
  } catch (error) {
    if (error instanceof UsageError) return failed(`netstat: ${error.message}`, 3);
    throw error;
  }
};
