/**
 * The ring of slots in which a pipe keeps its bytes (`struct pipe_buffer`, `pipe_occupancy`, `pipe_resize_ring`).
 *
 * Left out: the bytes themselves; pages that come by splice(), vmsplice() or tee(); packets (O_DIRECT). So every
 * slot may merge (`PIPE_BUF_FLAG_CAN_MERGE`).
 */
import { PAGE_SIZE_bytes } from './size.ts';

/** One page: `len` bytes to read from `offset` on. What lies before is read, what lies after is free. */
export type PipeBuffer = { readonly offset: number; readonly len: number };

const EMPTY: PipeBuffer = Object.freeze({ offset: 0, len: 0 });

export class Ring {
  #bufs: (PipeBuffer | null)[];
  /** Where the next slot will be taken; grows without end, and so does {@link tail}. */
  head = 0;
  /** The slot that is read from. */
  tail = 0;
  /** Bytes that wait to be read: FIONREAD. */
  held_bytes = 0;

  /** @param slots a power of two */
  constructor(slots: number) {
    this.#bufs = Array(slots).fill(null);
  }

  /** Slots in all: `max_usage`. */
  get slots(): number {
    return this.#bufs.length;
  }

  /** Slots in use: `pipe_occupancy`. */
  get occupancy(): number {
    return this.head - this.tail;
  }

  /** `pipe_empty`. */
  get isEmpty(): boolean {
    return this.head === this.tail;
  }

  /** `pipe_full`: counts slots, not bytes. */
  get isFull(): boolean {
    return this.occupancy >= this.slots;
  }

  /** Where in the ring a slot lies, from 0. */
  position(slot: number): number {
    return slot & (this.slots - 1);
  }

  /** The slots by position; null where there is none in use. */
  get bufs(): readonly (PipeBuffer | null)[] {
    return this.#bufs;
  }

  /** Bytes free after the data in the newest slot; 0 when the ring is empty. */
  get room_bytes(): number {
    if (this.isEmpty) return 0;
    const { offset, len } = this.#at(this.head - 1);
    return PAGE_SIZE_bytes - offset - len;
  }

  /** Puts bytes behind those of the newest slot. The caller has looked at {@link room_bytes}. */
  merge(bytes: number): void {
    const { offset, len } = this.#at(this.head - 1);
    this.#bufs[this.position(this.head - 1)] = { offset, len: len + bytes };
    this.held_bytes += bytes;
  }

  /** Takes a new slot for up to a page of bytes. The ring must not be full. @returns the bytes it took */
  insert(bytes: number): number {
    const len = Math.min(bytes, PAGE_SIZE_bytes);
    this.#bufs[this.position(this.head++)] = { offset: 0, len };
    this.held_bytes += len;
    return len;
  }

  /** Reads from the oldest slot, which is free again once its last byte is read. @returns the bytes it gave */
  take(bytes: number): number {
    const { offset, len } = this.#at(this.tail);
    const taken = Math.min(bytes, len);
    const isDrained = taken === len;
    this.#bufs[this.position(this.tail)] = isDrained ? null : { offset: offset + taken, len: len - taken };
    if (isDrained) this.tail++;
    this.held_bytes -= taken;
    return taken;
  }

  /** `pipe_resize_ring`. @returns false when more slots are in use: EBUSY */
  resize(slots: number): boolean {
    const used = this.occupancy;
    if (slots < used) return false;
    const bufs = Array.from({ length: used }, (_, i) => this.#at(this.tail + i));
    this.#bufs = [...bufs, ...Array(slots - used).fill(null)];
    this.tail = 0;
    this.head = used;
    return true;
  }

  #at(slot: number): PipeBuffer {
    return this.#bufs[this.position(slot)] ?? EMPTY;
  }
}
