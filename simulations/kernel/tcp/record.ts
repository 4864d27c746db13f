/**
 * Both ends of a connection as a small record. Where ten thousand connections stand still, a socket with its timers
 * would cost more than it tells; the statechart's definition says where an event leads.
 *
 * The wire between the ends loses nothing and takes no time. Left out: sequence numbers, windows (what is sent fits),
 * every timer, and with them the end of FIN_WAIT2 and TIME_WAIT. `sock.ts` has all that, and a test holds the two to each other.
 */
import { type Transition, transitionOf } from './transitions.ts';

export type End = 'client' | 'server';

export class TcpRecord {
  /** The client's port. */
  readonly port: number;
  /** The states of its ends. The server's is CLOSE until a SYN has made a socket of it. */
  client = 'CLOSE';
  server = 'CLOSE';
  /** What the server has received and not read, with the FIN, which counts as one: `rcv_nxt − copied_seq`. */
  recv_q_bytes = 0;
  /** 1 while the FIN is part of that. */
  #fin_bytes: 0 | 1 = 0;

  constructor(port: number) {
    this.port = port;
  }

  /** connect(): the SYN leaves. */
  connect(): void {
    this.#go('client', 'connect()');
  }

  /** The listener takes the SYN, and the handshake runs to its end. */
  establish(): void {
    this.server = 'LISTEN';
    this.#go('server', 'SYN');
    this.#go('client', 'SYN-ACK');
    this.#go('server', 'ACK');
  }

  /** The SYN meets a closed port. */
  refuse(): void {
    this.#go('client', 'RST');
  }

  /** The client sends. */
  request(bytes: number): void {
    this.recv_q_bytes += bytes;
  }

  /**
   * The server's read(). One that has room to spare takes the FIN as well, where it has arrived
   * (`tcp_recvmsg_locked`, `found_fin_ok`). @returns the bytes that it got; 0 is the end of the file
   */
  read(bytes: number): number {
    const read = Math.min(bytes, this.recv_q_bytes - this.#fin_bytes);
    this.recv_q_bytes -= read;
    if (read < bytes) {
      this.recv_q_bytes -= this.#fin_bytes;
      this.#fin_bytes = 0;
    }
    return read;
  }

  /** The server's write(). @returns whether a client was there to take it; else it answers with a reset */
  respond(): boolean {
    if (this.client === 'ESTABLISHED') return true;
    this.#go('client', 'data after close()');
    this.#go('server', 'RST');
    this.recv_q_bytes = 0;
    return false;
  }

  /** The client's close(). @returns the transition that it made at the server, where it made one */
  clientCloses(): Transition | undefined {
    const closed = this.#go('client', 'close()');
    if (closed?.sends !== 'FIN') return undefined;
    const received = this.#go('server', 'FIN');
    if (this.server === 'CLOSE_WAIT') {
      this.#fin_bytes = 1;
      this.recv_q_bytes++;
    }
    this.#go('client', 'ACK of FIN');
    return received;
  }

  /** The server's close(), and where it sends a FIN, the client's that follows it. */
  serverCloses(): Transition | undefined {
    if (this.server === 'CLOSE') return undefined;
    const isUnread = this.recv_q_bytes > this.#fin_bytes;
    const closed = this.#go('server', isUnread ? 'close(), data unread' : 'close()');
    if (closed?.sends === 'RST') {
      this.#go('client', 'RST');
    } else if (this.client === 'ESTABLISHED') {
      this.#go('client', 'FIN');
      this.#go('server', 'ACK of FIN');
      this.#go('client', 'close()');
      this.#go('server', 'FIN');
      this.#go('client', 'ACK of FIN');
    } else {
      this.#go('client', 'FIN');
      this.#go('server', 'ACK of FIN');
    }
    this.recv_q_bytes = 0;
    return closed;
  }

  #go(end: End, event: string): Transition | undefined {
    const transition = transitionOf(this[end], event);
    if (transition) this[end] = transition.to;
    return transition;
  }
}
