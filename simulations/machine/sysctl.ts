/**
 * The sysctls of a host, with the defaults of Linux 6.12. Each has its kernel name, below `net.ipv4` where its comment
 * does not say otherwise; `rcvbuf_bytes` alone is a name of ours.
 */
export interface Sysctls {
  readonly tcp_syn_retries: number;
  readonly tcp_syn_linear_timeouts: number;
  readonly tcp_synack_retries: number;
  /** How many retransmissions a connection that is up outlasts, in time (15: 924.6 s). */
  readonly tcp_retries2: number;
  /** How often a socket that no program holds tries; 0 stands for 8. */
  readonly tcp_orphan_retries: number;
  /** Whether the congestion window shrinks in a pause: 1, or 0 for no. */
  readonly tcp_slow_start_after_idle: number;
  /** How long an orphan waits in FIN_WAIT2, in seconds. */
  readonly tcp_fin_timeout: number;
  /** The least RTO that a new socket begins with, in µs. */
  readonly tcp_rto_min_us: number;
  /** 3 for tail loss probes, 0 for none. The kernel's default is 3; here they are left out unless a run asks for them. */
  readonly tcp_early_retrans: number;
  /** Quick replies after which a session counts as interactive. */
  readonly tcp_pingpong_thresh: number;
  /** Whether a SYN offers timestamps, a window scale and SACK: 1, or 0 for no. */
  readonly tcp_timestamps: number;
  readonly tcp_window_scaling: number;
  readonly tcp_sack: number;
  /** `ip_local_port_range`: both ends belong to it. */
  readonly ip_local_port_range: readonly [low: number, high: number];
  /** `net.core.somaxconn`: no accept queue is longer. Its default is 4,096 since 5.4. */
  readonly somaxconn: number;
  /** The second value of `tcp_rmem`, the receive buffer that a new socket begins with, in bytes. */
  readonly rcvbuf_bytes: number;
  /** `net.core.rmem_max` and `wmem_max`: the most that SO_RCVBUF and SO_SNDBUF can ask for, in bytes, before they are doubled. */
  readonly rmem_max: number;
  readonly wmem_max: number;
}

export const DEFAULT_SYSCTLS: Sysctls = {
  tcp_syn_retries: 6,
  tcp_syn_linear_timeouts: 4,
  tcp_synack_retries: 5,
  tcp_retries2: 15,
  tcp_orphan_retries: 0,
  tcp_slow_start_after_idle: 1,
  tcp_fin_timeout: 60,
  tcp_rto_min_us: 200_000,
  tcp_early_retrans: 0,
  tcp_pingpong_thresh: 1,
  tcp_timestamps: 1,
  tcp_window_scaling: 1,
  tcp_sack: 1,
  ip_local_port_range: [32768, 60999],
  somaxconn: 4096,
  rcvbuf_bytes: 131072,
  rmem_max: 212_992,
  wmem_max: 212_992,
};
