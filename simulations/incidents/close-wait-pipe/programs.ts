/** The server's threads, and what is at the other end of its standard error. */
import type { Answer, Program, SystemCall } from '../../engine/process.ts';
import type { CloseWaitPipeParameters } from './parameters.ts';

type Call = Generator<SystemCall, Answer, Answer>;

function* call(name: string, args: SystemCall['args'] = {}): Call {
  return yield { name, args };
}

export const STDERR = 2;

/** One read() takes a whole request. */
const REQUEST_BUFFER_bytes = 65_536;

/** The calls that the threads make. `get` and `put` are the pool's queue: a lock in memory, and futex() where it waits. */
const sys = {
  accept: () => call('accept'),
  read: (fd: number, bytes: number) => call('read', { fd, bytes }),
  write: (fd: number, bytes: number) => call('write', { fd, bytes }),
  respond: (fd: number) => call('write', { fd, bytes: RESPONSE_bytes }),
  close: (fd: number) => call('close', { fd }),
  get: () => call('get'),
  put: (fd: number) => call('put', { fd }),
  nanosleep: (ms: number) => call('nanosleep', { ms }),
  pause: () => call('pause'),
};

/** A response is short. */
const RESPONSE_bytes = 2;

/** How long the main thread rests when accept() has failed, in ms. */
export const REST_ms = 1000;

/** One request: read it, log it, answer it, close. A line that cannot be written is no reason not to answer. */
function* handle(p: CloseWaitPipeParameters, fd: number): Program {
  yield* sys.read(fd, REQUEST_BUFFER_bytes);
  yield* sys.write(STDERR, p.log_bytes);
  yield* sys.respond(fd);
  yield* sys.close(fd);
}

/** The thread that accepts. With "inline" it does the work as well. */
export function* main(p: CloseWaitPipeParameters): Program {
  for (;;) {
    const { value: fd, errno } = yield* sys.accept();
    if (errno) {
      yield* sys.write(STDERR, p.log_bytes);
      yield* sys.nanosleep(REST_ms);
    } else if (p.accepting === 'pool') yield* sys.put(fd);
    else yield* handle(p, fd);
  }
}

/** A thread of the pool. */
export function* worker(p: CloseWaitPipeParameters): Program {
  for (;;) yield* handle(p, (yield* sys.get()).value);
}

/** Reads, or does not. Where it ends, its end of the pipe is closed. @param chunk_bytes the most that one read() takes */
export function* reader(p: CloseWaitPipeParameters, chunk_bytes: number, goesOn: () => boolean): Program {
  if (p.reader === 'dies') yield* sys.nanosleep(p.reader_dies_at_ms);
  if (p.reader === 'stalled') yield* rest(p);
  while (p.reader !== 'none' && p.reader !== 'dies') {
    if (p.reader === 'stalled-ssh' && !goesOn()) yield* rest(p);
    yield* sys.read(STDERR, chunk_bytes);
  }
}

/** Until somebody wakes it, if ever. */
function* rest({ recovers_at_s }: CloseWaitPipeParameters): Program {
  yield* call('rest', { until_ms: recovers_at_s * 1000 });
}
