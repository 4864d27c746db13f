/**
 * The accept queue of a listening socket (`sk_ack_backlog`, `sk_max_ack_backlog`, `sk_acceptq_is_full`).
 *
 * Left out: the SYN queue, which is never full here; SYN cookies; SO_REUSEPORT; `tcp_abort_on_overflow`.
 */
import { Fifo } from '../engine/fifo.ts';

export class AcceptQueue<T> {
  sk_max_ack_backlog = 0;
  readonly #queued = new Fifo<T>();

  /** @param backlog what listen() asked for @param somaxconn sysctl, the most that it gets */
  constructor(backlog: number, somaxconn: number) {
    this.resize(backlog, somaxconn);
  }

  /** listen() once more: only the limit is new. */
  resize(backlog: number, somaxconn: number): void {
    this.sk_max_ack_backlog = Math.min(backlog, somaxconn);
  }

  /** Connections that wait for accept(): the listener's Recv-Q in ss. */
  get sk_ack_backlog(): number {
    return this.#queued.length;
  }

  /** `sk_acceptq_is_full`: full is one more than the backlog. */
  get isFull(): boolean {
    return this.sk_ack_backlog > this.sk_max_ack_backlog;
  }

  add(connection: T): void {
    this.#queued.add(connection);
  }

  /** The oldest, or undefined. */
  take(): T | undefined {
    return this.#queued.take();
  }
}
