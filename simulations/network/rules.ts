/** Rules for the wire, by what they do. */

import type { Rule } from './link.ts';
import type { Packet, UnreachableCode } from './packet.ts';

const isSyn = (packet: Packet): boolean =>
  packet.protocol === 'tcp' && packet.flags.includes('SYN') && !packet.flags.includes('ACK');

/** Drops the first `count` SYNs toward `end` (Infinity: all of them). */
export function dropSyns(end: string, count: number, why: string): Rule {
  let seen = 0;
  return {
    judge: (packet, toward) =>
      toward === end && isSyn(packet) && seen++ < count ? { do: 'drop', why } : { do: 'pass' },
  };
}

/** Answers every TCP segment toward `end` with an ICMP error, as iptables' REJECT target does. */
export function reject(end: string, code: UnreachableCode, why: string): Rule {
  return {
    judge: (packet, toward) =>
      toward === end && packet.protocol === 'tcp' ? { do: 'reject', code, why } : { do: 'pass' },
  };
}
