/**
 * Why a call on a TCP socket sleeps, fails or returns: the conditions of `net/ipv4/af_inet.c`, `tcp.c`,
 * `inet_connection_sock.c` and `net/core/stream.c`. What ended a connection is decided elsewhere; here stands how the
 * call hears of it.
 */
import { and, comparison, type Decision, formula, or, type Reason, reasonOf } from '../../trace/decision.ts';
import type { Errno } from '../errno.ts';

// --- connect() ---

/** The socket does not block. */
export const CONNECT_DOES_NOT_WAIT: Reason = reasonOf(
  or('__inet_stream_connect:wait', [['!timeo', true]], 'connect() returns without waiting'),
);

/** It sleeps as long as the handshake goes on. */
export const CONNECT_SLEEPS: Required<Reason> = reasonOf(
  and(
    'inet_wait_for_connect:handshake',
    [['(1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)', true]],
    'connect() sleeps',
  ),
  'inet_wait_for_connect:sleep',
);

const whyStops = (isInterrupted: boolean): Decision =>
  or(
    'inet_wait_for_connect:stop',
    [
      ['signal_pending(current)', isInterrupted],
      ['!timeo', !isInterrupted],
    ],
    'connect() stops waiting',
  );

/** Its time is up. @param pending the error that it has had from the beginning */
export const whyLate = (pending: Errno): Reason =>
  reasonOf(
    whyStops(false),
    pending === 'EALREADY' ? '__inet_stream_connect:already' : 'inet_wait_for_connect:stop',
  );

export const CONNECT_INTERRUPTED: Reason = reasonOf(whyStops(true), '__inet_stream_connect:interrupted');

/** The attempt has ended, with the error that lies at the socket, if any. */
export const whyFailed = (sk_err: Errno | null): Reason =>
  reasonOf(
    formula(
      '__inet_stream_connect:error',
      sk_err ?? 'ECONNABORTED',
      [['sock_error(sk)', sk_err]],
      'connect() returns it',
    ),
  );

/** It is connected already. */
export const IS_CONNECTED: Reason = reasonOf(
  formula(
    '__inet_stream_connect:state',
    'EISCONN',
    [['sock->state', 'SS_CONNECTED']],
    'connect() returns it',
  ),
);

// --- accept() ---

/** The accept queue is full. */
export const SYN_DROPPED: Reason = reasonOf(
  and('tcp_conn_request:full', [['sk_acceptq_is_full(sk)', true]], 'the SYN is dropped'),
);

export const NOT_LISTENING: Reason = reasonOf(
  and('inet_csk_accept:not-listening', [['sk->sk_state != TCP_LISTEN', true]], 'accept() returns EINVAL'),
);

/** Nobody waits to be accepted. */
export const ACCEPT_SLEEPS: Required<Reason> = reasonOf(
  and(
    'inet_csk_accept:empty',
    [['reqsk_queue_empty(queue)', true]],
    'accept() sleeps until a connection is ready',
  ),
  'inet_csk_accept:wait',
);
export const ACCEPT_AGAIN: Reason = reasonOf(
  and(
    'inet_csk_accept:again',
    [
      ['reqsk_queue_empty(queue)', true],
      ['!timeo', true],
    ],
    'accept() returns EAGAIN',
  ),
);
export const ACCEPT_IS_LATE: Reason = reasonOf(
  and('inet_csk_wait_for_connect:again', [['!timeo', true]], 'accept() returns EAGAIN'),
);
export const LISTENS_NO_LONGER: Reason = reasonOf(
  and(
    'inet_csk_wait_for_connect:not-listening',
    [['sk->sk_state != TCP_LISTEN', true]],
    'accept() returns EINVAL',
  ),
);

/** RLIMIT_NOFILE: `get_unused_fd_flags` gives no descriptor, but −EMFILE, as the number that it is. */
export const NO_DESCRIPTOR: Reason = reasonOf(
  comparison('__sys_accept4_file:emfile', true, [['newfd', -24]], 'accept() returns EMFILE'),
);

// --- read() ---

