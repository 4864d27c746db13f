/**
 * A threaded server logs to a pipe that nobody drains: its workers fall asleep in write(), clients give up, and their
 * connections stay in CLOSE_WAIT.
 *
 * Left out: the time that packets, calls and threads take; clients that try again, keep-alive connections, TLS; what
 * else the server writes; memory.
 */
import { VirtualClock } from '../engine/clock.ts';
import type { Simulation } from '../engine/simulation.ts';
import { type ActorState, Recorder, type Trace } from '../engine/trace.ts';
import { FileTable } from '../kernel/file-table.ts';
import { Pipe } from '../kernel/pipe/pipe.ts';
import { PIPE_KERNELS, type PipeKernel } from '../kernel/pipe/profile.ts';
import { PipeUser } from '../kernel/pipe/user.ts';
import { CHAN_RBUF_bytes, SshChannel } from '../openssh/channel.ts';
import { ServerCalls } from './close-wait-pipe/calls.ts';
import { Clients } from './close-wait-pipe/clients.ts';
import { type Connection, Connections } from './close-wait-pipe/connections.ts';
import { Journal } from './close-wait-pipe/journal.ts';
import { type CloseWaitPipeParameters, parameters, presets } from './close-wait-pipe/parameters.ts';
import { main, reader, worker } from './close-wait-pipe/programs.ts';

export interface CloseWaitPipeOutcome {
  readonly served: number;
  readonly blocked_workers: number;
  readonly close_wait: number;
  readonly recv_q_bytes: { readonly [bytes: string]: number };
  readonly accept_queue: number;
  readonly syn_sent_clients: number;
  readonly accept_errno: string | null;
  readonly ended_by: 'duration' | 'SIGPIPE';
}

/** Connections of a group that a view may name. */
const SAMPLES = 4;

/** Descriptors 0 to 2, and the listener. */
const LISTENER = 3;

const SERVER_PID = 2001;
const READER_PID = 3001;

/** What one read() of a reader that drains takes at most. */
const READ_bytes = 65_536;

function run(p: CloseWaitPipeParameters): Trace<CloseWaitPipeOutcome> {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const pipe = new Pipe(new PipeUser(), PIPE_KERNELS[p.kernel as PipeKernel]);
  if (p.pipe_size_bytes) pipe.resize(p.pipe_size_bytes);
  const files = new FileTable(p.nofile);
  for (let fd = 0; fd <= LISTENER; fd++) files.install(files.alloc() ?? fd);
  const channel = p.reader === 'stalled-ssh' ? new SshChannel(p.ssh_window_bytes, p.ssh_socket_bytes) : null;
  const hasRecovered = () => p.recovers_at_s > 0 && clock.now_us >= p.recovers_at_s * 1e6;
  const connections = new Connections(p.backlog, () => calls.onQueued());
  const journal = new Journal({ parameters: p, clock, recorder, pipe, state });
  const calls = new ServerCalls({
    clock,
    pipe,
    connections,
    files,
    journal,
    ignoresSigpipe: p.sigpipe === 'ignored',
    onRead: (bytes) => {
      if (!channel || hasRecovered()) return;
      channel.read(bytes);
      if (!channel.reads) journal.sshStopped(channel.swallowed_bytes);
    },
  });
  const clients = new Clients({ parameters: p, clock, connections, journal });

  function state(): Record<string, ActorState> {
    return {
      clients: {
        syn_sent: connections.fared('connecting'),
        waiting: connections.fared('waiting'),
        served: connections.fared('served'),
        gave_up: connections.fared('gave up'),
        timed_out: connections.fared('timed out'),
        refused: connections.fared('refused') + connections.fared('hung up on'),
      },
      connections: {
        close_wait: connections.count('CLOSE_WAIT'),
        established: connections.count('ESTABLISHED'),
        time_wait: connections.count('TIME_WAIT'),
        accept_queue: connections.queue.sk_ack_backlog,
        sk_max_ack_backlog: connections.queue.sk_max_ack_backlog,
        listening: connections.isListening,
        pool_queue: calls.queued,
        open_fds: files.open,
        groups: connections.groups.map(({ server, recv_q_bytes, holder, members }) => ({
          server,
          recv_q_bytes,
          holder,
          count: members.size,
          samples: samples(members),
        })),
      },
      pipe: pipe.fields(),
      ...(channel && { sshd: channel.fields() }),
    };
  }

  const server = p.accepting === 'pool' ? p.workers : 0;
  const end = calls.spawn(
    p.reader === 'stalled-ssh' ? 'sshd' : 'reader',
    READER_PID,
    'read',
    reader(p, channel ? CHAN_RBUF_bytes : READ_bytes, () => hasRecovered() || (channel?.reads ?? true)),
  );
  const threads = [
    calls.spawn('main', SERVER_PID, 'write', main(p)),
    ...Array.from({ length: server }, (_, i) =>
      calls.spawn(`worker ${i + 1}`, SERVER_PID + 1 + i, 'write', worker(p)),
    ),
  ];
  journal.introduce(calls.threads);
  for (const process of [end, ...threads]) process.start();
  journal.listening();
  clients.start();
  clock.advance(p.duration_s * 1e6);

  const closeWait = connections.groups.filter(({ server }) => server === 'CLOSE_WAIT');
  const recv_q_bytes: Record<string, number> = {};
  for (const { recv_q_bytes: bytes, members } of closeWait)
    recv_q_bytes[bytes] = (recv_q_bytes[bytes] ?? 0) + members.size;
  const isWorker = (name: string) => (p.accepting === 'pool' ? name !== 'main' : true);
  const outcome: CloseWaitPipeOutcome = {
    served: connections.fared('served'),
    blocked_workers: calls.threads.filter(({ name, isAsleepInWrite }) => isWorker(name) && isAsleepInWrite)
      .length,
    close_wait: connections.count('CLOSE_WAIT'),
    recv_q_bytes,
    accept_queue: connections.queue.sk_ack_backlog,
    syn_sent_clients: connections.fared('connecting'),
    accept_errno: calls.accept_errno,
    ended_by: calls.signal ?? 'duration',
  };
  journal.finished({
    ...outcome,
    gave_up: connections.fared('gave up'),
    timed_out: connections.fared('timed out'),
  });
  return recorder.finish('close-wait-pipe', { ...p }, outcome);
}

/** The first few connections of a group. */
function samples(members: ReadonlySet<Connection>): { client: number; port: number; fd: number | null }[] {
  const first: { client: number; port: number; fd: number | null }[] = [];
  for (const { number, port, fd } of members) {
    if (first.length === SAMPLES) break;
    first.push({ client: number, port, fd });
  }
  return first;
}

export const closeWaitPipe: Simulation<typeof parameters, CloseWaitPipeOutcome> = {
  name: 'close-wait-pipe',
  title: 'A threaded server whose log goes into a pipe that nobody drains',
  parameters,
  outcome: {
    served: 'clients that got their response while they waited for it',
    blocked_workers:
      'threads asleep in write() on the pipe at the end; of the pool’s workers, or the one thread',
    close_wait: 'connections in CLOSE_WAIT at the end, accepted or not, as ss counts them',
    recv_q_bytes:
      'Recv-Q of the connections in CLOSE_WAIT (bytes, the FIN counting as one) → how many have it',
    accept_queue: 'connections that wait for accept() at the end: the listener’s Recv-Q',
    syn_sent_clients: 'clients whose connect() has no answer at the end',
    accept_errno: 'the error of the last accept() that failed, or null',
    ended_by: 'duration, or SIGPIPE where it killed the server',
  },
  presets,
  run,
};
