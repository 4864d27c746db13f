/**
 * The snapshot: everything at one moment of a run, as plain data. Figures, tools, explorer and tests read it and nothing
 * else; what a reader pastes from a real machine becomes the same type.
 *
 * Left out: memory maps, CPUs and scheduling, file systems but for what a descriptor names.
 */
import type { Errno } from '../kernel/errno.ts';
import type { Endpoint, Packet } from '../network/packet.ts';
import type { Sysctls } from './sysctl.ts';

export type Pid = number;
export type Tid = number;
export type Fd = number;
/** `sk_cookie`: the number by which `ss -e` names a socket. A record (SYN_RECV, TIME_WAIT) has one too. */
export type Cookie = number;
export type Inode = number;

/** Things by key, as they are at one moment; found when they are asked for. */
export interface Lookup<K, V> {
  get(key: K): V | undefined;
  /** In the order in which they came into being. */
  entries(): Iterable<readonly [K, V]>;
  values(): Iterable<V>;
}

/** All machines and what is between them. @typeParam Programs what the programs of an incident know of themselves */
export interface World<Programs = unknown> {
  /** Microseconds since the run began: the time of the event whose consequences this shows. */
  readonly at_us: number;
  /** By name: `client`, `server`. */
  readonly machines: Readonly<Record<string, MachineState>>;
  /** Packets on their way, in the order in which they would arrive where nothing arrives by itself. */
  readonly wire: readonly InFlight[];
  readonly programs: Programs;
}

/** A packet on its way. */
export interface InFlight {
  /** Its number on this wire, from 1. */
  readonly number: number;
  readonly packet: Packet;
  /** Names of machines. */
  readonly from: string;
  readonly to: string;
  readonly sent_us: number;
  /** The number of the packet that it is a copy of, or null. */
  readonly copy_of: number | null;
}

/** One machine: a kernel, its processes and its network namespace. */
export interface MachineState {
  readonly name: string;
  /** Its IPv4 addresses; 127.0.0.1 goes without saying. */
  readonly addresses: readonly string[];
  /** Linux version: `6.12`. */
  readonly kernel: string;
  /** MTU of its one device, in bytes. */
  readonly mtu_bytes: number;
  readonly sysctls: Sysctls;
  readonly processes: Lookup<Pid, ProcessState>;
  /** Full sockets and records alike. */
  readonly sockets: Lookup<Cookie, SocketState>;
  readonly pipes: Lookup<Inode, PipeState>;
  /** By address. */
  readonly neighbours: Lookup<string, NeighbourState>;
  /** By nstat's names; a counter that never counted is absent. */
  readonly counters: Counters;
  /**
   * The sockets that exist by the thousand, counted by what ss shows of them: `TcpPair` in simulations,
   * `LightConnection` in the engine's benchmark.
   */
  readonly census: readonly Alike[];
}

/** nstat's names: `TcpActiveOpens`, `TcpExtDelayedACKs`. */
export type Counters = Readonly<Partial<Record<string, number>>>;

/** Sockets that look alike in ss. */
export interface Alike {
  readonly state: TcpStateName;
  readonly recv_q_bytes: number;
  /** Who has them: a listener's accept queue, a process through a descriptor, or nobody. */
  readonly held: 'accept queue' | 'process' | 'nobody';
  readonly count: number;
  /** The first few of them. */
  readonly samples: readonly Cookie[];
}

// --- processes ---

export interface ProcessState {
  readonly pid: Pid;
  readonly ppid: Pid;
  readonly uid: number;
  /** `/proc/PID/comm`. */
  readonly comm: string;
  readonly argv: readonly string[];
  readonly limits: { readonly nofile: number };
  /** `running`, or how it ended. */
  readonly status: 'running' | 'exited' | 'killed';
  /** The signal that killed it, or null. */
  readonly signal: string | null;
  readonly fds: Lookup<Fd, DescriptorState>;
  /** Descriptors in use, as /proc/PID/fd counts them. */
  readonly open_fds: number;
  readonly threads: Lookup<Tid, ThreadState>;
}

export interface DescriptorState {
  readonly file: FileRef;
  /** FD_CLOEXEC. */
  readonly close_on_exec: boolean;
  /** O_NONBLOCK of the open file. */
  readonly nonblocking: boolean;
  /** The process that it was inherited from at fork, or null. */
  readonly inherited_from: Pid | null;
}

