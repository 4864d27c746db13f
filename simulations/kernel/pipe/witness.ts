/** Who is told what threads do at a pipe: an incident's narrator, who knows what of it is worth a sentence. */
import type { Thread } from '../../machine/thread.ts';
import type { PipeRead } from './pipe.ts';
import type { PipeWrite, Stretch } from './write.ts';

export interface PipeWitness {
  /** A writer has put bytes in, or could not. @param nonblocking whether the call returns where it is not done */
  put(thread: Thread, write: PipeWrite, stretch: Stretch, nonblocking: boolean): void;
  /** A writer sleeps in write(). */
  slept(thread: Thread, write: PipeWrite): void;
  /** It was woken, found the pipe still full, and sleeps again. */
  sleptAgain(thread: Thread): void;
  /** It was woken and goes on. */
  woke(thread: Thread): void;
  /** write() returns fewer bytes than it was asked to write. */
  wroteShort(thread: Thread, write: PipeWrite, end: 'full' | 'broken'): void;
  /** write() returns −1. */
  failed(thread: Thread, errno: 'EAGAIN' | 'EPIPE', hasSlept: boolean): void;
  /** A writer leaves and wakes the next. */
  wokeNext(thread: Thread, woken: readonly string[]): void;
  read(thread: Thread, read: PipeRead, asked_bytes: number): void;
  /** A reader sleeps: the pipe is empty. */
  readerSlept(thread: Thread): void;
  /** The last file of an end is closed. @param woken who was woken by that */
  released(thread: Thread | null, end: 'read' | 'write', woken: readonly string[]): void;
}

const nothing = (): void => {};

/** Nobody. */
export const UNSEEN: PipeWitness = {
  put: nothing,
  slept: nothing,
  sleptAgain: nothing,
  woke: nothing,
  wroteShort: nothing,
  failed: nothing,
  wokeNext: nothing,
  read: nothing,
  readerSlept: nothing,
  released: nothing,
};
