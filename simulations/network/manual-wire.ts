/**
 * A wire on which nothing moves by itself: packets lie between the ends until somebody says what becomes
 * of each.
 */
import type { VirtualClock } from '../engine/clock.ts';
import type { InFlight } from '../machine/state.ts';
import type { Cell } from '../trace/history.ts';
import type { Recorder } from '../trace/recorder.ts';
import { type End, endFor, type Wire } from './link.ts';
import { type Packet, packetName } from './packet.ts';

/** A packet that lies on the wire. */
interface Lying {
  readonly inFlight: InFlight;
  readonly to: End;
  readonly cell: Cell<InFlight>;
}

export class ManualWire implements Wire {
  readonly #ends: readonly End[];
  readonly #recorder: Recorder;
  readonly #clock: VirtualClock;
  #lying: Lying[] = [];
  #numbers = 0;
  /** What is put down later arrives later: its place in the snapshot. */
  #places = 0;

  constructor(ends: readonly End[], recorder: Recorder, clock: VirtualClock) {
    this.#ends = ends;
    this.#recorder = recorder;
    this.#clock = clock;
  }

  /** What is on its way, in the order in which it would arrive. */
  get inFlight(): readonly InFlight[] {
    return this.#lying.map(({ inFlight }) => inFlight);
  }

  send(packet: Packet, from: End): number {
    const to = endFor(this.#ends, packet, from);
    const number = ++this.#numbers;
    this.#put(
      { number, packet, from: from.name, to: to.name, sent_us: this.#clock.now_us, copy_of: null },
      to,
    );
    return number;
  }

  /** It arrives now, before all others. @returns false when there is no such packet */
  deliver(number: number): boolean {
    const lying = this.#take(number);
    lying?.to.receive(lying.inFlight.packet, number);
    return lying !== undefined;
  }

  /** It never arrives. */
  drop(number: number): boolean {
    const lying = this.#take(number);
    if (!lying) return false;
    const { packet, from, to } = lying.inFlight;
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
    const lying = this.#take(number);
    if (!lying) return false;
    this.#put(lying.inFlight, lying.to);
    const { packet, from, to } = lying.inFlight;
    this.#recorder.record({
      actor: 'network',
      kind: 'packet-delayed',
      data: { number, packet: packetName(packet), from, to },
      says: `The ${packetName(packet)} is slow: *what was sent after it overtakes it*.`,
      beat: true,
    });
    return true;
  }

  /** It will arrive twice. */
  duplicate(number: number): boolean {
    const lying = this.#lying.find(({ inFlight }) => inFlight.number === number);
    if (!lying) return false;
    const copy: InFlight = { ...lying.inFlight, number: ++this.#numbers, copy_of: number };
    this.#put(copy, lying.to);
    const { packet, from, to } = copy;
    this.#recorder.record({
      actor: 'network',
      kind: 'packet-duplicated',
      data: { number, copy: copy.number, packet: packetName(packet), from, to, carries: packet },
      says: `The network makes a copy of the ${packetName(packet)}.`,
      beat: true,
    });
    return true;
  }

  #put(inFlight: InFlight, to: End): void {
    const cell = this.#recorder.wire.open(++this.#places, { state: () => inFlight });
    this.#lying.push({ inFlight, to, cell });
  }

  #take(number: number): Lying | undefined {
    const lying = this.#lying.find(({ inFlight }) => inFlight.number === number);
    if (!lying) return undefined;
    this.#lying = this.#lying.filter((each) => each !== lying);
    lying.cell.end();
    return lying;
  }
}
