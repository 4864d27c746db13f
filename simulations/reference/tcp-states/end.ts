/** What one end is, as `ss` and the page must know it: the trace has one actor for a listener and its connection. */
import type { ActorState, TraceEvent } from '../../engine/trace.ts';
import { TCP_TIMEWAIT_LEN_ms } from '../../kernel/tcp/time-wait.ts';

export class End {
  readonly #name: string;
  #connection: string | null = null;
  #hasListener = false;
  /** Made by the listener and up, not yet accepted. */
  #isQueued = false;
  #isFromListener = false;
  #record_due_us: number | null = null;

  /** @param name of the host; its program is `name program` */
  constructor(name: string) {
    this.#name = name;
  }

  /** State of the connection, or null before there was one. */
  get connection(): string | null {
    return this.#connection;
  }

  get hasListener(): boolean {
    return this.#hasListener;
  }

  get fields(): ActorState {
    return {
      connection: this.#connection,
      has_listener: this.#hasListener,
      queued: this.#isQueued ? 1 : 0,
      record_due_us: this.#record_due_us,
    };
  }

  /** Takes note of an event. */
  follow({ actor, kind, data, mark, at_us }: TraceEvent): void {
    const hasReturned = actor === `${this.#name} program` && kind === 'syscall-return';
    if (hasReturned && data.call === 'accept' && data.errno === null) this.#isQueued = false;
    if (actor !== this.#name) return;
    if (kind === 'record-kept') this.#record_due_us = at_us + Number(data.timeout_ms) * 1000;
    // A record in TIME_WAIT that answers begins its minute again; one in FIN_WAIT2 does not.
    const hasAnswered = kind === 'packet-sent' && mark === 'tcp_timewait_state_process:again';
    if (hasAnswered && this.#connection === 'TIME_WAIT')
      this.#record_due_us = at_us + TCP_TIMEWAIT_LEN_ms * 1000;
    if (kind === 'state-changed') this.#change(String(data.from), String(data.to));
  }

  #change(from: string, to: string): void {
    if (to === 'LISTEN') this.#hasListener = true;
    else if (from === 'LISTEN' && to === 'CLOSE') {
      this.#hasListener = false;
      this.#isQueued = false;
    } else {
      if (from === 'CLOSE' || from === 'LISTEN') this.#isFromListener = from === 'LISTEN';
      if (to === 'ESTABLISHED' && this.#isFromListener) this.#isQueued = true;
      if (to === 'CLOSE') this.#record_due_us = null;
      this.#connection = to;
    }
  }
}
