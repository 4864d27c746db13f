/** `struct socket` over UDP: what a process does with it, and how its calls sleep (`net/ipv4/udp.c`, `net/core/datagram.c`). */
import type { VirtualClock } from '../../engine/clock.ts';
import type { Json } from '../../engine/json.ts';
import type { Flags, PollEvent, Socket } from '../../machine/file.ts';
import type { Answer, Waiting } from '../../machine/program.ts';
import type { FileRef } from '../../machine/state.ts';
import type { Thread } from '../../machine/thread.ts';
import type { Endpoint } from '../../network/packet.ts';
import { failure, type Reasoned, success } from '../answer.ts';
import type { Errno } from '../errno.ts';
import { sleepUntil } from '../sleep-until.ts';
import { UdpSock } from './sock.ts';
import type { Udp } from './udp.ts';

const ANY = '0.0.0.0';

export class UdpSocket implements Socket {
  readonly sk: UdpSock;
  nonblocking: boolean;
  rcvtimeo_ms: number | null = null;
  readonly ref: FileRef;
  readonly #udp: Udp;
  readonly #clock: VirtualClock;

  constructor(udp: Udp, nonblocking: boolean, uid: number) {
    this.#udp = udp;
    this.#clock = udp.below.clock;
    this.sk = new UdpSock(udp.below, uid);
    this.nonblocking = nonblocking;
    this.ref = { kind: 'socket', cookie: this.sk.cookie };
  }

  bind(local: Endpoint): Reasoned {
    if (this.sk.local.port !== 0) return failure('EINVAL');
    const errno = this.#udp.hash(this.sk, local);
    this.sk.touch();
    return errno ? failure(errno) : success();
  }

  /** `ip4_datagram_connect`: from now on datagrams go there and come from there. */
  connect(remote: Endpoint): Reasoned {
    const errno = this.#autobind();
    if (errno) return failure(errno);
    this.sk.remote = remote;
    this.sk.local = { address: this.#udp.below.sourceFor(remote), port: this.sk.local.port };
    this.sk.touch();
    return success();
  }

  setsockopt(option: string, value: number): Reasoned {
    if (option === 'SO_RCVTIMEO') this.rcvtimeo_ms = value || null;
    else if (option === 'SO_REUSEADDR') this.sk.reuses = value !== 0;
    else return failure('ENOPROTOOPT');
    return success();
  }

  getsockopt(option: string): Reasoned {
    if (option !== 'SO_ERROR') return failure('ENOPROTOOPT');
    return { ...success(), out: { error: this.sk.takeError() } };
  }

  /** `udp_sendmsg`. */
  sendto(bytes: number, to: Endpoint | null, content?: Json): Reasoned {
    const remote = to ?? this.sk.remote;
    if (!remote) return failure('EDESTADDRREQ');
    const pending = this.sk.takeError();
    if (pending) return failure(pending);
    const errno = this.#autobind();
    if (errno) return failure(errno);
    const address = this.sk.local.address === ANY ? this.#udp.below.sourceFor(remote) : this.sk.local.address;
    this.#udp.transmit({
      protocol: 'udp',
      from: { address, port: this.sk.local.port },
      to: remote,
      payload_bytes: bytes,
      ...(content !== undefined && { content }),
    });
    return success(bytes);
  }

  read(thread: Thread, bytes: number, flags: Flags = {}): Reasoned | Waiting {
    const attempt = (): Answer | null => {
      const errno = this.sk.sk_err && this.sk.takeError();
      if (errno) return failure(errno);
      const datagram = this.sk.hasDatagram ? this.sk.take(flags.MSG_PEEK ?? false) : undefined;
      if (!datagram) return null;
      const { from, payload_bytes, content } = datagram;
      return {
        ...success(Math.min(bytes, payload_bytes)),
        out: { address: from.address, port: from.port, ...(content !== undefined && { content }) },
      };
    };
    const now = attempt();
    if (now) return now;
    if (this.nonblocking || flags.MSG_DONTWAIT) return failure('EAGAIN');
    return sleepUntil(this.#clock, thread, {
      sleep: {
        mark: '__skb_wait_for_more_packets:sleep',
        says: 'No datagram has come: *recvfrom() goes to sleep*.',
        beat: false,
      },
      wchan: '__skb_wait_for_more_packets',
      timeo_ms: this.rcvtimeo_ms,
      attempt,
      watch: (wake) => this.sk.changed.add(wake),
    });
  }

  /** `udp_ioctl`: SIOCINQ is the oldest datagram, in bytes. What is sent is gone at once. */
  queued(request: string): number | Errno {
    if (request === 'SIOCINQ') return this.sk.next_bytes;
    return request === 'SIOCOUTQ' ? 0 : 'ENOTTY';
  }

  write(_thread: Thread, bytes: number): Reasoned {
    return this.sendto(bytes, null);
  }

  /** `udp_poll`: always writable. */
  poll(): readonly PollEvent[] {
    return [
      ...(this.sk.hasDatagram ? (['POLLIN'] as const) : []),
      'POLLOUT',
      ...(this.sk.sk_err ? (['POLLERR'] as const) : []),
    ];
  }

  subscribe(wake: () => void): () => void {
    return this.sk.changed.add(wake);
  }

  close(): Reasoned {
    this.#udp.unhash(this.sk);
    this.sk.end();
    return success();
  }

  #autobind(): Errno | null {
    return this.sk.local.port === 0 ? this.#udp.hash(this.sk, { address: ANY, port: 0 }) : null;
  }
}
