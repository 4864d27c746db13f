/**
 * `struct udp_sock`: a queue of datagrams that have come, and where they may come from (`net/ipv4/udp.c`).
 *
 * Left out: broadcast, multicast, corking, GRO; what a datagram costs beside its data.
 */

import type { VirtualClock } from '../../engine/clock.ts';
import type { Cookie, Inode, SocketState, UdpState } from '../../machine/state.ts';
import type { Datagram, Endpoint, UnreachableCode } from '../../network/packet.ts';
import type { Cell, Shelf, Source } from '../../trace/history.ts';
import type { Errno } from '../errno.ts';
import { icmpFailure } from '../tcp/errors.ts';
import { WaitSet } from '../wait-set.ts';

/** sysctl `net.core.rmem_default`, its default. */
const RMEM_DEFAULT_bytes = 212_992;

const NOWHERE: Endpoint = { address: '0.0.0.0', port: 0 };

const NOT_SHUT = { rcv: false, send: false };

/** What a UDP socket needs of its host. */
export interface UdpHost {
  readonly clock: VirtualClock;
  readonly sockets: Shelf<Cookie, SocketState>;
  nextCookie(): Cookie;
  nextInode(): Inode;
}

export class UdpSock implements Source<UdpState> {
  readonly cookie: Cookie;
  readonly inode: Inode;
  readonly uid: number;
  local: Endpoint = NOWHERE;
  /** The peer of a connected socket, or null. */
  remote: Endpoint | null = null;
  /** SO_REUSEADDR. */
  reuses = false;
  sk_err: Errno | null = null;
  readonly changed: WaitSet;
  readonly #cell: Cell<SocketState>;
  #queue: Datagram[] = [];
  #queued_bytes = 0;
  #drops = 0;

  constructor(host: UdpHost, uid: number) {
    this.cookie = host.nextCookie();
    this.inode = host.nextInode();
    this.uid = uid;
    this.changed = new WaitSet(host.clock);
    this.#cell = host.sockets.open(this.cookie, this);
  }

  get hasDatagram(): boolean {
    return this.#queue.length > 0;
  }

  /** What the oldest datagram carries, or 0. */
  get next_bytes(): number {
    return this.#queue[0]?.payload_bytes ?? 0;
  }

  /** The oldest datagram, or undefined. @param peeks leaves it where it is */
  take(peeks: boolean): Datagram | undefined {
    const datagram = peeks ? this.#queue[0] : this.#queue.shift();
    if (datagram && !peeks) this.#queued_bytes -= datagram.payload_bytes;
    this.touch();
    return datagram;
  }

  /** `udp_queue_rcv_one_skb`: what does not fit is dropped without a word. */
  receive(datagram: Datagram): void {
    if (this.#queued_bytes + datagram.payload_bytes > RMEM_DEFAULT_bytes) this.#drops++;
    else {
      this.#queue.push(datagram);
      this.#queued_bytes += datagram.payload_bytes;
      this.changed.wake();
    }
    this.touch();
  }

  /** `udp_err`: only a connected socket hears of it. */
  receiveError(code: UnreachableCode): void {
    if (!this.remote) return;
    this.sk_err = icmpFailure(code, 'inet').errno;
    this.changed.wake();
    this.touch();
  }

  /** `sock_error`. */
  takeError(): Errno | null {
    const errno = this.sk_err;
    this.sk_err = null;
    this.touch();
    return errno;
  }

  touch(): void {
    this.#cell.touch();
  }

  /** Nothing of it is left. */
  end(): void {
    this.#cell.end();
  }

  state(): UdpState {
    return {
      kind: 'udp',
      cookie: this.cookie,
      inode: this.inode,
      uid: this.uid,
      state: this.remote ? 'ESTABLISHED' : 'UNCONN',
      local: this.local,
      remote: this.remote ?? NOWHERE,
      recv_q_bytes: this.#queued_bytes,
      send_q_bytes: 0,
      sk_shutdown: NOT_SHUT,
      error: this.sk_err,
      drops: this.#drops,
      memory: null,
    };
  }
}
