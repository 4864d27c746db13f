/**
 * The server's connections: what the kernel does with them, where each of them is, and how many are alike.
 *
 * Left out: more than one request on a connection; a server that half-closes.
 */
import { AcceptQueue } from '../../kernel/accept-queue.ts';
import { TcpRecord } from '../../kernel/tcp/record.ts';

/** Who has a connection: the kernel alone, the pool's queue, or a thread. After close() nobody. */
export type Holder = 'accept queue' | 'pool queue' | 'thread' | 'nobody';

/** How a client fares. */
export type Fate = 'connecting' | 'waiting' | 'served' | 'gave up' | 'timed out' | 'refused' | 'hung up on';

/** A client and its connection. */
export class Connection extends TcpRecord {
  /** From 1, in the order of connect(). */
  readonly number: number;
  holder: Holder = 'nobody';
  /** The server's descriptor, or null before accept(). */
  fd: number | null = null;
  fate: Fate = 'connecting';
  /** Where it is counted, or null when it is in no state that ss lists. */
  group: Group | null = null;

  constructor(number: number, port: number) {
    super(port);
    this.number = number;
  }
}

/** Connections that look alike in ss. */
export interface Group {
  readonly server: string;
  readonly recv_q_bytes: number;
  readonly holder: Holder;
  readonly members: Set<Connection>;
}

/** What became of a SYN. */
export type SynVerdict = 'established' | 'dropped' | 'refused';

export class Connections {
  readonly queue: AcceptQueue<Connection>;
  /** Few: the states, times four holders, times a request read or not. */
  readonly #groups: Group[] = [];
  readonly #fates = new Map<Fate, number>();
  readonly #onQueued: () => void;
  #isListening = true;

  /** @param onQueued is told when a connection has come into the accept queue */
  constructor(backlog: number, onQueued: () => void) {
    this.queue = new AcceptQueue(backlog);
    this.#onQueued = onQueued;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** The groups that have members. */
  get groups(): readonly Group[] {
    return this.#groups.filter(({ members }) => members.size > 0);
  }

  /** How many connections are in a state at the server. */
  count(server: string): number {
    let count = 0;
    for (const group of this.#groups) if (group.server === server) count += group.members.size;
    return count;
  }

  /** How many clients fare so. */
  fared(fate: Fate): number {
    return this.#fates.get(fate) ?? 0;
  }

  /** A client calls connect(). */
  connect(connection: Connection): void {
    connection.connect();
    this.#fates.set('connecting', this.fared('connecting') + 1);
  }

  /** What became of a client. */
  fares(connection: Connection, fate: Fate): void {
    this.#fates.set(connection.fate, this.fared(connection.fate) - 1);
    connection.fate = fate;
    this.#fates.set(fate, this.fared(fate) + 1);
  }

  /** A SYN arrives: `tcp_conn_request`. With the handshake over, the client sends its request. */
  syn(connection: Connection, request_bytes: number): SynVerdict {
    if (!this.#isListening) {
      connection.refuse();
      this.fares(connection, 'refused');
      return 'refused';
    }
    if (this.queue.isFull) return 'dropped';
    connection.establish();
    connection.request(request_bytes);
    connection.holder = 'accept queue';
    this.fares(connection, 'waiting');
    this.queue.add(connection);
    this.changed(connection);
    this.#onQueued();
    return 'established';
  }

  /** Puts a connection into the group in which it now belongs. */
  changed(connection: Connection): void {
    const { server, group } = connection;
    if (group && isAlike(group, connection)) return;
    group?.members.delete(connection);
    connection.group = server === 'CLOSE' ? null : this.#groupFor(connection);
    connection.group?.members.add(connection);
  }

  #groupFor(connection: Connection): Group {
    const { server, recv_q_bytes, holder } = connection;
    const found = this.#groups.find((group) => isAlike(group, connection));
    if (found) return found;
    const group = { server, recv_q_bytes, holder, members: new Set<Connection>() };
    this.#groups.push(group);
    return group;
  }

  /** The server closes a connection, or its kernel does where the process is gone. */
  close(connection: Connection): void {
    connection.serverCloses();
    connection.holder = 'nobody';
    this.changed(connection);
    if (connection.fate === 'waiting') this.fares(connection, 'hung up on');
  }

  /** The process is gone: the listener closes, and so does what waits in its queue. */
  stopListening(): void {
    this.#isListening = false;
    for (let next = this.queue.take(); next; next = this.queue.take()) this.close(next);
  }

  /** TIME_WAIT is over. */
  forget(connection: Connection): void {
    connection.group?.members.delete(connection);
    connection.group = null;
  }
}

type Look = Pick<Group, 'server' | 'recv_q_bytes' | 'holder'>;

const isAlike = (one: Look, other: Look): boolean =>
  one.server === other.server && one.recv_q_bytes === other.recv_q_bytes && one.holder === other.holder;
