/** The server's threads, and what is at the other end of its standard error. */
import type { VirtualClock } from '../../engine/clock.ts';
import { sys } from '../../machine/calls.ts';
import type { Program } from '../../machine/program.ts';
import type { Frame } from '../../machine/state.ts';
import type { Thread } from '../../machine/thread.ts';
import type { WorkQueue } from '../../userland/work-queue.ts';
import type { Client } from './client.ts';
import type { CloseWaitPipeParameters } from './parameters.ts';

export const STDERR = 2;

/** One read() takes a whole request. */
const REQUEST_BUFFER_bytes = 65_536;

/** A response is short. */
const RESPONSE_bytes = 2;

/** How long the main thread rests when accept() has failed, in ms. */
const REST_ms = 1000;

/** A connection that waits for a worker. */
export interface Work {
  readonly fd: number;
  readonly client: Client;
}

/** What the threads of the server share, and whom they tell. */
export interface Server {
  readonly parameters: CloseWaitPipeParameters;
  readonly work: WorkQueue<Work>;
  /** The thread that runs a program. */
  thread(name: string): Thread;
  clientAt(fd: number): Client;
  accepted(client: Client, fd: number): void;
  acceptFailed(thread: Thread, errno: string): void;
  queued(client: Client): void;
  requestRead(thread: Thread, client: Client, bytes: number): void;
  /** @param delivered whether the client was there to take the response */
  answered(thread: Thread, client: Client, delivered: boolean): void;
}

const at = (name: string, line: number, file = 'server.py'): Frame => ({ function: name, file, line });

/** What Python runs a thread in. */
const BELOW_THREAD = [
  at('run', 982, 'threading.py'),
  at('_bootstrap_inner', 1045, 'threading.py'),
  at('_bootstrap', 1002, 'threading.py'),
];
const BELOW_MAIN = [at('<module>', 44)];
const IN_ACCEPT = [at('accept', 294, 'socket.py'), at('main', 32), ...BELOW_MAIN];
const IN_LOG_OF_MAIN = [at('log', 12), at('main', 34), ...BELOW_MAIN];
const IN_SLEEP = [at('main', 35), ...BELOW_MAIN];
const IN_PUT = [at('main', 37), ...BELOW_MAIN];
const IN_GET = [
  at('wait', 327, 'threading.py'),
  at('get', 171, 'queue.py'),
  at('worker', 24),
  ...BELOW_THREAD,
];

/** A request in progress: the frames below handle(). */
const CALLER = { main: [at('main', 39), ...BELOW_MAIN], worker: [at('worker', 25), ...BELOW_THREAD] };

/** One request: read it, log it, answer it, close. A line that cannot be written is no reason not to answer. */
function* handle(server: Server, thread: Thread, { fd, client }: Work, caller: 'main' | 'worker'): Program {
  const own = (line: number): Frame => ({ function: 'handle', file: 'server.py', line, locals: { fd } });
  thread.at([own(16), ...CALLER[caller]]);
  const { value } = yield* sys.read(fd, REQUEST_BUFFER_bytes);
  server.requestRead(thread, client, value);
  thread.at([at('log', 12), own(17), ...CALLER[caller]]);
  yield* sys.write(STDERR, server.parameters.log_bytes);
  thread.at([own(18), ...CALLER[caller]]);
  const { out } = yield* sys.write(fd, RESPONSE_bytes);
  yield* sys.close(fd);
  server.answered(thread, client, out?.delivered === true);
}

/** The thread that accepts. With "inline" it does the work as well. */
export function* main(server: Server, port: number): Program {
  const { accepting, backlog, log_bytes } = server.parameters;
  const thread = server.thread('main');
  const listener = (yield* sys.socket()).value;
  yield* sys.bind(listener, port);
  yield* sys.listen(listener, backlog);
  for (;;) {
    thread.at(IN_ACCEPT);
    const { value: fd, errno } = yield* sys.accept4(listener, ['SOCK_CLOEXEC']);
    if (errno) {
      server.acceptFailed(thread, errno);
      thread.at(IN_LOG_OF_MAIN);
      yield* sys.write(STDERR, log_bytes);
      thread.at(IN_SLEEP);
      yield* sys.nanosleep(REST_ms);
      continue;
    }
    const work = { fd, client: server.clientAt(fd) };
    server.accepted(work.client, fd);
    if (accepting === 'pool') {
      thread.at(IN_PUT);
      const isBusy = server.work.isBusy;
      yield* server.work.put(work);
      if (isBusy) server.queued(work.client);
    } else yield* handle(server, thread, work, 'main');
  }
}

/** A thread of the pool. */
export function* worker(server: Server, name: string): Program {
  const thread = server.thread(name);
  for (;;) {
    thread.at(IN_GET);
    yield* handle(server, thread, yield* server.work.get(), 'worker');
  }
}

/** What is at the other end of standard error. */
export interface Reader {
  readonly parameters: CloseWaitPipeParameters;
  readonly clock: VirtualClock;
  readonly fd: number;
  /** The most that one read() takes. */
  readonly chunk_bytes: number;
  /** Whether it goes on reading. */
  goesOn(): boolean;
  /** It has taken so many bytes out of the pipe. */
  took(bytes: number): void;
}

/** Reads, or does not. Where it ends, its end of the pipe is closed. */
export function* reader(self: Reader): Program {
  const { reader: kind, reader_dies_at_ms } = self.parameters;
  if (kind === 'dies') yield* sys.nanosleep(reader_dies_at_ms);
  if (kind === 'stalled') yield* rest(self);
  while (kind !== 'none' && kind !== 'dies') {
    if (kind === 'stalled-ssh' && !self.goesOn()) yield* rest(self);
    const { value } = yield* sys.read(self.fd, self.chunk_bytes);
    self.took(value);
  }
}

/** Until somebody wakes it, if ever. */
function* rest({ parameters, clock }: Reader): Program {
  const until_ms = parameters.recovers_at_s * 1000;
  if (until_ms > 0) yield* sys.nanosleep(until_ms - clock.now_us / 1000);
  else yield* sys.pause();
}
