/** What ends an attempt from outside, and the errno that it leaves. */
import type { KernelMark } from '../../engine/trace.ts';
import type { UnreachableCode } from '../../network/packet.ts';
import type { Errno } from '../errno.ts';

/** An error, the kernel line that chose it, and the sentence that tells of it. */
export interface Failure {
  readonly errno: Errno;
  readonly mark: KernelMark;
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