/** Nothing is there, and one byte would do. */
export const READ_SLEEPS: Required<Reason> = reasonOf(
  comparison(
    'tcp_recvmsg_locked:less',
    false,
    [
      ['copied', 0, 'bytes'],
      ['target', 1, 'bytes'],
    ],
    'read() sleeps until something comes',
  ),
  'tcp_recvmsg_locked:wait',
);
export const READ_AGAIN: Reason = reasonOf(
  and('tcp_recvmsg_locked:again', [['!timeo', true]], 'read() returns EAGAIN'),
);

/** The stream has ended. @param isTaken a read before has taken the FIN */
export const whyAtEnd = (isTaken: boolean): Reason => (isTaken ? FIN_TAKEN : FIN_FOUND);
const FIN_FOUND = reasonOf(
  and(
    'tcp_recvmsg_locked:fin',
    [['TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN', true]],
    'read() returns 0, the end of the stream',
  ),
);
const FIN_TAKEN = reasonOf(
  and(
    'tcp_recvmsg_locked:done',
    [['sock_flag(sk, SOCK_DONE)', true]],
    'read() returns 0, the end of the stream',
  ),
);
export const READING_IS_SHUT: Reason = reasonOf(
  and('tcp_recvmsg_locked:shutdown', [['sk->sk_shutdown & RCV_SHUTDOWN', true]], 'read() returns 0'),
);
export const IS_CLOSED: Reason = reasonOf(
  and('tcp_recvmsg_locked:closed', [['sk->sk_state == TCP_CLOSE', true]], 'read() returns ENOTCONN'),
);
export const whyReadFails = (sk_err: Errno): Reason =>
  reasonOf(formula('tcp_recvmsg_locked:error', sk_err, [['sock_error(sk)', sk_err]], 'read() returns it'));

// --- write() ---

/** The handshake is not over. */
export const WRITE_BEFORE_CONNECTED: Required<Reason> = reasonOf(
  and(
    'tcp_sendmsg_locked:not-up',
    [
      ['(1 << sk->sk_state) & ~(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)', true],
      ['!tcp_passive_fastopen(sk)', true],
    ],
    'write() sleeps until the connection is up',
  ),
  'tcp_sendmsg_locked:connect',
);

/** The send buffer is full. */
export const WRITE_SLEEPS: Required<Reason> = reasonOf(
  and(
    'tcp_sendmsg_locked:full',
    [['!sk_stream_memory_free(sk)', true]],
    'write() sleeps until the buffer has room',
  ),
  'tcp_sendmsg_locked:wait',
);

/** It does not block, or its time is up. @param isConnecting the handshake is not over */
export const whyWriteAgain = (isConnecting: boolean): Reason =>
  reasonOf(
    and(
      isConnecting ? 'sk_stream_wait_connect:again' : 'sk_stream_wait_memory:again',
      [['!*timeo_p', true]],
      'write() returns EAGAIN',
    ),
  );

/** Nothing can be sent any more. */
export const whyWriteFails = (sk_err: Errno | null, isShut: boolean): Reason =>
  sk_err === null && !isShut
    ? { mark: 'tcp_sendmsg_locked:error' }
    : reasonOf(
        or(
          'tcp_sendmsg_locked:error',
          [
            ['sk->sk_err', sk_err],
            ['sk->sk_shutdown & SEND_SHUTDOWN', isShut],
          ],
          `write() returns ${sk_err ?? 'EPIPE'}`,
        ),
      );

// --- poll() ---

/**
 * POLLERR. `sk_err_soft` is not asked for: of an error that was only noted, poll() sees the message in the error queue.
 * @param isQueued the error queue is not empty
 */
export const whyPollErr = (sk_err: Errno | null, isQueued: boolean): Reason =>
  reasonOf(
    or(
      'tcp_poll:error',
      [
        ['READ_ONCE(sk->sk_err)', sk_err],
        ['!skb_queue_empty_lockless(&sk->sk_error_queue)', isQueued],
      ],
      'poll() reports POLLERR',
    ),
  );
