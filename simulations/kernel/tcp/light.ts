/**
 * A connection of this machine to a server that answers at once, as a small thing: a port, two states, and the record
 * that stays when this end closes first. No simulation uses it yet: `tests/bench-engine.ts` makes them by the hundred
 * thousand, to hold the engine to what a run with very many records in TIME_WAIT needs.
 *
 * The wire loses nothing and takes no time. Left out: sequence numbers, data, every timer but TIME_WAIT's,
 * `tcp_tw_reuse`, `tcp_max_tw_buckets`.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import type { Cookie, SocketState, TcpState, TcpStateName } from '../../machine/state.ts';
import type { Endpoint } from '../../network/packet.ts';
import type { Cell, Shelf, Source } from '../../trace/history.ts';
import type { Census, Group } from '../census.ts';
import type { Ports } from '../ports.ts';
import type { SocketTable, Tuple } from '../socket-table.ts';
import { recordState } from './record-state.ts';
import { TCP_TIMEWAIT_LEN_ms } from './time-wait.ts';

/** What it needs of its machine's stack. */
export interface LightHost {
  readonly clock: VirtualClock;
  readonly ports: Ports;
  readonly table: Pick<SocketTable<Tuple, Tuple>, 'insert' | 'remove'>;
  readonly sockets: Shelf<Cookie, SocketState>;
  readonly address: string;
  nextCookie(): Cookie;
}

export class LightConnection implements Tuple, Source<TcpState> {
  readonly cookie: Cookie;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  #state: TcpStateName = 'ESTABLISHED';
  #set_us = 0;
  readonly #host: LightHost;
  readonly #census: Census;
  readonly #cell: Cell<SocketState>;
  #group: Group | null;

  private constructor(host: LightHost, census: Census, remote: Endpoint, port: number) {
    this.#host = host;
    this.#census = census;
    this.cookie = host.nextCookie();
    this.local = { address: host.address, port };
    this.remote = remote;
    host.table.insert(this);
    this.#cell = host.sockets.open(this.cookie, this);
    this.#group = census.move(this.cookie, null, { state: 'ESTABLISHED', recv_q_bytes: 0, held: 'process' });
  }

  /** connect(). @returns the connection, or EADDRNOTAVAIL where no port is left, with the ports that were looked at */
  static connect(
    host: LightHost,
    census: Census,
    remote: Endpoint,
  ): { connection: LightConnection | null; examined: number } {
    const { port, examined } = host.ports.connect(remote);
    const connection = port === null ? null : new LightConnection(host, census, remote, port);
    return { connection, examined };
  }

  /** This end closes first: a record stays for a minute, and its port with it. */
  close(): void {
    const { clock } = this.#host;
    this.#state = 'TIME_WAIT';
    this.#set_us = clock.now_us;
    this.#cell.touch();
    this.#group = this.#census.move(this.cookie, this.#group, {
      state: 'TIME_WAIT',
      recv_q_bytes: 0,
      held: 'nobody',
    });
    clock.after(TCP_TIMEWAIT_LEN_ms * 1000, () => this.#end());
  }

  #end(): void {
    this.#host.table.remove(this);
    this.#host.ports.release(this.remote, this.local.port);
    this.#cell.end();
    this.#group = this.#census.move(this.cookie, this.#group, null);
  }

  state(): TcpState {
    if (this.#state === 'ESTABLISHED') return { ...recordState(this, 'ESTABLISHED', null), weight: 'full' };
    const set_us = this.#set_us;
    const due_us = set_us + TCP_TIMEWAIT_LEN_ms * 1000;
    return recordState(this, this.#state, { name: 'timewait', set_us, due_us, retransmits: 0 });
  }
}
