/**
 * `ss` of iproute2 6.1, its output no terminal: TCP, and UDP over IPv4.
 *
 * Listeners come first and the rest in the order in which they came into being; the kernel's order is that of a hash.
 *
 * Left out: the fields in `left-out.ts`, each with its reason.
 */
import type { Alike, MachineState, SocketState } from '../../machine/state.ts';
import { familyOf, hostText } from '../../network/packet.ts';
import { alike, moreLike } from '../alike.ts';
import { type Command, failed, printed } from '../command.ts';
import { type Holder, type Holders, isListed, socketHolders } from '../holders.ts';
import { type OptionNames, type Options, parseOptions, UsageError } from '../options.ts';
import { portName } from '../services.ts';
import { type Row, table } from './columns.ts';
import { BadAddress, type Filter, parseFilter } from './filter.ts';
import {
  ALL_STATES,
  DEFAULT_STATES,
  LISTENING_STATES,
  SHOWN_STATES,
  type ShownState,
  STATE_WORDS,
} from './states.ts';
import { summary } from './summary.ts';
import { infoFields } from './tcp-info.ts';
import { timerField } from './timer.ts';

type Name =
  | 'tcp'
  | 'udp'
  | 'all'
  | 'listening'
  | 'numeric'
  | 'options'
  | 'processes'
  | 'info'
  | 'memory'
  | 'extended'
  | 'summary'
  | 'no-header'
  | 'oneline'
  | 'ipv4'
  | 'ipv6';

const SHORT: Readonly<Record<string, Name>> = {
  t: 'tcp',
  u: 'udp',
  a: 'all',
  l: 'listening',
  n: 'numeric',
  o: 'options',
  p: 'processes',
  i: 'info',
  m: 'memory',
  e: 'extended',
  s: 'summary',
  H: 'no-header',
  O: 'oneline',
  4: 'ipv4',
  6: 'ipv6',
};
const NAMES: OptionNames<Name> = {
  short: SHORT,
  long: Object.fromEntries(Object.values(SHORT).map((name) => [name, name])),
};

/** Which sockets are asked for. */
interface Choice {
  readonly kinds: readonly SocketState['kind'][];
  readonly states: ReadonlySet<ShownState>;
  readonly filter: Filter;
}

function choose(options: Options<Name>): Choice {
  const both = options.has('tcp') === options.has('udp');
  const kinds: SocketState['kind'][] = both ? ['udp', 'tcp'] : options.has('udp') ? ['udp'] : ['tcp'];
  const words = [...options.operands];
  let states: Set<ShownState> | null = null;
  while (words[0] === 'state' || words[0] === 'exclude') {
    const [way, word = ''] = words.splice(0, 2);
    const named = STATE_WORDS[word];
    if (!named) throw new UsageError(`wrong state name: ${word}`);
    const before: Set<ShownState> = states ?? new Set(way === 'exclude' ? ALL_STATES : []);
    states = new Set(
      way === 'exclude' ? [...before].filter((state) => !named.includes(state)) : [...before, ...named],
    );
  }
  const byFlag = options.has('all')
    ? ALL_STATES
    : options.has('listening')
      ? LISTENING_STATES
      : kinds.flatMap((kind) => DEFAULT_STATES[kind]);
  return { kinds, states: states ?? new Set(byFlag), filter: ofFamily(options, parseFilter(words)) };
}

/** `-4` or `-6`: sockets of that family alone. */
function ofFamily(options: Options<Name>, filter: Filter): Filter {
  if (options.has('ipv4') === options.has('ipv6')) return filter;
  const family = options.has('ipv6') ? 'inet6' : 'inet';
  return (socket) => familyOf(socket.local.address) === family && filter(socket);
}

function* chosen({ sockets }: MachineState, { kinds, states, filter }: Choice): Generator<SocketState> {
  const listed = [...sockets.values()].filter(
    (socket) => states.has(SHOWN_STATES[socket.state]) && isListed(socket) && filter(socket),
  );
  for (const kind of kinds) {
    const own = listed.filter((socket) => socket.kind === kind);
    yield* own.filter(({ state }) => state === 'LISTEN');
    yield* own.filter(({ state }) => state !== 'LISTEN');
  }
}

/** ss finds the processes in ascending order and puts each before those that it has. */
const usersField = (holders: readonly Holder[] = []): string =>
  holders.length > 0
    ? ` users:(${[...holders]
        .reverse()
        .map(({ process, fd }) => `("${process.comm}",pid=${process.pid},fd=${fd})`)
        .join(',')})`
    : '';