/** What a descriptor refers to. */
export type FileRef =
  | { readonly kind: 'socket'; readonly cookie: Cookie }
  | { readonly kind: 'pipe'; readonly inode: Inode; readonly end: 'read' | 'write' }
  | { readonly kind: 'epoll'; readonly inode: Inode; readonly watches: readonly Fd[] }
  /** A character device such as /dev/null. */
  | { readonly kind: 'device'; readonly path: string; readonly mode: 'r' | 'w' | 'u' };

export interface ThreadState {
  readonly tid: Tid;
  /** What the program calls it: `worker 3`. */
  readonly name: string;
  /** The state of its statechart. */
  readonly runs: 'running' | 'asleep' | 'dead';
  /** The call that it is in, or null. */
  readonly call: CallState | null;
  /** Where its program is, the innermost function first; empty where the program does not tell. */
  readonly frames: readonly Frame[];
}

/** A system call in progress. */
export interface CallState {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly since_us: number;
  /** The kernel function that it sleeps in, as /proc/PID/wchan names it, or null while it runs. */
  readonly wchan: string | null;
  /** When its own timeout is over, or null where it has none. */
  readonly deadline_us: number | null;
  /** Bytes that a write() has yet to write. */
  readonly left_bytes?: number;
}

/** A line of a program that a thread is on. */
export interface Frame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly locals?: Readonly<Record<string, number | string | null>>;
}

// --- sockets ---

/** The states of RFC 9293 by the kernel's names (`include/net/tcp_states.h`). */
export type TcpStateName =
  | 'CLOSE'
  | 'LISTEN'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT1'
  | 'FIN_WAIT2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'TIME_WAIT';

export type SocketState = TcpState | UdpState;

interface SocketCommon {
  readonly cookie: Cookie;
  /** 0 where no process ever had it or none has it any more. */
  readonly inode: Inode;
  readonly uid: number;
  readonly local: Endpoint;
  /** 0.0.0.0 and port 0 where there is none. */
  readonly remote: Endpoint;
  /** As ss counts: bytes that were not read, the FIN as one; a listener's accept queue. */
  readonly recv_q_bytes: number;
  /** As ss counts: bytes that are not acknowledged, SYN and FIN as one each; a listener's backlog. */
  readonly send_q_bytes: number;
  /** `sk_shutdown`: RCV_SHUTDOWN (the other end's FIN, SHUT_RD) and SEND_SHUTDOWN (the own FIN, SHUT_WR). */
  readonly sk_shutdown: { readonly rcv: boolean; readonly send: boolean };
}

export interface TcpState extends SocketCommon {
  readonly kind: 'tcp';
  /** A full socket, or a record: of a handshake (`request_sock`) or of a connection that is over (`inet_timewait_sock`). */
  readonly weight: 'full' | 'request' | 'timewait';
  readonly state: TcpStateName;
  readonly timer: TimerState | null;
  /** `sk_err`: a pending error. */
  readonly error: Errno | null;
  readonly options: SocketOptions;
  /** The regions of its statechart beside the connection's; null where it has none (a record, a listener's child that stands still). */
  readonly regions: Regions | null;
  /** What `struct tcp_info` tells; null for a record and before there was a connection. */
  readonly info: TcpInfo | null;
  /** What bounds the handshake of an active open; null before connect() and once it is over. */
  readonly syn: SynState | null;
  /** `SK_MEMINFO`, `ss -m`; null for a record. */
  readonly memory: SocketMemory | null;
}

/** `ss -o`: the one timer of retransmissions, probes and keepalive, or a record's own. */
export interface TimerState {
  readonly name: 'on' | 'keepalive' | 'timewait' | 'persist';
  readonly set_us: number;
  readonly due_us: number;
  /** Retransmissions, or probes, so far. */
  readonly retransmits: number;
}

export interface Regions {
  readonly retransmission: string;
  readonly acknowledgement: string;
  readonly sending: string;
}

