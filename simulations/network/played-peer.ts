/**
 * An end of a wire that a script or a test plays: it sends what it is told to and answers nothing by itself.
 * Put it on a {@link Link} or a ManualWire beside machines; it may take any address, also one that is a machine's own,
 * to send what that machine has not sent.
 *
 * {@link PlayedPeer.inject} puts any packet on the wire as it is. {@link Conversation} knows one TCP connection: it
 * counts positions from each side's SYN, which is 0, fills in what is not said, and tells in words what has come.
 *
 * Left out: SACK blocks.
 */
import type { VirtualClock } from '../engine/clock.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { End, Wire } from './link.ts';
import { type Endpoint, type Flag, type Packet, packetName, type Segment, sequenceLength } from './packet.ts';

/** The window scale that a SYN offers where nothing else is said, as Linux does. */
const WSCALE = 7;

/** What has come to the played end. */
export interface Arrival {
  readonly packet: Packet;
  /** Its number on the wire. */
  readonly number: number;
  readonly at_us: number;
}

export interface PlayedPeerOptions {
  readonly name: string;
  /** Where packets reach it; it takes what nobody else has, when left out. */
  readonly addresses?: readonly string[];
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
}

export class PlayedPeer implements End {
  readonly name: string;
  readonly addresses?: readonly string[];
  readonly clock: VirtualClock;
  readonly #recorder: Recorder;
  readonly #arrivals: Arrival[] = [];
  readonly #listeners = new Set<(segment: Segment) => void>();
  #wire: Wire | null = null;

  constructor({ name, addresses, clock, recorder }: PlayedPeerOptions) {
    this.name = name;
    if (addresses) this.addresses = addresses;
    this.clock = clock;
    this.#recorder = recorder;
  }

  /** Connects it to its wire. */
  plug(wire: Wire): void {
    this.#wire = wire;
  }

