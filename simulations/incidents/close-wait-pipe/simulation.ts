/**
 * A threaded server logs to a pipe that nobody drains: its workers fall asleep in write(), clients give up, and their
 * connections stay in CLOSE_WAIT.
 *
 * Left out: the time that packets, calls and threads take; clients that try again, keep-alive connections, TLS; what
 * else the server writes; memory.
 */
import type { KernelVersion } from '../../kernel/profile.ts';
import { PairSocket } from '../../kernel/tcp/pair.ts';
import { Device } from '../../machine/device.ts';
import { OpenFile } from '../../machine/file.ts';
import { Descriptor } from '../../machine/file-table.ts';
import { openPipe, PIPES } from '../../machine/kinds/pipes.ts';
import { type Narrator, SILENT } from '../../machine/narrator.ts';
import { type Interventions, Run, type Slices } from '../../machine/run.ts';
import type { Thread } from '../../machine/thread.ts';
import { simulationOf } from '../../simulation.ts';
import type { Trace } from '../../trace/trace.ts';
import { CHAN_RBUF_bytes, SshChannel, type SshChannelState } from '../../userland/ssh-channel.ts';
import { WorkQueue } from '../../userland/work-queue.ts';
import { Clients, type ClientsState } from './clients.ts';
import { ServerNarrator } from './narrator.ts';
import { type CloseWaitPipeOutcome, verdictOf } from './outcome.ts';
import { type CloseWaitPipeParameters, parameters, presets } from './parameters.ts';
import { main, reader, type Server, type Work, worker } from './programs.ts';
import { sectionsOf } from './sections.ts';
import { statusOf } from './thread-states.ts';

export type { CloseWaitPipeOutcome } from './outcome.ts';

/** What the programs and the clients know, beside what the machine does. */
export interface CloseWaitPipePrograms {
  readonly clients: ClientsState;
  /** Connections that wait in the pool's queue. */
  readonly pool_queue: number;
  /** sshd's channel, where sshd reads. */
  readonly channel?: SshChannelState;
}

export const SERVER = { address: '10.1.5.60', port: 8080 };
export const SERVER_PID = 2001;
const READER_PID = 3001;

/** What one read() of a reader that drains takes at most. */
const READ_bytes = 65_536;

