/** What ends an attempt from outside, and the errno that it leaves. */

import type { Family, UnreachableCode } from '../../network/packet.ts';
import { and, comparison, type Decision, formula, type Reason, reasonOf } from '../../trace/decision.ts';
import type { KernelMark } from '../../trace/event.ts';
import type { Errno } from '../errno.ts';

/** An error, the kernel line that chose it, and the sentence that tells of it. */
export interface Failure {
  readonly errno: Errno;
  readonly mark: KernelMark;
  readonly decision?: Decision;
  readonly says: string;
}

/**
 * The code and the errno of a destination unreachable: `icmp_err_convert` in `net/ipv4/icmp.c`, and `tab_unreach` in
 * `net/ipv6/icmp.c`. IPv6 has an errno of its own for what an administrator forbids.
 */
const ICMP_ERRNO: Readonly<
  Record<
    Family,
    Record<UnreachableCode, { readonly code: number; readonly errno: Errno; readonly mark: KernelMark }>
  >
> = {
  inet: {
    net: { code: 0, errno: 'ENETUNREACH', mark: 'icmp_err_convert:net' },
    host: { code: 1, errno: 'EHOSTUNREACH', mark: 'icmp_err_convert:host' },
    port: { code: 3, errno: 'ECONNREFUSED', mark: 'icmp_err_convert:port' },
    'admin-prohibited': { code: 13, errno: 'EHOSTUNREACH', mark: 'icmp_err_convert:filtered' },
  },
  inet6: {
    net: { code: 0, errno: 'ENETUNREACH', mark: 'tab_unreach:no-route' },
    host: { code: 3, errno: 'EHOSTUNREACH', mark: 'tab_unreach:address' },
    port: { code: 4, errno: 'ECONNREFUSED', mark: 'tab_unreach:port' },
    'admin-prohibited': { code: 1, errno: 'EACCES', mark: 'tab_unreach:prohibited' },
  },
};

/** Which errno `tcp_v4_err` takes, and `icmpv6_err_convert` for `tcp_v6_err`. */
const whyUnreachable = (unreachable: UnreachableCode, family: Family): Decision => {
  const { code, errno } = ICMP_ERRNO[family][unreachable];
  return formula(
    family === 'inet6' ? 'icmpv6_err_convert:errno' : 'tcp_v4_err:errno',
    errno,
    [['code', code]],
    'the attempt ends with it',
  );
};

/** What `tcp_v4_err` and `tcp_v6_err` ask while connect() still holds the socket. */
export const errorIsNoted = (family: Family): Reason => {
  const err = family === 'inet6' ? 'tcp_v6_err' : 'tcp_v4_err';
  return reasonOf(
    and(`${err}:is-owned`, [['!sock_owned_by_user(sk)', false]], 'the error is only noted'),
    `${err}:soft`,
  );
};

/** `tcp_v4_err` and `tcp_v6_err` for a socket in SYN_SENT: any of them is final. @param name of the packet */
export function icmpFailure(code: UnreachableCode, family: Family, name = `${code} unreachable`): Failure {
  const { errno, mark } = ICMP_ERRNO[family][code];
  const decision = whyUnreachable(code, family);
  return { errno, mark, decision, says: `An ICMP error ends an attempt: ${name} is *${errno}*.` };
}

/** `ss -K`: `tcp_diag_destroy` hands ECONNABORTED to `tcp_abort`. */
export const ABORTED: Failure = {
  errno: 'ECONNABORTED',
  mark: 'tcp_diag_destroy:destroy',
  says: 'Root has destroyed the socket: *ECONNABORTED*.',
};

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
      says: 'A reset in SYN_SENT means refused, whoever has sent it: *ECONNREFUSED*, and Linux does not try again.',
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

/** `ipv4_send_dest_unreach`, `ip6_link_failure`, after nobody has answered: the same error, made by this host. */
export const noNeighbour = (family: Family): Failure => ({
  errno: 'EHOSTUNREACH',
  mark: family === 'inet6' ? 'ip6_link_failure:unreachable' : 'ipv4_send_dest_unreach:unreachable',
  decision: whyUnreachable('host', family),
  says: 'No SYN can leave without a hardware address. The host tells its own socket: *EHOSTUNREACH*.',
});

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
  says: `${tries} tries without an answer: *Linux gives up with ${sk_err_soft ?? 'ETIMEDOUT'}*.`,
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
