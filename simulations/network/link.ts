/**
 * The wire between two hosts: a fixed delay each way, and rules that decide what becomes of a packet.
 *
 * Left out: bandwidth, queues, routers with state.
 */

import type { VirtualClock } from '../engine/clock.ts';
import type { Random } from '../engine/random.ts';
import type { Recorder } from '../engine/trace.ts';
import { asJson, type Packet, packetName, type UnreachableCode } from './packet.ts';

/** What a rule decides about a packet. */
export type Verdict =
  | { readonly do: 'pass' }
  | { readonly do: 'delay'; readonly by_us: number }
  /** It arrives twice: in its time, and again `by_us` later, under the same number. */
  | { readonly do: 'duplicate'; readonly by_us: number }
  | { readonly do: 'drop'; readonly why: string }
  | { readonly do: 'reject'; readonly code: UnreachableCode; readonly why: string };

/** A fault of the network. The first rule that does not pass a packet decides. */
export interface Rule {
  /** @param packet what is sent @param toward the end that it goes to */
  judge(packet: Packet, toward: string, random: Random): Verdict;
}

/** A host as the wire sees it. */
export interface End {
  readonly name: string;
  /** @param number the packet's number on this wire */
  receive(packet: Packet, number: number): void;
}

/** What carries packets between hosts. */
export interface Wire {
  /** Takes a packet from one of its ends. @returns its number on this wire, from 1 */
  send(packet: Packet, from: End): number;
}

export class Link implements Wire {
  readonly #ends: readonly [End, End];
  readonly #rtt_us: number;
  readonly #rules: readonly Rule[];
  readonly #clock: VirtualClock;
  readonly #recorder: Recorder;
  readonly #random: Random;
  #packets = 0;

  /** @param rtt_us microseconds there and back; the way there takes the smaller half. */
  constructor(options: {
    ends: readonly [End, End];
    rtt_us: number;
    rules: readonly Rule[];
    clock: VirtualClock;
    recorder: Recorder;
    random: Random;
  }) {
    this.#ends = options.ends;
    this.#rtt_us = options.rtt_us;
    this.#rules = options.rules;
    this.#clock = options.clock;
    this.#recorder = options.recorder;
    this.#random = options.random;
  }

  /**
   * Puts a packet on the wire.
   * @returns its number on this wire, from 1, by which its later events name it.
   */
  send(packet: Packet, from: End): number {
    const number = ++this.#packets;
    const [left, right] = this.#ends;
    const to = from === left ? right : left;
    const way_us = from === left ? Math.floor(this.#rtt_us / 2) : Math.ceil(this.#rtt_us / 2);
    const verdict = this.#judge(packet, to.name);
    const delay_us = way_us + (verdict.do === 'delay' ? verdict.by_us : 0);
    const arrive = () => this.#arrive(packet, number, from, to, verdict);
    this.#clock.after(delay_us, arrive, 'arrival');
    if (verdict.do === 'duplicate') this.#clock.after(delay_us + verdict.by_us, arrive, 'arrival');
    return number;
  }

  #judge(packet: Packet, toward: string): Verdict {
    for (const rule of this.#rules) {
      const verdict = rule.judge(packet, toward, this.#random);
      if (verdict.do !== 'pass') return verdict;
    }
    return { do: 'pass' };
  }

  #arrive(packet: Packet, number: number, from: End, to: End, verdict: Verdict): void {
    const data = { number, packet: packetName(packet), from: from.name, to: to.name };
    if (verdict.do === 'drop') {
      this.#recorder.record({
        actor: 'network',
        kind: 'packet-dropped',
        data: { ...data, why: verdict.why },
        says: `The ${packetName(packet)} is lost: ${verdict.why}.`,
      });
    } else if (verdict.do === 'reject' && packet.protocol === 'tcp') {
      const error: Packet = {
        protocol: 'icmp',
        from: packet.to.address,
        to: packet.from.address,
        code: verdict.code,
        about: packet,
      };
      const back = this.send(error, to);
      this.#recorder.record({
        actor: to.name,
        kind: 'packet-rejected',
        data: {
          ...data,
          why: verdict.why,
          answer: packetName(error),
          answer_number: back,
          carries: asJson(error),
        },
        says: `${verdict.why} answers the ${packetName(packet)} with *${packetName(error)}*.`,
      });
    } else to.receive(packet, number);
  }
}
