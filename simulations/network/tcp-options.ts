/**
 * The options of a segment in the order in which Linux writes them (`tcp_options_write` in `net/ipv4/tcp_output.c`).
 *
 * Left out: SACK blocks, MD5, Fast Open, MPTCP.
 */
import type { Segment } from './packet.ts';

export type TcpOption =
  | { readonly kind: 'mss'; readonly value: number }
  | { readonly kind: 'wscale'; readonly value: number }
  | { readonly kind: 'sackOK' | 'nop' }
  | { readonly kind: 'TS'; readonly val: number; readonly ecr: number };

const NOP: TcpOption = { kind: 'nop' };

/** Padded with NOPs, so that each 32 bits begin with an option or with a NOP. */
export function optionsOf({ mss_bytes, sackPermitted, timestamps, wscale }: Segment): readonly TcpOption[] {
  const options: TcpOption[] = [];
  if (mss_bytes !== undefined) options.push({ kind: 'mss', value: mss_bytes });
  if (timestamps) {
    options.push(...(sackPermitted ? [{ kind: 'sackOK' } as const] : [NOP, NOP]));
    options.push({ kind: 'TS', val: timestamps.value, ecr: timestamps.echo });
  } else if (sackPermitted) options.push(NOP, NOP, { kind: 'sackOK' });
  if (wscale !== undefined) options.push(NOP, { kind: 'wscale', value: wscale });
  return options;
}
