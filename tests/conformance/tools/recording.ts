/** The recording of the real tools, and the snapshot that each of its moments was, from what the kernel told of it. */
import { readFileSync } from 'node:fs';
import { DEFAULT_OPTIONS } from '#simulations/kernel/tcp/record-state.ts';
import type {
  Alike,
  Cookie,
  DescriptorState,
  FileRef,
  Lookup,
  MachineState,
  ProcessState,
  SocketState,
  TcpInfo,
  TcpState,
  TcpStateName,
} from '#simulations/machine/state.ts';
import { DEFAULT_SYSCTLS } from '#simulations/machine/sysctl.ts';
import type { Endpoint } from '#simulations/network/packet.ts';

/** A run of a real tool. */
export interface Recorded {
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly stderr?: string;
  readonly exit?: number;
}

/** `struct inet_diag_msg` and the attributes that follow it, in words. */
interface Diagnosed {
  readonly state: TcpStateName;
  readonly cookie: number;
  readonly inode: number;
  readonly uid: number;
  readonly local: string;
  readonly remote: string;
  readonly recv_q: number;
  readonly send_q: number;
  readonly timer: 'on' | 'keepalive' | 'timewait' | 'persist' | null;
  readonly retransmits: number;
  readonly expires_ms: number;
  readonly info?: Readonly<Record<string, number>>;
  readonly skmem?: NonNullable<TcpState['memory']>;
  readonly shutdown?: number;
}

interface RecordedFile {
  readonly link: string;
  /** Octal, as fdinfo has them. */
  readonly flags: string;
  readonly ino: string;
  readonly protocol?: string;
  readonly watches?: readonly number[];
}

interface RecordedProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly comm: string;
  readonly argv: readonly string[];
  readonly uid: number;
  readonly nofile: readonly [number, number];
  readonly fds: Readonly<Record<string, RecordedFile>>;
  readonly threads: Readonly<Record<string, { comm: string; wchan: string }>>;
}

export interface Moment {
  readonly where: 'client' | 'server';
  readonly facts: {
    readonly tcp: readonly Diagnosed[];
    readonly udp: readonly Diagnosed[];
    readonly processes: readonly RecordedProcess[];
    readonly files?: Readonly<Record<string, string>>;
    readonly server?: number;
    readonly reader?: number;
    readonly various?: number;
    readonly stacks?: readonly {
      readonly tid: number;
      readonly name: string;
      readonly active: boolean;
      readonly frames: readonly { readonly function: string; readonly file: string; readonly line: number }[];
    }[];
  };
  readonly outputs: readonly Recorded[];
}

/** strace of a program, and what the program says that it did. */
export interface TracedCalls {
  readonly argv: readonly string[];
  readonly pid: number;
  readonly stdout: string;
  readonly events: readonly {
    readonly kind: 'syscall' | 'syscall-return';
    readonly tid: number;
    readonly call: string;
    readonly args: Readonly<Record<string, unknown>>;
    readonly value?: number;
    readonly errno?: string | null;
    readonly out?: Readonly<Record<string, unknown>>;
  }[];
}

interface Recording {
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly situations: Readonly<Record<string, readonly Moment[]>>;
}

export const recording: Recording = JSON.parse(
  readFileSync(new URL('recording.json', import.meta.url), 'utf8'),
);

/** The time of every moment: long enough after the start for what was long ago. */
export const AT_us = 1e12;

export function lookup<K, V>(entries: Iterable<readonly [K, V]>): Lookup<K, V> {
  const map = new Map(entries);
  return { get: (key) => map.get(key), entries: () => map.entries(), values: () => map.values() };
}

function endpoint(text: string): Endpoint {
  const [address = '', port] = text.split(':');
  return { address, port: Number(port) };
}

/** Bits of `tcpi_options`. */
const TCPI_OPT = { timestamps: 1, sack: 2, wscale: 4 } as const;
const INFINITE_SSTHRESH = 0x7fffffff;
const isDeaf = (shutdown = 0) => ({ rcv: (shutdown & 1) !== 0, send: (shutdown & 2) !== 0 });

