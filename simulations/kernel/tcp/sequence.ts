/**
 * Sequence numbers. On the wire they are 32 bits and wrap (RFC 9293 3.4); inside they are positions
 * that do not: 0 is the SYN, 1 the first byte, and so on, so that plain comparison is right.
 */

/** One direction of a connection, by the number that its SYN has on the wire. */
export class Sequence {
  /** The initial sequence number, 32 bits. */
  readonly initial: number;

  constructor(initial: number) {
    this.initial = initial >>> 0;
  }

  /** The 32 bits of a position. */
  wire(position: number): number {
    return (this.initial + position) >>> 0;
  }

  /** The position that 32 bits stand for: the one nearest to `near`, as `before()` and `after()` take it. */
  position(wire: number, near: number): number {
    return near + ((wire - this.wire(near)) | 0);
  }
}