  /** Puts a packet on the wire exactly as it is, whatever it claims. @returns its number on this wire */
  inject(packet: Packet): number {
    if (!this.#wire) throw new Error(`${this.name} is not plugged into a wire`);
    const number = this.#wire.send(packet, this);
    this.#recorder.record({
      actor: this.name,
      kind: 'packet-sent',
      data: { number, packet: packetName(packet), carries: packet },
      says: `You send a ${packetName(packet)}.`,
      beat: true,
    });
    return number;
  }

  receive(packet: Packet, number: number): void {
    this.#arrivals.push({ packet, number, at_us: this.clock.now_us });
    if (packet.protocol === 'tcp') for (const hear of this.#listeners) hear(packet);
  }

  /** All that has come, the oldest first. */
  get arrivals(): readonly Arrival[] {
    return this.#arrivals;
  }

  /** A TCP connection of this end with another. What has come of it before counts as heard. */
  converse(options: ConversationOptions): Conversation {
    const conversation = new Conversation(this, options);
    for (const { packet } of this.#arrivals) if (packet.protocol === 'tcp') conversation.hear(packet);
    this.#listeners.add(conversation.hear);
    return conversation;
  }
}

export interface ConversationOptions {
  /** This end, and the machine's. */
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** This end's initial sequence number, 32 bits. */
  readonly isn: number;
  /** What this end offers until it says otherwise; 64,000 bytes, when left out. */
  readonly window_bytes?: number;
}

/** A segment to send. Positions count from each side's SYN, which is 0. */
export interface Spoken {
  readonly flags: readonly Flag[];
  /** The next position of this end's stream, when left out; 0 for a SYN. */
  readonly seq?: number;
  /** All that has come, when left out. */
  readonly ack?: number;
  readonly payload_bytes?: number;
  /** In bytes; what was offered last, when left out. Rounded down to the units of the wire. */
  readonly window_bytes?: number;
  /** The MSS option of a SYN; 1,460 when left out. */
  readonly mss_bytes?: number;
  /** The window scale of a SYN, or null for none; 7, when left out. */
  readonly wscale?: number | null;
  /** Whether a SYN permits SACK; it does, when left out. */
  readonly sackPermitted?: boolean;
  /** What this end's clock says in ms, or null for no timestamp; the time of the run, when left out. */
  readonly timestamp_ms?: number | null;
}

/** One TCP connection, as the person at one of its ends knows it. */
export class Conversation {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** This end's initial sequence number, and the other's, which its SYN tells; 0 before it. */
  readonly isn: number;
  remote_isn = 0;
  /** One past the last position that this end has sent. */
  snd_end = 0;
  /** One past the last position that has come. */
  rcv_end = 0;
  #window_bytes: number;
  /** The window scales that the SYNs have offered, of this end and of the other, or null. */
  #wscale: number | null = WSCALE;
  #remote_wscale: number | null = WSCALE;
  /** The other's last timestamp, which this end echoes. */
  #ts_recent = 0;
  readonly #peer: PlayedPeer;

  constructor(peer: PlayedPeer, { local, remote, isn, window_bytes = 64_000 }: ConversationOptions) {
    this.#peer = peer;
    this.local = local;
    this.remote = remote;
    this.isn = isn;
    this.#window_bytes = window_bytes;
  }

  /** Sends a segment. @returns its number on the wire */
  say(spoken: Spoken): number {
    return this.#peer.inject(this.segment(spoken));
  }

  /** The segment that {@link say} would send; from now on it counts as sent. */
  segment(spoken: Spoken): Segment {
    const { flags, payload_bytes = 0, timestamp_ms = this.#peer.clock.now_us / 1000 } = spoken;
    const isSyn = flags.includes('SYN');
    const isReset = flags.includes('RST');
    const hasAck = flags.includes('ACK');
    const { seq = isSyn ? 0 : this.snd_end, ack = this.rcv_end, window_bytes = this.#window_bytes } = spoken;
    this.#window_bytes = window_bytes;
    if (isSyn) this.#wscale = spoken.wscale === undefined ? WSCALE : spoken.wscale;
    if (!isReset) this.snd_end = Math.max(this.snd_end, seq + sequenceLength({ flags, payload_bytes }));
    return {
      protocol: 'tcp',
      from: this.local,
      to: this.remote,
      flags,
      seq: (this.isn + seq) >>> 0,
      ack: hasAck ? (this.remote_isn + ack) >>> 0 : 0,
      // RFC 7323 2.2: the window of a SYN is never scaled.
      window_bytes: isSyn ? Math.min(window_bytes, 65_535) : Math.floor(window_bytes / this.#unit_bytes),
      payload_bytes,
      ...(isSyn && { mss_bytes: spoken.mss_bytes ?? 1460 }),
      ...(isSyn && this.#wscale !== null && { wscale: this.#wscale }),
      ...(isSyn && spoken.sackPermitted !== false && { sackPermitted: true }),
      timestamps:
        timestamp_ms === null || isReset
          ? null
          : { value: Math.floor(timestamp_ms) >>> 0, echo: hasAck ? this.#ts_recent : 0 },
    };
  }

  /** A segment has come to the played end; one of another connection changes nothing. */
  readonly hear = (segment: Segment): void => {
    if (!isSame(segment.from, this.remote) || !isSame(segment.to, this.local)) return;
    if (segment.flags.includes('SYN')) {
      this.remote_isn = segment.seq;
      this.#remote_wscale = segment.wscale ?? null;
      this.rcv_end = 0;
    }
    if (segment.flags.includes('RST')) return;
    this.#ts_recent = segment.timestamps?.value ?? 0;
    this.rcv_end = Math.max(this.rcv_end, this.position(segment) + sequenceLength(segment));
  };

  /** The unit of this end's windows, in bytes: scaled if both SYNs have a scale. */
  get #unit_bytes(): number {
    return this.#wscale !== null && this.#remote_wscale !== null ? 2 ** this.#wscale : 1;
  }

  /** Where a segment of the other's begins. */
  position({ seq }: Segment): number {
    return (seq - this.remote_isn) | 0;
  }

  /** A segment of the other's in words: `SYN 0`, `data 1+100 ack 1`, `data FIN 1+100 ack 1`, `FIN 101 ack 2`. */
  words(segment: Segment): string {
    const { flags, payload_bytes, ack } = segment;
    const seq = this.position(segment);
    return [
      flags.includes('FIN') && payload_bytes ? 'data FIN' : packetName(segment),
      payload_bytes ? `${seq}+${payload_bytes}` : seq,
      ...(flags.includes('ACK') ? [`ack ${(ack - this.isn) | 0}`] : []),
    ].join(' ');
  }
}

const isSame = (one: Endpoint, other: Endpoint): boolean =>
  one.address === other.address && one.port === other.port;

/** The window that a segment offers, in bytes. @param wscale what its sender's SYN has said */
export const windowOf = ({ flags, window_bytes }: Segment, wscale = WSCALE): number =>
  window_bytes * (flags.includes('SYN') ? 1 : 2 ** wscale);
