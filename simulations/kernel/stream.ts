/**
 * Bytes through a connection, and connections from a listener: what write(), read() and accept() do with a
 * socket, and how they sleep (`tcp_sendmsg_locked`, `tcp_recvmsg_locked`, `inet_csk_accept`).
 *
 * Left out: SO_RCVTIMEO, SO_RCVLOWAT, MSG_PEEK, MSG_WAITALL.
 */
import type { Answer, Waiting } from '../engine/process.ts';
import type { KernelMark } from '../engine/trace.ts';
import { failure, type Reasoned, success } from './answer.ts';
import type { Host } from './host.ts';
import { recordSleep, type Socket } from './socket.ts';

/** A call that sleeps until `attempt` has an answer. */
function sleepUntil(
  host: Host,
  socket: Socket,
  actor: string,
  says: string,
  mark: KernelMark,
  attempt: () => Answer | null,
  isStuck = false,
): Answer | Waiting {
  const now = attempt();
  if (now) return now;
  if (socket.nonblocking) return failure('EAGAIN');
  return {
    wait: (done) => {
      // A program that waits for work tells no story; one whose write() is stuck does.
      recordSleep(host.recorder, actor, { mark, says, until_us: null, beat: isStuck });
      const forget = socket.sk.waitForChange(() => {
        const answer = attempt();
        if (!answer) return;
        forget();
        done(answer);
      });
      return forget;
    },
    interrupted: () => failure('EINTR'),
  };
}

/** Takes up to `most_bytes`, or sleeps until there is something: 0 is the end of the stream. */
export function read(host: Host, socket: Socket, most_bytes: number, actor: string): Answer | Waiting {
  const { sk } = socket;
  const attempt = (): Reasoned | null => {
    const { isAtEnd, readable_bytes } = sk.receiver;
    if (readable_bytes > 0 || isAtEnd)
      return success(sk.read(most_bytes), `tcp_recvmsg_locked:${isAtEnd ? 'done' : 'copied'}`);
    const errno = socket.sockError();
    if (errno) return failure(errno, 'tcp_recvmsg_locked:error');
    if (sk.sk_state === 'LISTEN') return failure('ENOTCONN');
    if (sk.sk_shutdown.rcv) return success(0, 'tcp_recvmsg_locked:shutdown');
    return sk.sk_state === 'CLOSE' ? failure('ENOTCONN') : null;
  };
  return sleepUntil(
    host,
    socket,
    actor,
    'Nothing to read: *read() goes to sleep*.',
    'tcp_recvmsg_locked:wait',
    attempt,
  );
}

/** Gives the socket all of `bytes`, asleep whenever the send buffer is full. @param more MSG_MORE */
export function write(
  host: Host,
  socket: Socket,
  bytes: number,
  more: boolean,
  actor: string,
): Answer | Waiting {
  const { sk } = socket;
  let copied = 0;
  let isFull = false;
  const isConnecting = sk.sk_state === 'SYN_SENT' || sk.sk_state === 'SYN_RECV';
  const end = (): Answer => {
    if (copied > 0) return success(copied);
    const errno = socket.sockError();
    if (errno && errno !== 'EPIPE') return failure(errno, 'tcp_sendmsg_locked:error');
    return { ...failure('EPIPE', 'tcp_sendmsg_locked:error'), out: { signal: 'SIGPIPE' } };
  };
  const attempt = (): Answer | null => {
    for (;;) {
      const { sk_state, sk_err, sk_shutdown, sender } = sk;
      if (sk_err !== null || sk_shutdown.send || sk_state === 'CLOSE' || sk_state === 'LISTEN') return end();
      if (sk_state === 'SYN_SENT' || sk_state === 'SYN_RECV') return null;
      if (isFull && !sender.isWriteable) return null;
      isFull = false;
      const taken = Math.min(sender.room_bytes, bytes - copied);
      copied += taken;
      if (taken > 0) {
        sk.send(taken, more && copied === bytes);
        // Without a round-trip time the peer's kernel answers before the call returns: its softirq runs in it.
        host.clock.deliver();
      }
      if (copied === bytes || (socket.nonblocking && copied > 0)) return success(copied);
      if (taken === 0) {
        isFull = true;
        return null;
      }
    }
  };
  return sleepUntil(
    host,
    socket,
    actor,
    isConnecting
      ? 'The connection is not up yet: *write() goes to sleep*.'
      : 'The send buffer is full: *write() goes to sleep*.',
    isConnecting ? 'tcp_sendmsg_locked:connect' : 'tcp_sendmsg_locked:wait',
    attempt,
    true,
  );
}

/** The next connection of a listener, or sleep until there is one. @param open makes a descriptor of it */
export function accept(
  host: Host,
  socket: Socket,
  actor: string,
  open: (sk: NonNullable<ReturnType<Socket['sk']['accept']>>) => Answer,
): Answer | Waiting {
  if (socket.sk.sk_state !== 'LISTEN') return failure('EINVAL');
  return sleepUntil(
    host,
    socket,
    actor,
    'No connection is ready: *accept() goes to sleep*.',
    'inet_csk_accept:wait',
    () => {
      const sk = socket.sk.accept();
      return sk ? open(sk) : null;
    },
  );
}

const LINGERING = new Set(['FIN_WAIT1', 'CLOSING', 'LAST_ACK']);

/** close() with SO_LINGER: sleeps until the peer has acknowledged the FIN, or until the time is up. */
export function linger(host: Host, socket: Socket, linger_s: number, actor: string): Answer | Waiting {
  const { sk } = socket;
  if (!LINGERING.has(sk.sk_state)) return success();
  return {
    wait: (done) => {
      recordSleep(host.recorder, actor, {
        mark: '__tcp_close:wait',
        says: `SO_LINGER: close() sleeps until the peer has acknowledged the FIN, *${linger_s} s at most*.`,
        until_us: host.clock.now_us + linger_s * 1e6,
      });
      const stop = () => {
        forget();
        host.clock.clearTimeout(timer);
      };
      const timer = host.clock.after(linger_s * 1e6, () => {
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
