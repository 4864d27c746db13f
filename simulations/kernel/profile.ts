/**
 * Kernel versions: the defaults and rules that an active open depends on, and others that changed between versions.
 *
 * Left out: pipes before 5.5, where every read that freed a slot woke every writer, and before 5.14, where a pipe past
 * the soft limit got one slot; distributions' own patches and sysctl files; `tcp_rto_max_ms` (6.15) is at its default;
 * 4.19 to 5.3, where TCP_USER_TIMEOUT sent the remaining SYNs one jiffy apart, until a fix that went into 4.19.77 too
 * and there, until 4.19.209, ended every attempt after four retransmissions.
 */

/** How TCP_USER_TIMEOUT acts on a socket in SYN_SENT. */
export type UserTimeoutInSynSent =
  /** `tcp_write_timeout` passes 0 while the state is SYN_SENT. */
  | 'ignored'
  /** It shortens the timer to its own end, and ends the attempt there. */
  | 'honoured';

/** One version of Linux: what it has for those rules and defaults in which versions differ. */
export interface KernelProfile {
  /** Default of the sysctl. */
  readonly tcp_syn_retries: number;
  /** Default of the sysctl, or null where the kernel has none. */
  readonly tcp_syn_linear_timeouts: number | null;
  readonly user_timeout: UserTimeoutInSynSent;
  /** The most segments that a SYN's window offers, or null for no limit but the buffer's. */
  readonly init_rcv_wnd: number | null;
  /** Whether a read of a full pipe wakes a writer although no slot is free after it (5.5 to 6.13). */
  readonly wakesWhileFull: boolean;
  /** Whether an ICMP error about a SYN goes to the socket's error queue too, over IPv4 without IP_RECVERR (from 5.8 on). */
  readonly queuesIcmpErrors: boolean;
  /** Whether an ACK of what was never sent is answered in ESTABLISHED; else it is dropped there. */
  readonly answersUnsentAck: boolean;
  /** Whether no delayed ACK waits as long as the least RTO. */
  readonly capsDelayedAck: boolean;
  /** Default of the sysctl in µs, or null where the kernel has none. */
  readonly tcp_rto_min_us: number | null;
  /** Whether it has TCP_RTO_MIN_US and TCP_DELACK_MAX_US. */
  readonly hasDelackOptions: boolean;
  /** The function that a blocked writer sleeps in, as `/proc/PID/wchan` names it. */
  readonly pipe_write_wchan: string;
  /** The function that a thread sleeps in at a futex. */
  readonly futex_wchan: string;
  /** What sets this version apart. */
  readonly help: string;
}

/** The profiles by version. Linear retries came with 6.5, a TCP_USER_TIMEOUT that counts with 5.4. */
export const KERNELS = {
  '3.2': {
    wakesWhileFull: true,
    queuesIcmpErrors: false,
    answersUnsentAck: false,
    capsDelayedAck: false,
    tcp_rto_min_us: null,
    hasDelackOptions: false,
    pipe_write_wchan: 'pipe_write',
    futex_wchan: 'futex_wait_queue',
    tcp_syn_retries: 5,
    tcp_syn_linear_timeouts: null,
    user_timeout: 'ignored',
    init_rcv_wnd: 10,
    help: '5 retries: 63 s, as in the post (3.1 to 3.6)',
  },
  '3.10': {
    wakesWhileFull: true,
    queuesIcmpErrors: false,
    answersUnsentAck: false,
    capsDelayedAck: false,
    tcp_rto_min_us: null,
    hasDelackOptions: false,
    pipe_write_wchan: 'pipe_write',
    futex_wchan: 'futex_wait_queue',
    tcp_syn_retries: 6,
    tcp_syn_linear_timeouts: null,
    user_timeout: 'ignored',
    init_rcv_wnd: 20,
    help: '6 retries: 127 s',
  },
  '4.14': {
    wakesWhileFull: true,
    queuesIcmpErrors: false,
    answersUnsentAck: false,
    capsDelayedAck: false,
    tcp_rto_min_us: null,
    hasDelackOptions: false,
    pipe_write_wchan: 'pipe_write',
    futex_wchan: 'futex_wait_queue',
    tcp_syn_retries: 6,
    tcp_syn_linear_timeouts: null,
    user_timeout: 'ignored',
    init_rcv_wnd: 20,
    help: '6 retries: 127 s',
  },
  '5.4': {
    wakesWhileFull: true,
    queuesIcmpErrors: false,
    answersUnsentAck: false,
    capsDelayedAck: false,
    tcp_rto_min_us: null,
    hasDelackOptions: false,
    pipe_write_wchan: 'pipe_write',
    futex_wchan: 'futex_wait_queue',
    tcp_syn_retries: 6,
    tcp_syn_linear_timeouts: null,
    user_timeout: 'honoured',
    init_rcv_wnd: null,
    help: '6 retries: 127 s; TCP_USER_TIMEOUT counts',
  },
  '6.1': {
    wakesWhileFull: true,
    queuesIcmpErrors: true,
    answersUnsentAck: false,
    capsDelayedAck: false,
    tcp_rto_min_us: null,
    hasDelackOptions: false,
    pipe_write_wchan: 'pipe_write',
    futex_wchan: 'futex_wait_queue',
    tcp_syn_retries: 6,
    tcp_syn_linear_timeouts: null,
    user_timeout: 'honoured',
    init_rcv_wnd: null,
    help: '6 retries: 127 s; TCP_USER_TIMEOUT counts',
  },
  '6.6': {
    wakesWhileFull: true,
    queuesIcmpErrors: true,
    answersUnsentAck: false,
    capsDelayedAck: true,
    tcp_rto_min_us: null,
    hasDelackOptions: false,
    pipe_write_wchan: 'pipe_write',
    futex_wchan: 'futex_wait_queue',
    tcp_syn_retries: 6,
    tcp_syn_linear_timeouts: 4,
    user_timeout: 'honoured',
    init_rcv_wnd: null,
    help: '4 linear retries, then doubling: 131 s',
  },
  '6.12': {
    wakesWhileFull: true,
    queuesIcmpErrors: true,
    answersUnsentAck: false,
    capsDelayedAck: true,
    tcp_rto_min_us: 200_000,
    hasDelackOptions: false,
    pipe_write_wchan: 'pipe_write',
    futex_wchan: 'futex_wait_queue',
    tcp_syn_retries: 6,
    tcp_syn_linear_timeouts: 4,
    user_timeout: 'honoured',
    init_rcv_wnd: null,
    help: '4 linear retries, then doubling: 131 s',
  },
  '6.18': {
    wakesWhileFull: false,
    queuesIcmpErrors: true,
    answersUnsentAck: true,
    capsDelayedAck: true,
    tcp_rto_min_us: 200_000,
    hasDelackOptions: true,
    pipe_write_wchan: 'anon_pipe_write',
    futex_wchan: 'futex_do_wait',
    tcp_syn_retries: 6,
    tcp_syn_linear_timeouts: 4,
    user_timeout: 'honoured',
    init_rcv_wnd: null,
    help: 'as 6.12; the recordings were made on it',
  },
} as const satisfies Record<string, KernelProfile>;

export type KernelVersion = keyof typeof KERNELS;

/** CONFIG_HZ of Debian's and most distributions' kernels: a jiffy is 4 ms. */
export const HZ = 250;
