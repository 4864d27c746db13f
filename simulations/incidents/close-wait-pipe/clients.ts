/**
 * The clients: each connects, sends a request, and waits for its response as long as it has patience.
 *
 * Left out: the time that packets take; clients that try again.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import { KERNELS } from '../../kernel/profile.ts';
import { offer, TcpPair } from '../../kernel/tcp/pair.ts';
import { synSchedule } from '../../kernel/tcp/syn-schedule.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Cookie } from '../../machine/state.ts';
import { DEFAULT_SYSCTLS } from '../../machine/sysctl.ts';
import type { Endpoint } from '../../network/packet.ts';
import type { Cell, Source } from '../../trace/history.ts';
import type { Client, Fate } from './client.ts';
import type { ServerNarrator } from './narrator.ts';
import type { CloseWaitPipeParameters } from './parameters.ts';

/** A proxy: it is what connects. */
const ADDRESS = '10.1.5.20';
/** Its ports, taken in turn. */
const FIRST_PORT = 32_768;
const PORTS = 28_232;

/** How many clients fare so. */
export interface ClientsState {
  readonly syn_sent: number;
  readonly waiting: number;
  readonly served: number;
  readonly gave_up: number;
  readonly timed_out: number;
  readonly refused: number;
}

const { sends_ms, gives_up_ms } = synSchedule({
  ...DEFAULT_SYSCTLS,
  kernel: KERNELS['6.12'],
  icsk_syn_retries: 0,
  icsk_user_timeout_ms: 0,
});

export class Clients implements Source<ClientsState> {
  #started = 0;
  readonly #p: CloseWaitPipeParameters;
  readonly #clock: VirtualClock;
  readonly #server: Machine;
  readonly #address: Endpoint;
  readonly #narrator: ServerNarrator;
  readonly #cell: Cell<unknown>;
  readonly #fates = new Map<Fate, number>();
  readonly #byCookie = new Map<Cookie, Client>();

  constructor(options: {
    parameters: CloseWaitPipeParameters;
    server: Machine;
    /** Where they connect to. */
    address: Endpoint;
    narrator: ServerNarrator;
  }) {
    this.#p = options.parameters;
    this.#server = options.server;
    this.#clock = options.server.clock;
    this.#address = options.address;
    this.#narrator = options.narrator;
    this.#cell = options.server.recorder.program('clients', this);
  }

  /** How many clients fare so. */
  fared(fate: Fate): number {
    return this.#fates.get(fate) ?? 0;
  }

  /** The client at the other end of a connection. */
  of(cookie: Cookie): Client {
    const client = this.#byCookie.get(cookie);
    if (!client) throw new Error(`no client has connection ${cookie}`);
    return client;
  }

  /** What became of a client. */
  fares(client: Client, fate: Fate): void {
    this.#fates.set(client.fate, this.fared(client.fate) - 1);
    client.fate = fate;
    this.#fates.set(fate, this.fared(fate) + 1);
    this.#cell.touch();
  }

  /** The first client connects now, each other one a little later, until the time is over. */
  start(): void {
    const number = ++this.#started;
    const port = FIRST_PORT + ((number - 1) % PORTS);
    const { stack, census } = this.#server;
    const pair = new TcpPair(stack, census, this.#address, { address: ADDRESS, port });
    const client: Client = { number, port, pair, fate: 'connecting' };
    this.#byCookie.set(pair.cookie, client);
    pair.onServerClose = () => {
      this.#byCookie.delete(pair.cookie);
      if (client.fate === 'waiting') this.fares(client, 'hung up on');
    };
    const next_us = Math.round((number * 1e6) / this.#p.requests_per_s);
    if (next_us < this.#p.duration_s * 1e6)
      this.#clock.after(next_us - this.#clock.now_us, () => this.start(), 'arrival');
    pair.connect();
    this.#fates.set('connecting', this.fared('connecting') + 1);
    this.#cell.touch();
    this.#narrator.connecting(client);
    this.#syn(client, 0, this.#clock.now_us);
  }

  /** @param sent how many SYNs have gone out before this one @param began_us when connect() was called */
  #syn(client: Client, sent: number, began_us: number): void {
    const { pair } = client;
    const verdict = offer(pair, this.#server.stack.table.listener(this.#address));
    if (verdict === 'established') {
      this.fares(client, 'waiting');
      pair.request(this.#p.request_bytes);
      this.#clock.after(this.#p.client_timeout_ms * 1000, () => this.#giveUp(client));
    } else if (verdict === 'dropped') this.#wait(client, sent + 1, began_us);
    else this.#leaves(client, 'refused');
    this.#narrator.syn(client, verdict, sent);
  }

  /** Until the next SYN, or the end of the client's patience or the kernel's. */
  #wait(client: Client, sent: number, began_us: number): void {
    const { connect_timeout_ms } = this.#p;
    const next_ms = sends_ms[sent] ?? Number.POSITIVE_INFINITY;
    const end_ms = Math.min(connect_timeout_ms, gives_up_ms);
    const due_us = began_us + Math.min(next_ms, end_ms) * 1000;
    this.#clock.after(due_us - this.#clock.now_us, () => {
      if (next_ms < end_ms) this.#syn(client, sent, began_us);
      else {
        client.pair.clientCloses();
        this.#leaves(client, 'timed out');
        this.#narrator.connectTimedOut(client);
      }
    });
  }

  /** A client ends that never had a connection. */
  #leaves(client: Client, fate: Fate): void {
    this.fares(client, fate);
    this.#byCookie.delete(client.pair.cookie);
  }

  #giveUp(client: Client): void {
    if (client.fate !== 'waiting') return;
    this.fares(client, 'gave up');
    const received = client.pair.clientCloses();
    this.#narrator.gaveUp(client, received?.mark ?? null);
  }

  state(): ClientsState {
    return {
      syn_sent: this.fared('connecting'),
      waiting: this.fared('waiting'),
      served: this.fared('served'),
      gave_up: this.fared('gave up'),
      timed_out: this.fared('timed out'),
      refused: this.fared('refused') + this.fared('hung up on'),
    };
  }
}
