/**
 * What `ip route` says of a machine's way to its peer, as far as TCP reads it (`net/ipv4/route.c`, `RTAX_QUICKACK` and
 * `RTAX_RTO_MIN`). A socket keeps a copy, and takes a new one with the next segment that it sends: `sk_setup_caps`.
 *
 * Left out: the routing table; a machine has one way here.
 */
export interface Route {
  /** `quickack 1`: every ACK goes out at once. */
  readonly quickack: boolean;
  /** `rto_min`, in ms: the least RTO, before the sysctl's and the socket's; null for none. */
  readonly rto_min_ms: number | null;
}

/** A route that says nothing of TCP. */
export const PLAIN_ROUTE: Route = { quickack: false, rto_min_ms: null };
