/** A moment of close-wait-pipe in the numbers that its tests compare. */
import type { CloseWaitPipePrograms } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { statusOf, type ThreadStatus } from '#simulations/incidents/close-wait-pipe/thread-states.ts';
import type { Alike, MachineState, TcpStateName } from '#simulations/machine/state.ts';
import type { Trace } from '#simulations/trace/trace.ts';

/** The server after an event, and what the clients know. */
export function momentOf(run: Trace<unknown, CloseWaitPipePrograms>, index: number) {
  const { machines, programs } = run.worldAt(index);
  const machine = machines.server as MachineState;
  const server = [...machine.processes.values()].find(({ comm }) => comm === 'python3');
  const [pipe] = machine.pipes.values();
  if (!server || !pipe) throw new Error('there is no server');
  const threads: Record<string, { status: ThreadStatus; left_bytes: number | undefined }> = {};
  for (const thread of server.threads.values())
    threads[thread.name] = { status: statusOf(thread), left_bytes: thread.call?.left_bytes };
  const { census } = machine;
  const sockets = [...machine.sockets.values()];
  const inState = (state: TcpStateName) => count(census.filter((group) => group.state === state));
  const held = (by: Alike['held']) => count(census.filter((group) => group.held === by));
  return {
    clients: programs.clients,
    channel: programs.channel,
    pipe,
    threads,
    census,
    sockets,
    inState,
    held,
    connections: {
      established: inState('ESTABLISHED'),
      close_wait: inState('CLOSE_WAIT'),
      time_wait: inState('TIME_WAIT'),
      accept_queue: held('accept queue'),
      pool_queue: programs.pool_queue,
      open_fds: server.open_fds,
      listening: sockets.some(({ state }) => state === 'LISTEN'),
    },
    server,
  };
}

const count = (groups: readonly Alike[]): number => groups.reduce((sum, group) => sum + group.count, 0);
