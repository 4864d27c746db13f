/** UDP sockets. */
import { UdpSocket } from '../../kernel/udp/socket.ts';
import type { Kind } from '../syscalls.ts';

export const UDP: Kind = {
  sockets: { SOCK_DGRAM: (stack, { nonblocking, uid }) => new UdpSocket(stack, nonblocking, uid) },
};
