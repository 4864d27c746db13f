/**
 * The wire between machines: a fixed delay each way, and rules that decide what becomes of a packet. A packet goes to
 * the machine that has its address.
 *
 * Left out: bandwidth, queues, routers with state.
 */
import type { VirtualClock } from '../engine/clock.ts';
import type { Random } from '../engine/random.ts';
import type { Recorder } from '../trace/recorder.ts';
import { destinationOf, type Packet, packetName, type UnreachableCode } from './packet.ts';
import { resetFor } from './reset.ts';

/** What a rule decides about a packet. */
export type Verdict =
  | { readonly do: 'pass' }
  | { readonly do: 'delay'; readonly by_us: number }
  /** It arrives twice: in its time, and again `by_us` later, under the same number. */
  | { readonly do: 'duplicate'; readonly by_us: number }
  | { readonly do: 'drop'; readonly why: string }
  | { readonly do: 'reject'; readonly code: UnreachableCode; readonly why: string }
  /** A firewall answers for the address that the segment was for: `reject with tcp reset`. */
  | { readonly do: 'reset'; readonly why: string };

/** A fault of the network. The first rule that does not pass a packet decides. */
export interface Rule {
  /** @param packet what is sent @param toward the machine that it goes to */
  judge(packet: Packet, toward: string, random: Random): Verdict;
}

/** A machine as the wire sees it. */
export interface End {
  readonly name: string;
  /** The addresses that packets reach it at; one without any takes what nobody else has. */
  readonly addresses?: readonly string[];
  /** @param number the packet's number on this wire */
  receive(packet: Packet, number: number): void;
}

/** What carries packets between machines. */
export interface Wire {
  /** Takes a packet from one of its ends. @returns its number on this wire, from 1 */
  send(packet: Packet, from: End): number;
}

const PASS: Verdict = { do: 'pass' };

/** The end that a packet goes to: the one that has its address, else one without addresses, else nobody. */
export function endFor(ends: readonly End[], packet: Packet, from: End): End {
  const address = destinationOf(packet);
  return (
    ends.find((end) => end !== from && end.addresses?.includes(address)) ??
    ends.find((end) => end !== from && !end.addresses) ?? { name: address, receive: () => {} }
  );
}

/** What a rule that rejects puts onto the wire, or null for a packet that it does not answer. */
function answerTo(packet: Packet, verdict: Verdict): Packet | null {
  if (verdict.do === 'reset')
    return packet.protocol === 'tcp' && !packet.flags.includes('RST') ? resetFor(packet) : null;
  if (verdict.do !== 'reject' || (packet.protocol !== 'tcp' && packet.protocol !== 'udp')) return null;
  return {
    protocol: 'icmp',
    from: packet.to.address,
    to: packet.from.address,
    code: verdict.code,
    about: packet,
  };
}

export class Link implements Wire {
  readonly #ends: readonly End[];
  readonly #rtt_us: number;
  readonly #rules: readonly Rule[];
  readonly #clock: VirtualClock;
  readonly #recorder: Recorder;
  readonly #random: Random;
  #packets = 0;
  /** Packets that a second copy of was made, by a number of its own for the snapshot. */
  #copies = 0;

  /** @param ends two or more @param rtt_us there and back; the way from an earlier end to a later takes the smaller half */
  constructor(options: {
    ends: readonly End[];
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
    const to = endFor(this.#ends, packet, from);
    const isForward = this.#ends.indexOf(from) < this.#ends.indexOf(to);
    const way_us = isForward ? Math.floor(this.#rtt_us / 2) : Math.ceil(this.#rtt_us / 2);
    const verdict = this.#judge(packet, to.name);
    const delay_us = way_us + (verdict.do === 'delay' ? verdict.by_us : 0);
    this.#carry(number, packet, from, to, verdict, delay_us, null);
    if (verdict.do === 'duplicate')
      this.#carry(number, packet, from, to, verdict, delay_us + verdict.by_us, number);
    return number;
  }

  /** A packet that nobody sent arrives now at the end that has its address. */
  inject(packet: Packet): void {
    const number = ++this.#packets;
    const to = this.#ends.find(({ addresses }) => addresses?.includes(destinationOf(packet)));
    this.#recorder.record({
      actor: 'network',
      kind: 'packet-sent',
      data: { number, packet: packetName(packet), carries: packet },
      says: `A ${packetName(packet)} appears on the wire.`,
    });
    to?.receive(packet, number);
  }

  #carry(
    number: number,
    packet: Packet,
    from: End,
    to: End,
    verdict: Verdict,
    delay_us: number,
    copy_of: number | null,
  ): void {
    const state = { number, packet, from: from.name, to: to.name, sent_us: this.#clock.now_us, copy_of };
    const key = copy_of === null ? number : -++this.#copies;
    const cell = this.#recorder.wire.open(key, { state: () => state });
    this.#clock.after(
      delay_us,
      () => {
        cell.end();
        this.#arrive(packet, number, from, to, verdict);
      },
      'arrival',
    );
  }

  #judge(packet: Packet, toward: string): Verdict {
    for (const rule of this.#rules) {
      const verdict = rule.judge(packet, toward, this.#random);
      if (verdict.do !== 'pass') return verdict;
    }
    return PASS;
  }

  #arrive(packet: Packet, number: number, from: End, to: End, verdict: Verdict): void {
    if (verdict.do !== 'drop' && verdict.do !== 'reject' && verdict.do !== 'reset') {
      to.receive(packet, number);
      return;
    }
    const data = { number, packet: packetName(packet), from: from.name, to: to.name };
    if (verdict.do === 'drop') {
      this.#recorder.record({
        actor: 'network',
        kind: 'packet-dropped',
        data: { ...data, why: verdict.why },
        says: `The ${packetName(packet)} is lost: ${verdict.why}.`,
      });
      return;
    }
    const answer = answerTo(packet, verdict);
    if (!answer) {
      to.receive(packet, number);
      return;
    }
    const back = this.send(answer, to);
    this.#recorder.record({
      actor: to.name,
      kind: 'packet-rejected',
      data: { ...data, why: verdict.why, answer: packetName(answer), answer_number: back, carries: answer },
      says: `${verdict.why} answers the ${packetName(packet)} with *${packetName(answer)}*.`,
    });
  }
}
