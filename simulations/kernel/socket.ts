/**
 * `struct socket`: what a process holds, and what connect() and poll() do with it
 * (`net/ipv4/af_inet.c`, `net/ipv4/tcp.c`).
 *
 * Left out: AF_UNSPEC, Fast Open, poll's POLLRDHUP and priority events.
 */
import { duration } from '../engine/duration.ts';
import type { Answer, Waiting } from '../engine/process.ts';
import type { KernelMark, Recorder } from '../engine/trace.ts';
import type { Endpoint } from '../network/packet.ts';
import { failure, type Reasoned, success } from './answer.ts';
import type { Errno } from './errno.ts';
import type { Host } from './host.ts';
import type { TcpSock } from './tcp/sock.ts';

/** The names of poll's events that a TCP socket can report. */
export type PollEvent = 'POLLIN' | 'POLLOUT' | 'POLLERR' | 'POLLHUP';

const isHandshaking = (sk: TcpSock): boolean => sk.sk_state === 'SYN_SENT' || sk.sk_state === 'SYN_RECV';

export class Socket {
  readonly sk: TcpSock;
  /** O_NONBLOCK. */
  readonly nonblocking: boolean;
  /** SO_SNDTIMEO in ms; Infinity for none (`MAX_SCHEDULE_TIMEOUT`). */
  sk_sndtimeo_ms = Number.POSITIVE_INFINITY;
  /** SO_LINGER in seconds, or null for off. */
  linger_s: number | null = null;
  #state: 'SS_UNCONNECTED' | 'SS_CONNECTING' | 'SS_CONNECTED' = 'SS_UNCONNECTED';
  readonly #host: Host;

  /** @param sk the connection that accept() has taken; a new socket when left out */
  constructor(host: Host, nonblocking: boolean, sk?: TcpSock) {
    this.#host = host;
    this.sk = sk ?? host.socket();
    this.nonblocking = nonblocking;
    if (sk) this.#state = 'SS_CONNECTED';
  }

