/** A thread at one end of a pipe, and what it has done so far. */
import type { PipeWrite } from '../../kernel/pipe/write.ts';
import type { Signal } from '../../machine/signal.ts';
import type { Thread } from '../../machine/thread.ts';
import type { Cell, Source } from '../../trace/history.ts';

export interface TaskState {
  readonly end: 'read' | 'write';
  /** Of its statechart; at its end how it ended: `exited`, or the signal that killed it. */
  readonly status: 'running' | 'asleep' | 'polling' | 'exited' | Signal;
  /** The call it is in, or null. */
  readonly call: string | null;
  /** Whole calls of write() or read(), and the bytes that they returned. */
  readonly calls: number;
  readonly returned_bytes: number;
  /** Bytes that the call it is in has yet to write. */
  readonly left_bytes: number;
  /** When it last fell asleep in write(), poll() or read(); null while it runs. */
  readonly asleep_since_us: number | null;
}

export class Task implements Source<TaskState> {
  readonly name: string;
  readonly end: 'read' | 'write';
  cell: Cell<unknown> | null = null;
  /** What killed it, or null. */
  signal: Signal | null = null;
  call: string | null = null;
  asleep_since_us: number | null = null;
  #calls = 0;
  #returned_bytes = 0;
  #left_bytes = 0;
  #hasExited = false;

  constructor({ name }: Thread, end: 'read' | 'write') {
    this.name = name;
    this.end = end;
  }

  /** `running`, `exited`, or the signal that killed it. */
  get status(): 'running' | 'exited' | Signal {
    return this.signal ?? (this.#hasExited ? 'exited' : 'running');
  }

  touch(): void {
    this.cell?.touch();
  }

  enters(call: string): void {
    this.call = call;
  }

  /** @param returns whether the call is over with this */
  wrote(write: PipeWrite, returns: boolean): void {
    this.#left_bytes = returns ? 0 : write.left;
    if (!returns || write.ret === 0) return;
    this.#calls++;
    this.#returned_bytes += write.ret;
  }

  read(bytes: number): void {
    this.asleep_since_us = null;
    this.#calls++;
    this.#returned_bytes += bytes;
  }

  sleeps(at_us: number): void {
    this.asleep_since_us = at_us;
    this.touch();
  }

  wakes(): void {
    this.asleep_since_us = null;
    this.touch();
  }

  returns(): void {
    this.asleep_since_us = null;
  }

  /** @param signal what killed it, or null */
  ends(signal: Signal | null): void {
    this.#hasExited = signal === null;
    this.signal = signal;
    this.call = null;
    this.touch();
  }

  state(): TaskState {
    const { end, call, asleep_since_us, status } = this;
    const isAsleep = status === 'running' && end === 'write' && asleep_since_us !== null;
    return {
      end,
      status: isAsleep ? (call === 'poll' ? 'polling' : 'asleep') : status,
      call,
      calls: this.#calls,
      returned_bytes: this.#returned_bytes,
      left_bytes: this.#left_bytes,
      asleep_since_us,
    };
  }
}
