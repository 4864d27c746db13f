/** What ends an attempt from outside, and the errno that it leaves. */

import type { UnreachableCode } from '../../network/packet.ts';
import { comparison, type Decision, formula } from '../../trace/decision.ts';
import type { KernelMark } from '../../trace/event.ts';
import type { Errno } from '../errno.ts';

/** An error, the kernel line that chose it, and the sentence that tells of it. */
export interface Failure {
  readonly errno: Errno;
  readonly mark: KernelMark;
  readonly decision?: Decision;
  readonly says: string;
}

/** The errno of an ICMP destination unreachable: `icmp_err_convert` in `net/ipv4/icmp.c`. */
const ICMP_ERRNO: Readonly<Record<UnreachableCode, Omit<Failure, 'says'>>> = {
  net: { errno: 'ENETUNREACH', mark: 'icmp_err_convert:net' },
  host: { errno: 'EHOSTUNREACH', mark: 'icmp_err_convert:host' },
  port: { errno: 'ECONNREFUSED', mark: 'icmp_err_convert:port' },
  'admin-prohibited': { errno: 'EHOSTUNREACH', mark: 'icmp_err_convert:filtered' },
};

/** `tcp_v4_err` for a socket in SYN_SENT: any of them is final. */
export function icmpFailure(code: UnreachableCode): Failure {
  const { errno, mark } = ICMP_ERRNO[code];
  return { errno, mark, says: `An ICMP error ends an attempt: ${code} unreachable is *${errno}*.` };
}

/** What a reset means in a state: `tcp_reset`. */
export function resetFailure(sk_state: string): Failure {
  const failure = resetIn(sk_state);
  const follows = `the socket is closed with ${failure.errno}`;
  return {
    ...failure,
    decision: formula('tcp_reset:state', failure.errno, [['sk->sk_state', sk_state]], follows),
  };
}

function resetIn(sk_state: string): Failure {
  if (sk_state === 'SYN_SENT')
    return {
      errno: 'ECONNREFUSED',
      mark: 'tcp_reset:refused',
      says: 'A reset in SYN_SENT means that nobody listens: *ECONNREFUSED*, and Linux does not try again.',
    };
  if (sk_state === 'CLOSE_WAIT')
    return {
      errno: 'EPIPE',
      mark: 'tcp_reset:pipe',
      says: 'A reset after the peer’s FIN: writing is over, *EPIPE*.',
    };
  return {
    errno: 'ECONNRESET',
    mark: 'tcp_reset:reset',
    says: 'A reset ends the connection: *ECONNRESET*.',
  };
}

/** `ipv4_send_dest_unreach`, after ARP has failed: the same error, made by this host. */
export const NO_NEIGHBOUR: Failure = {
  errno: 'EHOSTUNREACH',
  mark: 'ipv4_send_dest_unreach:unreachable',
  says: 'No SYN can leave without a hardware address. The host tells its own socket: *EHOSTUNREACH*.',
};

/** Nobody has answered, and the last try is over: `tcp_write_err`. @param decision what says that it is over */
export const timeoutFailure = (
  tries: number,
  sk_err_soft: Errno | null,
  mark: KernelMark,
  decision: Decision,
): Failure => ({
  errno: sk_err_soft ?? 'ETIMEDOUT',
  mark,
  decision,
  says: `${tries} tries without an answer: *Linux gives up with ETIMEDOUT*.`,
});

/** Which errno `tcp_write_err` takes. */
export const whyErrno = (sk_err_soft: Errno | null): Decision =>
  formula(
    'tcp_write_err:errno',
    sk_err_soft ?? 'ETIMEDOUT',
    [['READ_ONCE(sk->sk_err_soft)', sk_err_soft]],
    'the attempt ends with it',
  );

/** Whether a count has reached its limit: `tcp_write_timeout`. */
export const whyCount = (icsk_retransmits: number, max_retransmits: number): Decision => {
  const isOver = icsk_retransmits >= max_retransmits;
  return comparison(
    'tcp_write_timeout:count',
    isOver,
    [
      ['icsk->icsk_retransmits', icsk_retransmits],
      ['max_retransmits', max_retransmits],
    ],
    isOver ? 'the attempt is over' : 'the time is looked at next',
  );
};