function tcpInfo(info: Readonly<Record<string, number>>): TcpInfo {
  const get = (name: string): number => info[name] ?? Number.NaN;
  const bit = (mask: number): boolean => (get('options') & mask) !== 0;
  const ago_us = (name: string): number => AT_us - get(name) * 1000;
  return {
    rto_ms: get('rto') / 1000,
    srtt_us: get('rtt'),
    rttvar_us: get('rttvar'),
    min_rtt_us: get('min_rtt'),
    snd_mss: get('snd_mss'),
    rcv_mss: get('rcv_mss'),
    advmss: get('advmss'),
    snd_cwnd: get('snd_cwnd'),
    snd_ssthresh: get('snd_ssthresh') === INFINITE_SSTHRESH ? Number.POSITIVE_INFINITY : get('snd_ssthresh'),
    snd_wnd: get('snd_wnd'),
    rcv_wnd: get('rcv_wnd'),
    rcv_ssthresh: get('rcv_ssthresh'),
    unacked: get('unacked'),
    notsent_bytes: get('notsent_bytes'),
    retransmits: get('retransmits'),
    probes: get('probes'),
    backoff: get('backoff'),
    retrans_out: get('retrans'),
    total_retrans: get('total_retrans'),
    bytes_sent: get('bytes_sent'),
    bytes_retrans: get('bytes_retrans'),
    bytes_acked: get('bytes_acked'),
    bytes_received: get('bytes_received'),
    segs_out: get('segs_out'),
    segs_in: get('segs_in'),
    data_segs_out: get('data_segs_out'),
    data_segs_in: get('data_segs_in'),
    last_data_sent_us: ago_us('last_data_sent'),
    last_data_recv_us: ago_us('last_data_recv'),
    last_ack_recv_us: ago_us('last_ack_recv'),
    timestamps: bit(TCPI_OPT.timestamps),
    sack: bit(TCPI_OPT.sack),
    snd_wscale: bit(TCPI_OPT.wscale) ? get('wscale') & 15 : null,
    rcv_wscale: bit(TCPI_OPT.wscale) ? get('wscale') >> 4 : null,
    quick: 0,
    pingpong: 0,
    ato_ms: get('ato') / 1000,
    delack: null,
  };
}

function common(told: Diagnosed) {
  return {
    cookie: told.cookie,
    inode: told.inode,
    uid: told.uid,
    local: endpoint(told.local),
    remote: endpoint(told.remote),
    recv_q_bytes: told.recv_q,
    send_q_bytes: told.send_q,
    sk_shutdown: isDeaf(told.shutdown),
    memory: told.skmem ?? null,
    error: null,
  };
}

function tcpState(told: Diagnosed): TcpState {
  // The kernel's list has no memory of what is no full socket.
  const record = told.state === 'SYN_RECV' ? 'request' : 'timewait';
  const weight = told.skmem ? 'full' : record;
  const due_us = AT_us + told.expires_ms * 1000;
  const { info } = told;
  return {
    ...common(told),
    kind: 'tcp',
    weight,
    state: told.state,
    timer: told.timer ? { name: told.timer, set_us: AT_us, due_us, retransmits: told.retransmits } : null,
    options: DEFAULT_OPTIONS,
    regions: null,
    info: info && !['SYN_SENT', 'LISTEN'].includes(told.state) ? tcpInfo(info) : null,
    syn:
      info && told.state === 'SYN_SENT'
        ? {
            retransmits: told.retransmits,
            max_retransmits: DEFAULT_SYSCTLS.tcp_syn_retries,
            limit_ms: 0,
            retrans_stamp_us: 0,
            rto_ms: (info.rto ?? 0) / 1000,
            syns_sent: info.segs_out ?? 0,
          }
        : null,
  };
}

function udpState(told: Diagnosed): SocketState {
  return {
    ...common(told),
    kind: 'udp',
    state: told.state === 'ESTABLISHED' ? 'ESTABLISHED' : 'UNCONN',
    drops: told.skmem?.drops ?? 0,
  };
}

