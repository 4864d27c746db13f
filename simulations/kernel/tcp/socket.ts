/**
 * `struct socket` over a full TCP socket: what a process does with it, and how its calls sleep (`net/ipv4/af_inet.c`,
 * `net/ipv4/tcp.c`, `inet_csk_accept`).
 *
 * Left out: AF_UNSPEC, Fast Open, SO_RCVLOWAT, MSG_WAITALL, priority events.
 */
import { duration } from '../../engine/duration.ts';
import type { File, Flags, NewSocket, PollEvent, Socket } from '../../machine/file.ts';
import type { Answer, Waiting } from '../../machine/program.ts';
import type { FileRef } from '../../machine/state.ts';
import type { Thread } from '../../machine/thread.ts';
import type { Endpoint } from '../../network/packet.ts';
import { formula, type Reason, reasonOf } from '../../trace/decision.ts';
import { AcceptQueue } from '../accept-queue.ts';
import { failure, type Reasoned, success } from '../answer.ts';
import type { Errno } from '../errno.ts';
import { sleepUntil } from '../sleep-until.ts';
import {
  ACCEPT_AGAIN,
  ACCEPT_IS_LATE,
  ACCEPT_SLEEPS,
  CONNECT_DOES_NOT_WAIT,
  CONNECT_INTERRUPTED,
  CONNECT_SLEEPS,
  IS_CLOSED,
  IS_CONNECTED,
  LISTENS_NO_LONGER,
  NOT_LISTENING,
  READ_AGAIN,
  READ_SLEEPS,
  READING_IS_SHUT,
  WRITE_BEFORE_CONNECTED,
  WRITE_SLEEPS,
  whyAtEnd,
  whyFailed,
  whyLate,
  whyPollErr,
  whyReadFails,
  whyWriteAgain,
  whyWriteFails,
} from './reasons.ts';
import { type Acceptable, TcpSock } from './sock.ts';
import { getOption, setOption } from './socket-options.ts';
import type { TcpHost } from './tcp-host.ts';

const isHandshaking = (sk: TcpSock): boolean => sk.sk_state === 'SYN_SENT' || sk.sk_state === 'SYN_RECV';

const LINGERING = new Set(['FIN_WAIT1', 'CLOSING', 'LAST_ACK']);

/** A call that sleeps on a socket until it has an answer. */
interface Sleeping {
  /** Why it sleeps, why it returns where it may not, and why when its time is up. */
  readonly asleep: Required<Reason>;
  readonly again: Reason;
  readonly late: Reason;
  readonly says: string;
  readonly wchan: string;
  /** SO_RCVTIMEO or SO_SNDTIMEO in ms, or null for none. */
  readonly timeo_ms: number | null;
  /** Whether a sleep of this kind tells a story: a program that waits for work does not, one whose write() is stuck does. */
  readonly beat: boolean;
  /** It has data to send: `sk_write_pending`. */
  readonly writes?: boolean;
  attempt(): Answer | null;
}

export class TcpSocket implements Socket {
  readonly sk: TcpSock;
  nonblocking: boolean;
  readonly ref: FileRef;
  #state: 'SS_UNCONNECTED' | 'SS_CONNECTING' | 'SS_CONNECTED' = 'SS_UNCONNECTED';
  readonly #host: TcpHost<TcpSock>;

  /** @param sk the connection that accept() has taken; a new socket when left out */
  constructor(host: TcpHost<TcpSock>, nonblocking: boolean, uid: number, sk?: TcpSock) {
    this.#host = host;
    this.sk = sk ?? new TcpSock(host);
    this.sk.inode = host.nextInode();
    this.sk.uid = uid;
    this.sk.optionsChanged();
    this.nonblocking = nonblocking;
    this.ref = { kind: 'socket', cookie: this.sk.cookie };
    if (sk) this.#state = 'SS_CONNECTED';
  }

  // --- connections ---

