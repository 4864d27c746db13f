/**
 * A wire on which nothing moves by itself: packets lie between the ends until somebody says what becomes
 * of each.
 */
import type { Recorder } from '../engine/trace.ts';
import type { End, Wire } from './link.ts';
import { asJson, type Packet, packetName } from './packet.ts';

/** A packet on its way. */
export interface Letter {
  /** Its number on this wire, from 1. */
  readonly number: number;
  readonly packet: Packet;
  readonly from: string;
  readonly to: string;
  /** The number of the packet that it is a copy of, or null. */
  readonly copyOf: number | null;
}

export class Post implements Wire {
  readonly #ends: readonly [End, End];
  readonly #recorder: Recorder;
  #letters: Letter[] = [];
  #numbers = 0;

  constructor(ends: readonly [End, End], recorder: Recorder) {
    this.#ends = ends;
    this.#recorder = recorder;
    recorder.introduce('network', { in_flight: [] });
  }

  /** What is on its way, in the order in which it would arrive. */
  get letters(): readonly Letter[] {
    return this.#letters;
  }

  send(packet: Packet, from: End): number {
    const to = this.#other(from.name);
    const number = ++this.#numbers;
    this.#letters.push({ number, packet, from: from.name, to: to.name, copyOf: null });
    this.#show();
    return number;
  }

  /** It arrives now, before all others. @returns false when there is no such packet */
  deliver(number: number): boolean {
    const letter = this.#take(number);
    if (!letter) return false;
    this.#show();
    this.#ends.find(({ name }) => name === letter.to)?.receive(letter.packet, number);
    return true;
  }

  /** It never arrives. */
  drop(number: number): boolean {
    const letter = this.#take(number);
    if (!letter) return false;
    const { packet, from, to } = letter;
    this.#show();
    this.#recorder.record({
      actor: 'network',
      kind: 'packet-dropped',
      data: { number, packet: packetName(packet), from, to, why: 'you dropped it' },
      says: `The ${packetName(packet)} is lost. *Nobody is told.*`,
      beat: true,
    });
    return true;
  }

  /** It will arrive after all that is on its way now. */
  delay(number: number): boolean {
    const letter = this.#take(number);
    if (!letter) return false;
    this.#letters.push(letter);
    this.#show();
    this.#recorder.record({
      actor: 'network',
      kind: 'packet-delayed',
      data: { number, packet: packetName(letter.packet), from: letter.from, to: letter.to },
      says: `The ${packetName(letter.packet)} is slow: *what was sent after it overtakes it*.`,
      beat: true,
    });
    return true;
  }

  /** It will arrive twice. */
  duplicate(number: number): boolean {
    const letter = this.#letters.find((each) => each.number === number);
    if (!letter) return false;
    const copy: Letter = { ...letter, number: ++this.#numbers, copyOf: number };
    this.#letters.push(copy);
    this.#show();
    this.#recorder.record({
      actor: 'network',
      kind: 'packet-duplicated',
      data: {
        number,
        copy: copy.number,
        packet: packetName(letter.packet),
        from: letter.from,
        to: letter.to,
        carries: asJson(letter.packet),
      },
      says: `The network makes a copy of the ${packetName(letter.packet)}.`,
      beat: true,
    });
    return true;
  }

  #take(number: number): Letter | undefined {
    const letter = this.#letters.find((each) => each.number === number);
    if (letter) this.#letters = this.#letters.filter((each) => each !== letter);
    return letter;
  }

  #show(): void {
    this.#recorder.introduce('network', {
      in_flight: this.#letters.map(({ number, packet, from, to, copyOf }) => ({
        number,
        packet: packetName(packet),
        from,
        to,
        copy_of: copyOf,
        carries: asJson(packet),
      })),
    });
  }

  #other(name: string): End {
    const [left, right] = this.#ends;
    return left.name === name ? right : left;
  }
}
