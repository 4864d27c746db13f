/**
 * Which TCP options a connection has: what a SYN offers (`tcp_syn_options`), and what both ends have agreed on
 * (`struct tcp_options_received`). A host offers by its sysctls, and takes of the peer's SYN what it would offer.
 *
 * Left out: SACK blocks: that both ends could send them is known, and nothing more.
 */
import type { Sysctls } from '../../machine/sysctl.ts';
import type { Segment } from '../../network/packet.ts';

/** RFC 7323 2.3: no scale is larger (`TCP_MAX_WSCALE`). */
const TCP_MAX_WSCALE = 14;

/** What both ends have agreed on. A window scale is null where they have none. */
export interface Agreed {
  readonly timestamps: boolean;
  readonly sack: boolean;
  /** Of the windows that the peer offers, and of this end's. */
  readonly snd_wscale: number | null;
  readonly rcv_wscale: number | null;
}

/** Before the peer's SYN has come. */
export const NOTHING_AGREED: Agreed = { timestamps: false, sack: false, snd_wscale: null, rcv_wscale: null };

/** The options of a SYN. @param rcv_wscale this end's */
export function offered(sysctl: Sysctls, rcv_wscale: number): Agreed {
  return {
    timestamps: sysctl.tcp_timestamps > 0,
    sack: sysctl.tcp_sack > 0,
    snd_wscale: null,
    rcv_wscale: sysctl.tcp_window_scaling > 0 ? rcv_wscale : null,
  };
}

/** What the peer's SYN or SYN-ACK leads to: `tcp_parse_options`. */
export function agreed(
  { timestamps, sackPermitted, wscale }: Segment,
  sysctl: Sysctls,
  rcv_wscale: number,
): Agreed {
  const own = offered(sysctl, rcv_wscale);
  const isScaled = wscale !== undefined && own.rcv_wscale !== null;
  return {
    timestamps: own.timestamps && timestamps !== null,
    sack: own.sack && sackPermitted === true,
    snd_wscale: isScaled ? Math.min(wscale, TCP_MAX_WSCALE) : null,
    rcv_wscale: isScaled ? rcv_wscale : null,
  };
}