  bind(local: Endpoint): Reasoned {
    const errno = this.#host.bind(this.sk, local);
    return errno ? failure(errno) : success();
  }

  /** `__inet_stream_connect`. */
  connect(address: Endpoint, thread: Thread): Reasoned | Waiting {
    let pending: Errno;
    if (this.#state === 'SS_CONNECTED') return failure('EISCONN', IS_CONNECTED);
    if (this.#state === 'SS_CONNECTING') pending = 'EALREADY';
    else {
      if (this.sk.sk_state !== 'CLOSE') return failure('EISCONN');
      const errno = this.sk.open(address);
      if (errno) return failure(errno);
      this.#state = 'SS_CONNECTING';
      pending = 'EINPROGRESS';
    }
    if (!isHandshaking(this.sk)) return this.#settled();
    if (this.nonblocking) {
      // Without a round-trip time the answer comes while connect() sends, and waits until it lets go of the socket.
      this.#host.clock.deliver();
      return failure(
        pending,
        CONNECT_DOES_NOT_WAIT,
        'The socket does not block, so connect() returns at once; *the SYN goes on its own way*.',
      );
    }
    return this.#waitForConnect(pending, thread);
  }

  /** `inet_csk_listen_start`. */
  listen(backlog: number): Reasoned {
    if (this.#state !== 'SS_UNCONNECTED' || !['CLOSE', 'LISTEN'].includes(this.sk.sk_state))
      return failure('EINVAL');
    const { somaxconn } = this.#host.sysctl;
    if (this.sk.queue) {
      this.sk.queue.resize(backlog, somaxconn);
      return success();
    }
    const queue = new AcceptQueue<Acceptable>(backlog, somaxconn);
    const errno = this.sk.listen(queue);
    return errno ? failure(errno) : success();
  }

  /** `inet_csk_accept`. */
  accept(thread: Thread, { nonblocking, uid }: NewSocket, install: (file: File) => Answer): Answer | Waiting {
    const open = (connection: Acceptable): File =>
      connection instanceof TcpSock
        ? new TcpSocket(this.#host, nonblocking, uid, connection)
        : connection.fileFor(uid);
    if (this.sk.sk_state !== 'LISTEN') return failure('EINVAL', NOT_LISTENING);
    return this.#sleepUntil(thread, false, {
      asleep: ACCEPT_SLEEPS,
      again: ACCEPT_AGAIN,
      late: ACCEPT_IS_LATE,
      says: 'No connection is ready: *accept() goes to sleep*.',
      wchan: 'inet_csk_accept',
      timeo_ms: this.sk.rcvtimeo_ms,
      beat: false,
      attempt: () => {
        if (this.sk.sk_state !== 'LISTEN') return failure('EINVAL', LISTENS_NO_LONGER);
        const connection = this.sk.accept();
        return connection ? install(open(connection)) : null;
      },
    });
  }

  setsockopt(option: string, value: number): Reasoned {
    return setOption(this.sk, option, value, this.#host.sysctl);
  }

  getsockopt(option: string): Reasoned {
    return option === 'SO_ERROR'
      ? { ...success(), out: { error: this.takeError() } }
      : getOption(this.sk, option, this.#host.sysctl);
  }

  /** `inet_shutdown`. */
  shutdown(how: 'SHUT_RD' | 'SHUT_WR' | 'SHUT_RDWR'): Reasoned {
    const { sk } = this;
    if (sk.sk_state === 'CLOSE') return failure('ENOTCONN');
    if (sk.sk_state === 'SYN_SENT' || (sk.sk_state === 'LISTEN' && how !== 'SHUT_WR')) {
      sk.disconnect();
      this.#state = 'SS_UNCONNECTED';
      return success();
    }
    if (sk.sk_state === 'LISTEN') return success();
    if (how !== 'SHUT_WR') sk.shutdownRead();
    if (how !== 'SHUT_RD') sk.shutdownWrite();
    return success();
  }

  /** `sock_release`: what the peer is told depends on SO_LINGER and on what has not been read. */
  close(thread: Thread | null): Reasoned | Waiting {
    const { sk } = this;
    const { linger_s } = sk;
    sk.close(linger_s === 0);
    return thread && linger_s !== null && linger_s > 0 ? this.#linger(linger_s, thread) : success();
  }

  // --- bytes ---

  /** Takes up to `most_bytes`, or sleeps until there is something: 0 is the end of the stream. `tcp_recvmsg_locked` */
  read(thread: Thread, most_bytes: number, flags: Flags = {}): Reasoned | Waiting {
    const { sk } = this;
    const attempt = (): Reasoned | null => {
      const { isAtEnd, isFinTaken, readable_bytes } = sk.receiver;
      if (readable_bytes > 0 || isAtEnd)
        return success(
          flags.MSG_PEEK ? Math.min(most_bytes, readable_bytes) : sk.read(most_bytes),
          isAtEnd ? whyAtEnd(isFinTaken) : 'tcp_recvmsg_locked:copied',
        );
      const errno = this.#sockError();
      if (errno) return failure(errno, whyReadFails(errno));
      if (sk.sk_state === 'LISTEN') return failure('ENOTCONN');
      if (sk.sk_shutdown.rcv) return success(0, READING_IS_SHUT);
      return sk.sk_state === 'CLOSE' ? failure('ENOTCONN', IS_CLOSED) : null;
    };
    return this.#sleepUntil(thread, flags.MSG_DONTWAIT ?? false, {
      asleep: READ_SLEEPS,
      again: READ_AGAIN,
      late: READ_AGAIN,
      says: 'Nothing to read: *read() goes to sleep*.',
      wchan: 'wait_woken',
      timeo_ms: sk.rcvtimeo_ms,
      beat: false,
      attempt,
    });
  }

  /** Gives the socket all of `bytes`, asleep whenever the send buffer is full. `tcp_sendmsg_locked` */
  write(thread: Thread, bytes: number, flags: Flags = {}): Reasoned | Waiting {
    const { sk } = this;
    const mayBlock = !this.nonblocking && !flags.MSG_DONTWAIT;
    const more = flags.MSG_MORE ?? false;
    let copied = 0;
    let isFull = false;
    const isConnecting = sk.sk_state === 'SYN_SENT' || sk.sk_state === 'SYN_RECV';
    const end = (): Answer => {
      if (copied > 0) return success(copied);
      const why = whyWriteFails(sk.sk_err, sk.sk_shutdown.send);
      const errno = this.#sockError();
      if (errno && errno !== 'EPIPE') return failure(errno, why);
      return {
        ...failure('EPIPE', why),
        ...(!flags.MSG_NOSIGNAL && { out: { signal: 'SIGPIPE' } }),
      };
    };
    const attempt = (): Answer | null => {
      for (;;) {
        const { sk_state, sk_err, sk_shutdown, sender } = sk;
        if (sk_err !== null || sk_shutdown.send || sk_state === 'CLOSE' || sk_state === 'LISTEN')
          return end();
        if (sk_state === 'SYN_SENT' || sk_state === 'SYN_RECV') return null;
        if (isFull && !sender.isWriteable) return null;
        isFull = false;
        const taken = Math.min(sender.room_bytes, bytes - copied);
        copied += taken;
        if (taken > 0) {
          sk.send(taken, more && copied === bytes, copied < bytes);
          // Without a round-trip time the peer's kernel answers before the call returns: its softirq runs in it.
          this.#host.clock.deliver();
        }
        if (copied === bytes || (!mayBlock && copied > 0)) return success(copied);
        if (taken === 0) {
          isFull = true;
          return null;
        }
      }
    };
    return this.#sleepUntil(thread, !mayBlock, {
      asleep: isConnecting ? WRITE_BEFORE_CONNECTED : WRITE_SLEEPS,
      again: whyWriteAgain(isConnecting),
      late: whyWriteAgain(isConnecting),
      says: isConnecting
        ? 'The connection is not up yet: *write() goes to sleep*.'
        : 'The send buffer is full: *write() goes to sleep*.',
      wchan: isConnecting ? 'wait_woken' : 'sk_stream_wait_memory',
      timeo_ms: sk.sndtimeo_ms,
      beat: true,
      writes: true,
      attempt,
    });
  }

