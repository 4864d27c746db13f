/** Rules for the wire, by what they do. */

import type { Random } from '../engine/random.ts';
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

/** Answers every TCP segment toward `end` with a reset, as nft's `reject with tcp reset` does. */
export function resetAll(end: string, why: string): Rule {
  return {
    judge: (packet, toward) =>
      toward === end && packet.protocol === 'tcp' ? { do: 'reset', why } : { do: 'pass' },
  };
}

/** Whether a thing that happens to `share` of all packets (0 … 1) happens to this one. */
const happens = (random: Random, share: number): boolean => random.bits() < share * 2 ** 32;

/** Drops a share of all packets, either way. @param share 0 … 1 */
export function lose(share: number, why = 'the network drops some'): Rule {
  return {
    judge: (_packet, _toward, random) => (happens(random, share) ? { do: 'drop', why } : { do: 'pass' }),
  };
}

/**
 * Delays a share of all packets, so that later ones overtake them.
 * @param share 0 … 1 @param most_us a delayed packet is late by 1 µs up to this
 */
export function reorder(share: number, most_us: number): Rule {
  return {
    judge: (_packet, _toward, random) =>
      happens(random, share) ? { do: 'delay', by_us: random.integer(1, most_us) } : { do: 'pass' },
  };
}

/**
 * Delivers a share of all packets twice.
 * @param share 0 … 1 @param most_us the second comes up to this much after the first, in µs
 */
export function duplicate(share: number, most_us: number): Rule {
  return {
    judge: (_packet, _toward, random) =>
      happens(random, share) ? { do: 'duplicate', by_us: random.integer(0, most_us) } : { do: 'pass' },
  };
}