/** Which ways are open: `<->`, `<--` after the own FIN, `-->` after the other end's, `---`. A record says nothing. */
function shutdownField(socket: SocketState): string {
  if (socket.kind === 'tcp' && socket.weight !== 'full') return '';
  const { rcv, send } = socket.sk_shutdown;
  return ` ${rcv ? '-' : '<'}-${send ? '-' : '>'}`;
}

/** `-e`. Left out: the control group. */
const extendedFields = (socket: SocketState): string =>
  `${socket.uid ? ` uid:${socket.uid}` : ''} ino:${socket.inode} sk:${socket.cookie.toString(16)}${shutdownField(socket)}`;

function memoryField({ memory }: Pick<SocketState, 'kind'> & { memory: SocketState['memory'] }): string {
  if (!memory) return '';
  const { rmem_alloc, rcvbuf, wmem_alloc, sndbuf, fwd_alloc, wmem_queued, optmem, backlog, drops } = memory;
  return ` skmem:(r${rmem_alloc},rb${rcvbuf},t${wmem_alloc},tb${sndbuf},f${fwd_alloc},w${wmem_queued},o${optmem},bl${backlog},d${drops})`;
}

function rowOf(
  socket: SocketState,
  at_us: number,
  options: Options<Name>,
  mtu_bytes: number,
  holders: Holders,
): Row {
  const numeric = options.has('numeric');
  const end = ({ address, port }: SocketState['local']) => ({
    address: hostText(address),
    port: port ? portName(socket.kind, port, numeric) : '*',
  });
  const shows_options = options.has('options') || options.has('extended');
  const below = [
    options.has('memory') ? memoryField(socket) : '',
    options.has('info') && socket.kind === 'tcp' ? infoFields(socket, at_us, mtu_bytes, shows_options) : '',
  ].join('');
  const hasBelow = options.has('memory') || options.has('info');
  return {
    netid: socket.kind,
    state: SHOWN_STATES[socket.state],
    recv_q: socket.recv_q_bytes,
    send_q: socket.send_q_bytes,
    local: end(socket.local),
    peer: end(socket.remote),
    process: [
      options.has('processes') ? usersField(holders.get(socket.cookie)) : '',
      shows_options && socket.kind === 'tcp' ? timerField(socket.timer, at_us) : '',
      options.has('extended') ? extendedFields(socket) : '',
      hasBelow && !options.has('oneline') ? '\n\t' : '',
      below,
    ].join(''),
  };
}

/** Sockets, and comments in place of some. */
type Listed = SocketState | string;

/** Who has it, as the census says it. */
function heldBy({ cookie, state, inode }: SocketState, holders: Holders): Alike['held'] {
  if (holders.has(cookie)) return 'process';
  return inode === 0 && (state === 'ESTABLISHED' || state === 'CLOSE_WAIT') ? 'accept queue' : 'nobody';
}

function comment(more: number, held: Alike['held']): string[] {
  const where = held === 'accept queue' ? ', in the accept queue: no process has them' : '';
  return more > 0 ? [moreLike(more) + where] : [];
}

/** Of sockets that look alike in a line, the first few, and how many more there are. */
function* grouped(machine: MachineState, choice: Choice, most: number, holders: Holders): Generator<Listed> {
  const look = (socket: SocketState): string =>
    [socket.kind, socket.state, socket.recv_q_bytes, heldBy(socket, holders)].join(' ');
  for (const { shown, more } of alike(chosen(machine, choice), look, most)) {
    yield* shown;
    const [first] = shown;
    if (first) yield* comment(more, heldBy(first, holders));
  }
}

/** Ends with 255 for words that it does not know, with 1 for an address that is none. */
export const ss: Command = (machine, at_us, argv, { most_alike } = {}) => {
  try {
    const options = parseOptions(argv, NAMES);
    if (options.has('summary')) return printed(summary(machine));
    const choice = choose(options);
    const isAll = most_alike === undefined;
    const holders: Holders = options.has('processes') || !isAll ? socketHolders(machine) : new Map();
    const listed: Iterable<Listed> = isAll
      ? chosen(machine, choice)
      : grouped(machine, choice, most_alike, holders);
    const sockets = [...listed];
    const rows = sockets.map((socket) =>
      typeof socket === 'string' ? socket : rowOf(socket, at_us, options, machine.mtu_bytes, holders),
    );
    const layout = {
      netid: choice.kinds.length > 1,
      state: choice.states.size !== 1,
      header: !options.has('no-header'),
    };
    return printed(table(rows, layout));
  } catch (error) {
    if (error instanceof UsageError) return failed(`ss: ${error.message}`, 255);
    if (error instanceof BadAddress) return failed(error.message, 1);
    throw error;
  }
};
