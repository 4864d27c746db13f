/** Snapshots made by hand. */
import { DEFAULT_OPTIONS } from '#simulations/kernel/tcp/record-state.ts';
import type {
  Lookup,
  MachineState,
  ProcessState,
  SocketState,
  TcpState,
  ThreadState,
} from '#simulations/machine/state.ts';
import { DEFAULT_SYSCTLS } from '#simulations/machine/sysctl.ts';

export function lookup<K, V>(entries: Iterable<readonly [K, V]>): Lookup<K, V> {
  const map = new Map(entries);
  return { get: (key) => map.get(key), entries: () => map.entries(), values: () => map.values() };
}

/** A connection of the server, its cookie 1 unless it is given. */
export const tcp = (given: Partial<TcpState>): TcpState => ({
  kind: 'tcp',
  weight: 'full',
  cookie: 1,
  inode: 1000 + (given.cookie ?? 1),
  uid: 0,
  state: 'ESTABLISHED',
  local: { address: '10.0.0.2', port: 8080 },
  remote: { address: '10.0.0.1', port: 40_000 + (given.cookie ?? 1) },
  recv_q_bytes: 0,
  send_q_bytes: 0,
  sk_shutdown: { rcv: false, send: false },
  timer: null,
  error: null,
  options: DEFAULT_OPTIONS,
  regions: null,
  info: null,
  syn: null,
  memory: null,
  ...given,
});

export const thread = (given: Partial<ThreadState>): ThreadState => ({
  tid: 2001,
  name: 'main',
  runs: 'asleep',
  call: null,
  frames: [],
  ...given,
});

/** `python3 server.py`, PID 2001. */
export function process(
  sockets: readonly SocketState[],
  threads: readonly ThreadState[] = [thread({})],
): ProcessState {
  const held = sockets.filter(({ inode }) => inode > 0);
  const fds = held.map(
    ({ cookie }, i) =>
      [
        i + 3,
        {
          file: { kind: 'socket', cookie },
          close_on_exec: false,
          nonblocking: false,
          inherited_from: null,
        },
      ] as const,
  );
  return {
    pid: 2001,
    ppid: 1,
    uid: 0,
    comm: 'python3',
    argv: ['python3', 'server.py'],
    limits: { nofile: 1024 },
    status: 'running',
    signal: null,
    fds: lookup(fds),
    open_fds: fds.length,
    threads: lookup(threads.map((each) => [each.tid, each])),
  };
}

export const machine = (
  sockets: readonly SocketState[],
  given: Partial<MachineState> = {},
): MachineState => ({
  name: 'server',
  addresses: ['10.0.0.2'],
  kernel: '6.12',
  mtu_bytes: 1500,
  sysctls: DEFAULT_SYSCTLS,
  processes: lookup([[2001, process(sockets)]]),
  sockets: lookup(sockets.map((socket) => [socket.cookie, socket])),
  pipes: lookup([]),
  neighbours: lookup([]),
  counters: {},
  census: [],
  ...given,
});
