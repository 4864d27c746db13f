/**
 * One write() to a pipe, from the call to its return, with any sleep in between (`pipe_write` in `fs/pipe.c`).
 *
 * Left out: bad addresses, no memory, O_DIRECT; what a signal's handler does to a call that begins anew.
 */
import type { Pipe } from './pipe.ts';
import { PAGE_SIZE_bytes } from './size.ts';
import type { Sleeper } from './sleeper.ts';

/** What one uninterrupted part of a write did. */
export interface Stretch {
  /** Bytes put behind those of the newest slot. */
  readonly merged_bytes: number;
  /** Bytes left in what was the newest slot, where they were too few to merge. */
  readonly unused_bytes: number;
  /** Slots taken. */
  readonly slots: number;
  /** Bytes put in, merged or not. */
  readonly bytes: number;
  /** `done`: all is written. `full`: no slot is free. `broken`: nobody reads. */
  readonly end: 'done' | 'full' | 'broken';
  /** Who was woken because this writer leaves and space is left: `wake_next_writer`. */
  readonly woken: readonly string[];
}

/** Who is told what a writer does that sleeps in between. */
export interface WriteWitness {
  /** It sleeps, after a stretch that ended with `full`. */
  slept(write: PipeWrite): void;
  /** It was woken, found the pipe still full, and sleeps again. */
  sleptAgain(write: PipeWrite): void;
  /** It was woken and goes on. */
  woke(write: PipeWrite): void;
  /** It has put bytes in. */
  put(write: PipeWrite, stretch: Stretch): void;
}

type Put = Omit<Stretch, 'end' | 'woken'>;

const NOTHING: Put = { merged_bytes: 0, unused_bytes: 0, slots: 0, bytes: 0 };

/** A call in progress. Run it; when it ends with `full` and may block, sleep on `wr_wait` and run it again. */
export class PipeWrite {
  /** Bytes written so far; what write() returns when it has written any. */
  ret = 0;
  /** Bytes to go. */
  left: number;
  readonly #pipe: Pipe;
  readonly #mayBlock: boolean;
  #hasSlept = false;

  /** @param total_len at least 1 @param mayBlock whether the file is without O_NONBLOCK */
  constructor(pipe: Pipe, total_len: number, mayBlock: boolean) {
    this.#pipe = pipe;
    this.left = total_len;
    this.#mayBlock = mayBlock;
  }

  /** Whether it has slept, or is about to. */
  get hasSlept(): boolean {
    return this.#hasSlept;
  }

  /** Writes until all is written or nothing more can be. Only the first run looks for room to merge. */
  run(): Stretch {
    const { ring } = this.#pipe;
    const { head, room_bytes } = ring;
    const before = this.ret;
    if (!this.#pipe.hasReaders) return this.#stop('broken', NOTHING);
    const chars = this.#hasSlept ? 0 : this.left % PAGE_SIZE_bytes;
    const merged_bytes = chars <= room_bytes ? chars : 0;
    if (merged_bytes > 0) {
      ring.merge(merged_bytes);
      this.#count(merged_bytes);
    }
    while (this.left > 0 && !ring.isFull) this.#count(ring.insert(this.left));
    return this.#stop(this.left > 0 ? 'full' : 'done', {
      merged_bytes,
      unused_bytes: chars > merged_bytes ? room_bytes : 0,
      slots: ring.head - head,
      bytes: this.ret - before,
    });
  }

  /** Sleeps and goes on, as often as it takes. @param done is given the last stretch */
  sleep(sleeper: Sleeper, witness: WriteWitness, done: (last: Stretch) => void): void {
    const goOn = () => {
      witness.woke(this);
      const stretch = this.run();
      witness.put(this, stretch);
      if (stretch.end === 'full') this.sleep(sleeper, witness, done);
      else done(stretch);
    };
    sleeper.sleep('SLEEP', goOn, () => witness.sleptAgain(this));
    witness.slept(this);
  }

  /**
   * A signal, or a debugger that attaches, ends its sleep (`signal_pending`): what is written is written.
   * @returns what write() returns; null where nothing was, and the call begins anew (`-ERESTARTSYS`)
   */
  interrupt(): number | null {
    return this.ret > 0 ? this.ret : null;
  }

  #count(bytes: number): void {
    this.ret += bytes;
    this.left -= bytes;
  }

  /** Wakes whom the call wakes when it sleeps or returns. */
  #stop(end: Stretch['end'], put: Put): Stretch {
    if (put.bytes > 0) this.#pipe.wrote();
    const returns = end !== 'full' || !this.#mayBlock;
    const woken = returns && this.#hasSlept && !this.#pipe.isFull ? this.#pipe.wr_wait.wake() : [];
    if (!returns) this.#hasSlept = true;
    return { ...put, end, woken };
  }
}