function* start(
  p: CloseWaitPipeParameters,
  actions?: Interventions,
): Slices<Trace<CloseWaitPipeOutcome, CloseWaitPipePrograms>> {
  const run = new Run({ actions });
  const { clock, recorder } = run;
  const machine = run.machine({
    name: 'server',
    addresses: [SERVER.address],
    kernel: p.kernel as KernelVersion,
    tells: false,
    kinds: [PIPES],
  });
  const narrator = new ServerNarrator({ parameters: p, clock, recorder });
  const { pipe, reader: readEnd, writer: writeEnd } = openPipe(machine, undefined, narrator);
  narrator.watches(pipe);
  if (p.pipe_size_bytes) pipe.resize(p.pipe_size_bytes);

  const channel = p.reader === 'stalled-ssh' ? new SshChannel(p.ssh_window_bytes, p.ssh_socket_bytes) : null;
  const channelCell = channel && recorder.program('channel', channel);
  const hasRecovered = () => p.recovers_at_s > 0 && clock.now_us >= p.recovers_at_s * 1e6;
  const name = channel ? 'sshd' : 'reader';
  const openReadEnd = new OpenFile(readEnd);
  const readerProcess = machine.spawn({
    pid: READER_PID,
    comm: name,
    stdio: channel ? [] : [openReadEnd],
    narrator: SILENT,
  });
  const readerFd = channel ? (readerProcess.files.alloc(9) ?? 9) : 0;
  if (channel) readerProcess.files.install(readerFd, new Descriptor(openReadEnd, false, null));
  const readerThread = readerProcess.thread(
    name,
    reader({
      parameters: p,
      clock,
      fd: readerFd,
      chunk_bytes: channel ? CHAN_RBUF_bytes : READ_bytes,
      goesOn: () => hasRecovered() || (channel?.reads ?? true),
      took: (bytes) => {
        if (!channel || hasRecovered()) return;
        channel.read(bytes);
        channelCell?.touch();
        if (!channel.reads) narrator.sshStopped(channel.swallowed_bytes);
      },
    }),
  );

  const ending: Narrator = {
    ...SILENT,
    closed: () => {
      work.clear();
      pool.touch();
      narrator.died();
    },
  };
  const process = machine.spawn({
    pid: SERVER_PID,
    comm: 'python3',
    argv: ['python3', 'server.py'],
    nofile: p.nofile,
    ignoresSigpipe: p.sigpipe === 'ignored',
    stdio: [
      new OpenFile(new Device('/dev/null', 'r')),
      new OpenFile(new Device('/dev/null', 'w')),
      new OpenFile(writeEnd),
    ],
    narrator: ending,
  });

  const clients = new Clients({ parameters: p, server: machine, address: SERVER, narrator });
  const work = new WorkQueue<Work>(1);
  const pool = recorder.program('pool_queue', { state: () => work.length });
  const threads = new Map<string, Thread>();
  let accept_errno: string | null = null;
  const server: Server = {
    parameters: p,
    work,
    thread: (name) => threads.get(name) as Thread,
    clientAt: (fd) => {
      const file = process.files.get(fd)?.file;
      if (!(file instanceof PairSocket)) throw new Error(`${fd} is no connection`);
      return clients.of(file.pair.cookie);
    },
    accepted: (client, fd) => narrator.accepted(client, fd),
    acceptFailed: (_, errno) => {
      accept_errno = errno;
      narrator.acceptFailed(process.files.open);
    },
    queued: (client) => {
      pool.touch();
      narrator.queued(client, work.length);
    },
    requestRead: (thread, client, bytes) => {
      pool.touch();
      narrator.requestRead(thread, client, bytes);
    },
    answered: (thread, client, delivered) => {
      if (delivered) clients.fares(client, 'served');
      narrator.answered(thread, client, delivered);
    },
  };
  const workers = p.accepting === 'pool' ? p.workers : 0;
  threads.set('main', process.thread('main', main(server, SERVER.port)));
  for (let i = 1; i <= workers; i++) {
    const own = `worker ${i}`;
    threads.set(own, process.thread(own, worker(server, own)));
  }

  for (const thread of [...threads.values(), readerThread]) thread.start();
  narrator.listening();
  clients.start();
  yield* run.until(p.duration_s * 1e6);

  const { census, stack } = machine;
  const recv_q_bytes: Record<string, number> = {};
  for (const { state, recv_q_bytes: bytes, members } of census.groups)
    if (state === 'CLOSE_WAIT') recv_q_bytes[bytes] = (recv_q_bytes[bytes] ?? 0) + members.size;
  const isWorker = (name: string) => (p.accepting === 'pool' ? name !== 'main' : true);
  const outcome: CloseWaitPipeOutcome = {
    served: clients.fared('served'),
    blocked_workers: [...threads.values()].filter(
      (thread) => isWorker(thread.name) && statusOf(thread.state()) === 'asleep in write()',
    ).length,
    close_wait: census.count('CLOSE_WAIT'),
    recv_q_bytes,
    accept_queue: stack.table.listener(SERVER)?.queue?.sk_ack_backlog ?? 0,
    syn_sent_clients: clients.fared('connecting'),
    accept_errno,
    ended_by: process.state().signal ?? 'duration',
  };
  narrator.finished({
    ...outcome,
    gave_up: clients.fared('gave up'),
    timed_out: clients.fared('timed out'),
  });
  recorder.divide(sectionsOf(p));
  return run.finish('close-wait-pipe', { ...p }, outcome, verdictOf(p, outcome));
}

export const closeWaitPipe = simulationOf<typeof parameters, CloseWaitPipeOutcome, CloseWaitPipePrograms>({
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
    ended_by: 'duration, or the signal that killed the server: SIGPIPE, or one that a person sent',
  },
  presets,
  // What repeats itself is counted, so events are few; every client is simulated all the same.
  size: ({ requests_per_s, duration_s }) => ({
    events: 300,
    steps: Math.round(8 * requests_per_s * duration_s),
    lower: 'duration_s',
  }),
  largest: { requests_per_s: 1000, duration_s: 100 },
  start,
});