  /** `tcp_ioctl`: bytes that wait in one of the queues. */
  queued(request: string): number | Errno {
    const { sk_state, receiver, sender } = this.sk;
    const { write_seq, snd_una, snd_nxt } = sender.queue;
    if (!['SIOCINQ', 'SIOCOUTQ', 'SIOCOUTQNSD'].includes(request)) return 'ENOTTY';
    if (sk_state === 'LISTEN') return 'EINVAL';
    if (isHandshaking(this.sk)) return 0;
    if (request === 'SIOCINQ') return receiver.readable_bytes;
    return write_seq - (request === 'SIOCOUTQ' ? snd_una : snd_nxt);
  }

  // --- what can be waited for ---

  /** `tcp_poll`. */
  poll(): readonly PollEvent[] {
    const { sk } = this;
    const { sk_state, sk_err, sk_error_queue, receiver, sender, sk_shutdown } = sk;
    if (sk_state === 'LISTEN') return sk.queue?.sk_ack_backlog ? ['POLLIN'] : [];
    const events: PollEvent[] = [];
    const isUp = !isHandshaking(sk);
    if (sk_shutdown.rcv || (isUp && receiver.readable_bytes > 0)) events.push('POLLIN');
    if (isUp && (sender.isWriteable || sk_shutdown.send)) events.push('POLLOUT');
    if (sk_err !== null || sk_error_queue > 0) events.push('POLLERR');
    if (sk_state === 'CLOSE' || (sk_shutdown.rcv && sk_shutdown.send)) events.push('POLLHUP');
    if (sk_shutdown.rcv) events.push('POLLRDHUP');
    return events;
  }