/** `struct tcp_info`, and what else the chapters show of a connection. Times are since the run began. */
export interface TcpInfo {
  readonly rto_ms: number;
  /** 0 before the first sample. */
  readonly srtt_us: number;
  readonly rttvar_us: number;
  readonly min_rtt_us: number;
  readonly snd_mss: number;
  readonly rcv_mss: number;
  readonly advmss: number;
  readonly snd_cwnd: number;
  /** Infinity (not set) before the first loss. */
  readonly snd_ssthresh: number;
  readonly snd_wnd: number;
  readonly rcv_wnd: number;
  readonly rcv_ssthresh: number;
  readonly unacked: number;
  readonly notsent_bytes: number;
  readonly retransmits: number;
  readonly probes: number;
  readonly backoff: number;
  /** Segments that are sent again and not acknowledged (`tp->retrans_out`); `total_retrans` counts all since the start. */
  readonly retrans_out: number;
  readonly total_retrans: number;
  readonly bytes_sent: number;
  readonly bytes_retrans: number;
  readonly bytes_acked: number;
  readonly bytes_received: number;
  readonly segs_out: number;
  readonly segs_in: number;
  readonly data_segs_out: number;
  readonly data_segs_in: number;
  readonly last_data_sent_us: number;
  readonly last_data_recv_us: number;
  readonly last_ack_recv_us: number;
  /** Options that both ends agreed on. */
  readonly timestamps: boolean;
  readonly sack: boolean;
  /** Window scales, or null where none was agreed on. */
  readonly snd_wscale: number | null;
  readonly rcv_wscale: number | null;
  /** `icsk_ack`: quick ACKs left, replies counted, the delay, and the delayed ACK that waits. */
  readonly quick: number;
  readonly pingpong: number;
  readonly ato_ms: number;
  readonly delack: { readonly set_us: number; readonly due_us: number } | null;
}

/** The SYN of an active open and what limits it (`tcp_write_timeout`). */
export interface SynState {
  readonly retransmits: number;
  readonly max_retransmits: number;
  readonly limit_ms: number;
  readonly retrans_stamp_us: number;
  readonly rto_ms: number;
  readonly syns_sent: number;
}

/** Options as setsockopt() has set them. */
export interface SocketOptions {
  readonly nodelay: boolean;
  readonly cork: boolean;
  readonly reuseaddr: boolean;
  /** Seconds, or null for off. */
  readonly linger_s: number | null;
  readonly user_timeout_ms: number;
  readonly sndtimeo_ms: number | null;
  readonly rcvtimeo_ms: number | null;
  /** 0 for the sysctl's. */
  readonly syncnt: number;
}

/** `ss -m`: skmem:(r…,rb…,t…,tb…,f…,w…,o…,bl…,d…), in bytes. */
export interface SocketMemory {
  readonly rmem_alloc: number;
  readonly rcvbuf: number;
  readonly wmem_alloc: number;
  readonly sndbuf: number;
  readonly fwd_alloc: number;
  readonly wmem_queued: number;
  readonly optmem: number;
  readonly backlog: number;
  readonly drops: number;
}

export interface UdpState extends SocketCommon {
  readonly kind: 'udp';
  /** ss says UNCONN and ESTAB. */
  readonly state: 'UNCONN' | 'ESTABLISHED';
  readonly error: Errno | null;
  readonly drops: number;
  readonly memory: SocketMemory | null;
}

// --- the rest ---

/** A pipe: its ring of slots, and who is at its ends. */
export interface PipeState {
  readonly inode: Inode;
  /** Where its statechart stands. */
  readonly state: 'empty' | 'holding' | 'full';
  /** By position in the ring; null where a slot is free. */
  readonly slots: readonly (PipeSlot | null)[];
  /** Positions of the oldest slot, and of the newest, or null where it is empty. */
  readonly tail: number;
  readonly newest: number | null;
  readonly used_slots: number;
  readonly size_bytes: number;
  readonly held_bytes: number;
  readonly free_bytes: number;
  /** Open files of each end. */
  readonly readers: number;
  readonly writers: number;
  /** Who sleeps at it, in the order in which they will be woken. */
  readonly rd_wait: readonly Sleeper[];
  readonly wr_wait: readonly Sleeper[];
}

/** One page of a pipe: `len` bytes to read from `offset` on. */
export interface PipeSlot {
  readonly offset: number;
  readonly len: number;
}

export interface Sleeper {
  readonly tid: Tid;
  readonly name: string;
}

export interface NeighbourState {
  readonly address: string;
  readonly state: 'NONE' | 'INCOMPLETE' | 'REACHABLE' | 'FAILED';
  readonly probes: number;
}