/** `O_ACCMODE` and others, as fdinfo has them: octal. */
const O = { WRONLY: 0o1, RDWR: 0o2, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;

/** The kernel's list has no socket in CLOSE, and so no cookie of it. */
const cookieOf = (inode: number): Cookie => 1e9 + inode;

/** Sockets that the program with files of all kinds has, and that are in none of the kernel's lists. */
function unlisted({ facts }: Moment): SocketState[] {
  const listed = new Set([...facts.tcp, ...facts.udp].map(({ inode }) => inode));
  const files = facts.processes
    .filter(({ pid }) => pid === facts.various)
    .flatMap(({ fds }) => Object.values(fds))
    .filter(({ protocol, ino }) => protocol && !listed.has(Number(ino)));
  return files.map(({ protocol, ino }) => {
    const told: Diagnosed = {
      state: 'CLOSE',
      cookie: cookieOf(Number(ino)),
      inode: Number(ino),
      uid: 0,
      local: '0.0.0.0:0',
      remote: '0.0.0.0:0',
      recv_q: 0,
      send_q: 0,
      timer: null,
      retransmits: 0,
      expires_ms: 0,
    };
    return protocol === 'UDP' ? udpState(told) : { ...tcpState(told), weight: 'full' };
  });
}

function fileRef(
  { link, ino, watches }: RecordedFile,
  flags: number,
  byInode: ReadonlyMap<number, Cookie>,
): FileRef | null {
  const inode = Number(ino);
  if (watches) return { kind: 'epoll', inode, watches };
  const cookie = byInode.get(inode);
  if (link.startsWith('socket:')) return cookie === undefined ? null : { kind: 'socket', cookie };
  if (link.startsWith('pipe:')) return { kind: 'pipe', inode, end: flags & O.WRONLY ? 'write' : 'read' };
  return { kind: 'device', path: link, mode: flags & O.RDWR ? 'u' : flags & O.WRONLY ? 'w' : 'r' };
}

function processState(
  told: RecordedProcess,
  { facts }: Moment,
  byInode: ReadonlyMap<number, Cookie>,
): ProcessState {
  const fds = Object.entries(told.fds).flatMap(([fd, recorded]) => {
    const flags = Number.parseInt(recorded.flags, 8);
    const file = fileRef(recorded, flags, byInode);
    if (!file) return [];
    const state: DescriptorState = {
      file,
      close_on_exec: (flags & O.CLOEXEC) !== 0,
      nonblocking: (flags & O.NONBLOCK) !== 0,
      inherited_from: null,
    };
    return [[Number(fd), state] as const];
  });
  const threads = Object.entries(told.threads).map(([tid, { wchan }]) => {
    const stack = facts.stacks?.find((thread) => thread.tid === Number(tid));
    const isAsleep = wchan !== '0' && wchan !== '';
    return [
      Number(tid),
      {
        tid: Number(tid),
        name: stack?.name ?? told.comm,
        runs: isAsleep ? 'asleep' : 'running',
        call: isAsleep ? { name: '', args: {}, since_us: 0, wchan, deadline_us: null } : null,
        frames: stack?.frames ?? [],
      },
    ] as const;
  });
  return {
    pid: told.pid,
    ppid: told.ppid,
    uid: told.uid,
    comm: told.comm,
    argv: told.argv,
    limits: { nofile: told.nofile[0] },
    status: 'running',
    signal: null,
    fds: lookup(fds),
    open_fds: fds.length,
    threads: lookup(threads),
  };
}

/** The snapshot of a moment. @param mtu_bytes of the device that its connections go over */
export function machineOf(moment: Moment, mtu_bytes = 1500): MachineState {
  const { tcp, udp, processes } = moment.facts;
  const sockets: readonly SocketState[] = [...udp.map(udpState), ...tcp.map(tcpState), ...unlisted(moment)];
  const byInode = new Map(sockets.filter(({ inode }) => inode).map(({ inode, cookie }) => [inode, cookie]));
  const census: readonly Alike[] = [];
  return {
    name: moment.where,
    addresses: [],
    kernel: '6.18',
    mtu_bytes,
    sysctls: DEFAULT_SYSCTLS,
    processes: lookup(processes.map((told) => [told.pid, processState(told, moment, byInode)])),
    sockets: lookup(sockets.map((socket) => [socket.cookie, socket])),
    pipes: lookup([]),
    neighbours: lookup([]),
    counters: {},
    census,
  };
}

/** The runs of a tool whose words fulfil a condition. */
export const runsOf = (moment: Moment, tool: string): readonly Recorded[] =>
  moment.outputs.filter(({ argv }) => argv[0] === tool);