  get whyError(): Reason {
    return whyPollErr(this.sk.sk_err, this.sk.sk_error_queue > 0);
  }

  subscribe(wake: () => void): () => void {
    return this.sk.waitForChange(wake);
  }

  /** SO_ERROR: reads the pending error, or else the one that was only noted, and clears it. */
  takeError(): Errno | null {
    if (this.sk.sk_err) return this.#sockError();
    const errno = this.sk.sk_err_soft;
    this.sk.sk_err_soft = null;
    return errno;
  }

  /** `sock_error`. */
  #sockError(): Errno | null {
    const errno = this.sk.sk_err;
    this.sk.sk_err = null;
    return errno;
  }

  /** `inet_wait_for_connect`, and what `__inet_stream_connect` makes of its end. */
  #waitForConnect(pending: Errno, thread: Thread): Waiting {
    const { clock, recorder } = this.#host;
    const { sndtimeo_ms } = this.sk;
    const timeo_ms = sndtimeo_ms ?? Number.POSITIVE_INFINITY;
    const bounded = sndtimeo_ms !== null;
    const limit = duration(timeo_ms * 1000);
    const until_us = bounded ? clock.now_us + timeo_ms * 1000 : null;
    return {
      wchan: 'inet_wait_for_connect',
      until_us,
      wait: (done) => {
        recorder.record({
          actor: thread.name,
          kind: 'timeout-read',
          data: { timeo_ms: sndtimeo_ms },
          ...reasonOf(
            formula(
              'sock_sndtimeo:timeo',
              bounded ? limit : 'no limit',
              [
                ['noblock', false],
                ['sk->sk_sndtimeo', sndtimeo_ms, 'ms'],
              ],
              'connect() sleeps no longer',
            ),
          ),
          says: bounded ? `SO_SNDTIMEO is ${limit}.` : 'No SO_SNDTIMEO is set.',
        });
        thread.sleeps({
          ...CONNECT_SLEEPS,
          says: bounded
            ? `connect() goes to sleep, for ${limit} at most: *SO_SNDTIMEO bounds the wait*.`
            : 'connect() goes to sleep. No SO_SNDTIMEO is set: *it sleeps until an answer, or until the kernel gives up*.',
          until_us,
        });
        const expire = () => {
          // Else this wait would take the error that the next call is to tell.
          stop();
          done(
            failure(
              pending,
              whyLate(pending),
              isHandshaking(this.sk)
                ? `SO_SNDTIMEO is over after ${limit}. The attempt is not: the socket stays in ${this.sk.sk_state}, so the error is *${pending}*, not ETIMEDOUT.`
                : `SO_SNDTIMEO is over after ${limit}, in the very moment in which the attempt ended. connect() looks at its time first, so the error is *${pending}*.`,
            ),
          );
        };
        // Set before anything can end the attempt, so at the same instant the time is up first, as in the kernel.
        const timer = bounded ? clock.after(timeo_ms * 1000, expire) : undefined;
        const forget = this.sk.waitForChange(() => {
          // What only notes an error changes no state, and connect() sleeps on.
          if (isHandshaking(this.sk)) return;
          stop();
          done(this.#settled());
        });
        const stop = () => {
          clock.clearTimeout(timer);
          forget();
        };
        return stop;
      },
      interrupted: () => failure('EINTR', CONNECT_INTERRUPTED),
    };
  }

  #settled(): Reasoned {
    if (this.sk.sk_state === 'CLOSE') {
      this.#state = 'SS_UNCONNECTED';
      const errno = this.#sockError();
      return failure(errno ?? 'ECONNABORTED', whyFailed(errno));
    }
    this.#state = 'SS_CONNECTED';
    return success(0, '__inet_stream_connect:connected');
  }

  /** A call that sleeps until `attempt` has an answer, or its time is up: EAGAIN. */
  #sleepUntil(thread: Thread, isNonblocking: boolean, sleeping: Sleeping): Answer | Waiting {
    const { asleep, again, late, says, wchan, timeo_ms, beat, writes = false, attempt } = sleeping;
    const now = attempt();
    if (now) return now;
    if (this.nonblocking || isNonblocking) return failure('EAGAIN', again);
    return sleepUntil(this.#host.clock, thread, {
      sleep: { ...asleep, says, beat },
      wchan,
      timeo_ms,
      late,
      attempt,
      watch: (wake) => {
        if (writes) this.sk.sk_write_pending++;
        const forget = this.sk.waitForChange(wake);
        return () => {
          if (writes) this.sk.sk_write_pending--;
          forget();
        };
      },
    });
  }

  /** close() with SO_LINGER: sleeps until the peer has acknowledged the FIN, or until the time is up. */
  #linger(linger_s: number, thread: Thread): Reasoned | Waiting {
    const { sk } = this;
    if (!LINGERING.has(sk.sk_state)) return success();
    const { clock } = this.#host;
    const until_us = clock.now_us + linger_s * 1e6;
    return {
      wchan: 'sk_stream_wait_close',
      until_us,
      wait: (done) => {
        thread.sleeps({
          mark: '__tcp_close:wait',
          says: `SO_LINGER: close() sleeps until the peer has acknowledged the FIN, *${linger_s} s at most*.`,
          until_us,
        });
        const stop = () => {
          forget();
          clock.clearTimeout(timer);
        };
        const timer = clock.after(linger_s * 1e6, () => {
          stop();
          done(success());
        });
        const forget = sk.waitForChange(() => {
          if (LINGERING.has(sk.sk_state)) return;
          stop();
          done(success());
        });
        return stop;
      },
      interrupted: () => success(),
    };
  }
}
