/**
 * The clients: each connects, sends a request, and waits for its response as long as it has patience.
 *
 * Left out: the time that packets take; clients that try again.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import { KERNELS } from '../../kernel/profile.ts';
import { DEFAULT_SYSCTL } from '../../kernel/sysctl.ts';
import { synSchedule } from '../../kernel/tcp/syn-schedule.ts';
import { Connection, type Connections } from './connections.ts';
import type { Journal } from './journal.ts';
import type { CloseWaitPipeParameters } from './parameters.ts';

/** The ports of one client machine, taken in turn. */
const FIRST_PORT = 32_768;
const PORTS = 28_232;

const { sends_ms, gives_up_ms } = synSchedule({
  ...DEFAULT_SYSCTL,
  kernel: KERNELS['6.12'],
  icsk_syn_retries: 0,
  icsk_user_timeout_ms: 0,
});

export class Clients {
  #started = 0;
  readonly #p: CloseWaitPipeParameters;
  readonly #clock: VirtualClock;
  readonly #connections: Connections;
  readonly #journal: Journal;

  constructor(options: {
    parameters: CloseWaitPipeParameters;
    clock: VirtualClock;
    connections: Connections;
    journal: Journal;
  }) {
    this.#p = options.parameters;
    this.#clock = options.clock;
    this.#connections = options.connections;
    this.#journal = options.journal;
  }

  /** The first client connects now, each other one a little later, until the time is over. */
  start(): void {
    const number = ++this.#started;
    const connection = new Connection(number, FIRST_PORT + ((number - 1) % PORTS));
    const next_us = Math.round((number * 1e6) / this.#p.requests_per_s);
    if (next_us < this.#p.duration_s * 1e6)
      this.#clock.after(next_us - this.#clock.now_us, () => this.start(), 'arrival');
    this.#connections.connect(connection);
    this.#journal.connecting(connection);
    this.#syn(connection, 0, this.#clock.now_us);
  }

  /** @param sent how many SYNs have gone out before this one @param began_us when connect() was called */
  #syn(connection: Connection, sent: number, began_us: number): void {
    const verdict = this.#connections.syn(connection, this.#p.request_bytes);
    if (verdict === 'established')
      this.#clock.after(this.#p.client_timeout_ms * 1000, () => this.#giveUp(connection));
    if (verdict === 'dropped') this.#wait(connection, sent + 1, began_us);
    this.#journal.syn(connection, verdict, sent);
  }

  /** Until the next SYN, or the end of the client's patience or the kernel's. */
  #wait(connection: Connection, sent: number, began_us: number): void {
    const { connect_timeout_ms } = this.#p;
    const next_ms = sends_ms[sent] ?? Number.POSITIVE_INFINITY;
    const end_ms = Math.min(connect_timeout_ms, gives_up_ms);
    const due_us = began_us + Math.min(next_ms, end_ms) * 1000;
    this.#clock.after(due_us - this.#clock.now_us, () => {
      if (next_ms < end_ms) this.#syn(connection, sent, began_us);
      else {
        connection.clientCloses();
        this.#connections.fares(connection, 'timed out');
        this.#journal.connectTimedOut(connection);
      }
    });
  }

  #giveUp(connection: Connection): void {
    if (connection.fate !== 'waiting') return;
    this.#connections.fares(connection, 'gave up');
    const received = connection.clientCloses();
    this.#connections.changed(connection);
    this.#journal.gaveUp(connection, received?.mark ?? null);
  }
}
