/** UDP sockets. */
import { UdpSocket } from '../../kernel/udp/socket.ts';
import { Udp } from '../../kernel/udp/udp.ts';
import type { Kind } from '../syscalls.ts';

export const UDP: Kind = {
  sockets: (stack) => {
    const udp = new Udp(stack);
    stack.udp = udp;
    return { SOCK_DGRAM: ({ nonblocking, uid }) => new UdpSocket(udp, nonblocking, uid) };
  },
};
