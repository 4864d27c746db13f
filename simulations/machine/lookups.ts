/** What is often asked of a moment: a connection, a listener, a thread by its name, a pipe. */
import type {
  Alike,
  Fd,
  MachineState,
  PipeState,
  ProcessState,
  SocketState,
  TcpState,
  TcpStateName,
  ThreadState,
  World,
} from './state.ts';

/** A machine of a world by its name. @throws Error when the world has no such machine */
export function machineOf({ machines }: Pick<World, 'machines'>, name: string): MachineState {
  const machine = machines[name];
  if (!machine)
    throw new Error(`there is no machine "${name}"; there is ${Object.keys(machines).join(', ')}`);
  return machine;
}

/** The newest TCP socket or record that is no listener: where one connection follows another, the last. */
export function connectionOf(machine: MachineState | undefined): TcpState | undefined {
  let newest: TcpState | undefined;
  for (const socket of machine?.sockets.values() ?? [])
    if (socket.kind === 'tcp' && socket.state !== 'LISTEN') newest = socket;
  return newest;
}

/** The oldest TCP socket that listens. */
export function listenerOf(machine: MachineState | undefined): TcpState | undefined {
  for (const socket of machine?.sockets.values() ?? [])
    if (socket.kind === 'tcp' && socket.state === 'LISTEN') return socket;
  return undefined;
}

/** The socket that a descriptor of a process leads to. */
export function socketAt({ sockets }: MachineState, { fds }: ProcessState, fd: Fd): SocketState | undefined {
  const file = fds.get(fd)?.file;
  return file?.kind === 'socket' ? sockets.get(file.cookie) : undefined;
}

/** A thread by the name that its program has for it, and its process. */
export interface Found {
  readonly process: ProcessState;
  readonly thread: ThreadState;
}

/** The first thread of this name. */
export function threadOf({ processes }: MachineState, name: string): Found | undefined {
  for (const process of processes.values())
    for (const thread of process.threads.values()) if (thread.name === name) return { process, thread };
  return undefined;
}

/** The first pipe of a machine. @throws Error when it has none */
export function pipeOf({ name, pipes }: MachineState): PipeState {
  for (const pipe of pipes.values()) return pipe;
  throw new Error(`the machine "${name}" has no pipe`);
}

/** How many TCP sockets there are, of one state where one is given. */
export const socketCount = (census: readonly Alike[], state?: TcpStateName): number =>
  census.reduce((sum, alike) => sum + (state && alike.state !== state ? 0 : alike.count), 0);