  /** `__inet_stream_connect`. */
  connect(address: Endpoint, actor: string): Reasoned | Waiting {
    let pending: Errno;
    if (this.#state === 'SS_CONNECTED') return failure('EISCONN');
    if (this.#state === 'SS_CONNECTING') pending = 'EALREADY';
    else {
      if (this.sk.sk_state !== 'CLOSE') return failure('EISCONN');
      this.sk.open(address);
      this.#state = 'SS_CONNECTING';
      pending = 'EINPROGRESS';
    }
    if (!isHandshaking(this.sk)) return this.#settled();
    if (this.nonblocking) {
      // Without a round-trip time the answer comes while connect() sends, and waits until it lets go of the socket.
      this.#host.clock.deliver();
      return failure(
        pending,
        '__inet_stream_connect:wait',
        'The socket does not block, so connect() returns at once; *the SYN goes on its own way*.',
      );
    }
    return this.#waitForConnect(pending, actor);
  }

  /** The events that poll() would report now: `tcp_poll`. */
  poll(): PollEvent[] {
    const { sk_state, sk_err } = this.sk;
    const events: PollEvent[] = [];
    if (sk_state === 'LISTEN') return this.sk.queue?.ready.length ? ['POLLIN'] : [];
    const { receiver, sender, sk_shutdown } = this.sk;
    if (!isHandshaking(this.sk) && (receiver.readable_bytes > 0 || sk_shutdown.rcv) && sk_state !== 'CLOSE')
      events.push('POLLIN');
    if (!isHandshaking(this.sk) && (sender.isWriteable || sk_shutdown.send)) events.push('POLLOUT');
    if (sk_err ?? this.sk.sk_err_soft) events.push('POLLERR');
    if (sk_state === 'CLOSE') events.push('POLLHUP');
    return events;
  }

  /** SO_ERROR: reads the pending error, or else the one that was only noted, and clears it. */
  takeError(): Errno | null {
    if (this.sk.sk_err) return this.sockError();
    const errno = this.sk.sk_err_soft;
    this.sk.sk_err_soft = null;
    return errno;
  }

  /** `sock_error`. */
  sockError(): Errno | null {
    const errno = this.sk.sk_err;
    this.sk.sk_err = null;
    return errno;
  }

  /** `inet_wait_for_connect`, and what `__inet_stream_connect` makes of its end. */
  #waitForConnect(pending: Errno, actor: string): Waiting {
    const { clock, recorder } = this.#host;
    const timeo_ms = this.sk_sndtimeo_ms;
    const bounded = Number.isFinite(timeo_ms);
    const limit = duration(timeo_ms * 1000);
    return {
      wait: (done) => {
        const deadline_us = clock.now_us + timeo_ms * 1000;
        recorder.record({
          actor,
          kind: 'timeout-read',
          data: { timeo_ms: bounded ? timeo_ms : null },
          mark: 'sock_sndtimeo:timeo',
          says: bounded ? `SO_SNDTIMEO is ${limit}.` : 'No SO_SNDTIMEO is set.',
        });
        recordSleep(recorder, actor, {
          mark: 'inet_wait_for_connect:sleep',
          says: bounded
            ? `connect() goes to sleep, for ${limit} at most: *SO_SNDTIMEO bounds the wait*.`
            : 'connect() goes to sleep. No SO_SNDTIMEO is set: *it sleeps until an answer, or until the kernel gives up*.',
          until_us: bounded ? deadline_us : null,
        });
        const expire = () =>
          done(
            failure(
              pending,
              pending === 'EALREADY' ? '__inet_stream_connect:already' : 'inet_wait_for_connect:stop',
              isHandshaking(this.sk)
                ? `SO_SNDTIMEO is over after ${limit}. The attempt is not: the socket stays in ${this.sk.sk_state}, so the error is *${pending}*, not ETIMEDOUT.`
                : `SO_SNDTIMEO is over after ${limit}, in the very moment in which the attempt ended. connect() looks at its time first, so the error is *${pending}*.`,
            ),
          );
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
      interrupted: () => failure('EINTR', '__inet_stream_connect:interrupted'),
    };
  }

  #settled(): Reasoned {
    if (this.sk.sk_state === 'CLOSE') {
      this.#state = 'SS_UNCONNECTED';
      return failure(this.sockError() ?? 'ECONNABORTED', '__inet_stream_connect:error');
    }
    this.#state = 'SS_CONNECTED';
    return success(0, '__inet_stream_connect:connected');
  }
}

/** A process goes to sleep in a call. @param what until_us is its deadline, or null when it has none */
export function recordSleep(
  recorder: Recorder,
  actor: string,
  what: { mark: KernelMark; says: string; until_us: number | null; beat?: boolean },
): void {
  const { mark, says, until_us, beat = true } = what;
  recorder.record({
    actor,
    kind: 'process-blocked',
    data: { until_us },
    mark,
    says,
    beat,
    state: { [actor]: { waits_until_us: until_us } },
  });
}

/** poll() on one socket. @param timeout_ms −1 waits for ever */
export function poll(host: Host, socket: Socket, timeout_ms: number, actor: string): Answer | Waiting {
  const answer = (): Answer | null => {
    const revents = socket.poll();
    return revents.length
      ? { ...success(1, revents.includes('POLLERR') ? 'tcp_poll:error' : undefined), out: { revents } }
      : null;
  };
  const ready = answer();
  const over: Answer = { ...success(0, 'do_poll:timeout'), out: { revents: [] } };
  if (ready || timeout_ms === 0) return ready ?? over;
  return {
    wait: (done) => {
      const limit = duration(timeout_ms * 1000);
      recordSleep(host.recorder, actor, {
        mark: 'do_poll:sleep',
        says:
          timeout_ms > 0
            ? `poll() goes to sleep, for ${limit} at most: *the program bounds the wait*.`
            : 'poll() goes to sleep *until something happens*.',
        until_us: timeout_ms > 0 ? host.clock.now_us + timeout_ms * 1000 : null,
      });
      const timer =
        timeout_ms > 0
          ? host.clock.after(
              timeout_ms * 1000,
              () => {
                forget();
                // do_poll looks once more when its time is up.
                done(answer() ?? over);
              },
              'hrtimer',
            )
          : undefined;
      const forget = socket.sk.waitForChange(() => {
        const found = answer();
        if (!found) return;
        host.clock.clearTimeout(timer);
        forget();
        done(found);
      });
      return () => {
        host.clock.clearTimeout(timer);
        forget();
      };
    },
    interrupted: () => failure('EINTR'),
  };
}
