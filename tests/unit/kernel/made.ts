/** The TCP sockets of a machine, as tests of the kernel look into them. */
import type { TcpSock } from '#simulations/kernel/tcp/sock.ts';
import type { Machine } from '#simulations/machine/machine.ts';

/**
 * All sockets that connect, listen or are made for a SYN from now on, in a list that grows.
 * @param made is told of each before it sends anything
 */
export function watchSockets(machine: Machine, made: (sk: TcpSock) => void = () => {}): readonly TcpSock[] {
  const all: TcpSock[] = [];
  const { stack } = machine;
  const meet = (sk: TcpSock) => {
    if (all.includes(sk)) return;
    all.push(sk);
    made(sk);
  };
  const [hash, hashListener] = [stack.hash.bind(stack), stack.hashListener.bind(stack)];
  stack.hash = (sk) => {
    meet(sk);
    return hash(sk);
  };
  stack.hashListener = (sk) => {
    meet(sk);
    return hashListener(sk);
  };
  return all;
}
