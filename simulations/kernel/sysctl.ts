/** The sysctls of a host (below `net.ipv4`), with the defaults of Linux 6.12. */
export interface Sysctl {
  readonly tcp_syn_retries: number;
  readonly tcp_syn_linear_timeouts: number;
  readonly tcp_synack_retries: number;
  /** How many retransmissions a connection that is up outlasts, in time (15: 924.6 s). */
  readonly tcp_retries2: number;
  /** How long an orphan waits in FIN_WAIT2, in seconds. */
  readonly tcp_fin_timeout: number;
  /** Quick replies after which a session counts as interactive. */
  readonly tcp_pingpong_thresh: number;
  /** The default of `tcp_rmem`, in bytes. Here it holds data alone, not what the kernel needs around it. */
  readonly rcvbuf_bytes: number;
}

export const DEFAULT_SYSCTL: Sysctl = {
  tcp_syn_retries: 6,
  tcp_syn_linear_timeouts: 4,
  tcp_synack_retries: 5,
  tcp_retries2: 15,
  tcp_fin_timeout: 60,
  tcp_pingpong_thresh: 1,
  rcvbuf_bytes: 131072,
};
