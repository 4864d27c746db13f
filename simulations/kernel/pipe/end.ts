/**
 * The two ends of a pipe as files (`pipefifo_fops` in `fs/pipe.c`): whoever reads and whoever writes sleeps here.
 *
 * Left out: splice(), FIFOs with a name.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import type { File, PollEvent } from '../../machine/file.ts';
import type { Answer, Waiting } from '../../machine/program.ts';
import type { FileRef } from '../../machine/state.ts';
import type { Thread } from '../../machine/thread.ts';
import type { Reason } from '../../trace/decision.ts';
import { failure, type Reasoned, success } from '../answer.ts';
import type { Waiter } from '../wait-queue.ts';
import type { Pipe } from './pipe.ts';
import { POLLERR, READ_AGAIN, WRITE_AGAIN, whyBroken } from './reasons.ts';
import { Sleeper } from './sleeper.ts';
import type { PipeWitness } from './witness.ts';
import { PipeWrite, type Stretch } from './write.ts';

/** What both ends share beside the pipe. */
interface Shared {
  readonly pipe: Pipe;
  readonly clock: VirtualClock;
  /** The kernel function that a writer sleeps in. */
  readonly wchan: string;
  readonly witness: PipeWitness;
}

/** Who polls an end: woken with all others that do. */
const polling = (thread: Thread, clock: VirtualClock, wake: () => void): Waiter => ({
  tid: thread.tid,
  name: thread.name,
  exclusive: false,
  wake: () => clock.after(0, wake, 'arrival'),
});

/** The read end. */
export class PipeReader implements File {
  nonblocking = false;
  readonly ref: FileRef;
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.ref = { kind: 'pipe', inode: shared.pipe.inode, end: 'read' };
  }

  read(thread: Thread, bytes: number): Reasoned | Waiting {
    const { pipe, clock, wchan, witness } = this.#shared;
    const answer = this.#tryRead(thread, bytes);
    if (answer) return answer;
    if (this.nonblocking) return failure('EAGAIN', READ_AGAIN);
    return {
      wchan: wchan.replace('write', 'read'),
      until_us: null,
      wait: (done) => {
        let isOver = false;
        const look = () => {
          // A signal may have ended the call between the wake-up and now; what came is for the next one.
          if (isOver || !thread.isAlive) return;
          const later = this.#tryRead(thread, bytes);
          if (later) done(later);
          else pipe.sleepToRead(waiter);
        };
        const waiter = {
          tid: thread.tid,
          name: thread.name,
          exclusive: true,
          wake: () => clock.after(0, look, 'arrival'),
        };
        pipe.sleepToRead(waiter);
        witness.readerSlept(thread);
        return () => {
          isOver = true;
          pipe.rd_wait.remove(waiter);
        };
      },
      interrupted: () => failure('EINTR'),
    };
  }

  #tryRead(thread: Thread, bytes: number): Reasoned | null {
    const { pipe, witness } = this.#shared;
    const read = pipe.read(bytes);
    if (read.ret === null) return null;
    witness.read(thread, read, bytes);
    return success(read.ret);
  }

  write(): Reasoned {
    return failure('EBADF');
  }

  /** `pipe_poll` on the read end. */
  poll(): readonly PollEvent[] {
    return this.#shared.pipe.pollToRead();
  }

  subscribe(wake: () => void, thread: Thread): () => void {
    const { pipe, clock } = this.#shared;
    const waiter = polling(thread, clock, wake);
    pipe.sleepToRead(waiter);
    return () => pipe.rd_wait.remove(waiter);
  }

  close(thread: Thread | null): Reasoned {
    const { pipe, witness } = this.#shared;
    witness.released(thread, 'read', pipe.release('read'));
    return success();
  }
}

/** The write end. */
export class PipeWriter implements File {
  nonblocking = false;
  readonly ref: FileRef;
  readonly #shared: Shared;
  readonly #sleepers = new Map<Thread, Sleeper>();

  constructor(shared: Shared) {
    this.#shared = shared;
    this.ref = { kind: 'pipe', inode: shared.pipe.inode, end: 'write' };
  }

  read(): Reasoned {
    return failure('EBADF');
  }

  write(thread: Thread, bytes: number): Reasoned | Waiting {
    const { pipe, wchan, witness } = this.#shared;
    const write = new PipeWrite(pipe, bytes, !this.nonblocking);
    const stretch = write.run();
    witness.put(thread, write, stretch, this.nonblocking);
    if (stretch.end !== 'full' || this.nonblocking) return this.#written(thread, write, stretch);
    return {
      wchan,
      until_us: null,
      wait: (done) => {
        const sleeper = this.#sleeperOf(thread);
        write.sleep(
          sleeper,
          {
            put: (_, later) => witness.put(thread, write, later, this.nonblocking),
            slept: () => {
              thread.left_bytes = write.left;
              witness.slept(thread, write);
            },
            sleptAgain: () => witness.sleptAgain(thread),
            woke: () => witness.woke(thread),
          },
          (last) => {
            done(this.#written(thread, write, last));
          },
        );
        return () => sleeper.end();
      },
      interrupted: () => (write.ret > 0 ? success(write.ret) : failure('EINTR')),
    };
  }

  /** What write() returns: the bytes that it wrote, or the error when it wrote none. */
  #written(thread: Thread, write: PipeWrite, last: Stretch): Answer {
    const { witness } = this.#shared;
    witness.wokeNext(thread, last.woken);
    const signal = last.end === 'broken' ? { signal: 'SIGPIPE' } : undefined;
    if (write.ret > 0) {
      if (last.end !== 'done') witness.wroteShort(thread, write, last.end);
      return { ...success(write.ret), ...(signal && { out: signal }) };
    }
    const errno = last.end === 'broken' ? 'EPIPE' : 'EAGAIN';
    const why = errno === 'EAGAIN' ? WRITE_AGAIN : whyBroken(write.hasSlept);
    witness.failed(thread, errno, write.hasSlept);
    return { ...failure(errno, why), ...(signal && { out: signal }) };
  }

  #sleeperOf(thread: Thread): Sleeper {
    const known = this.#sleepers.get(thread);
    if (known && known.state !== 'ended') return known;
    const sleeper = new Sleeper(thread, this.#shared.pipe, this.#shared.clock);
    this.#sleepers.set(thread, sleeper);
    return sleeper;
  }

  /** `pipe_poll` on the write end. */
  poll(): readonly PollEvent[] {
    return this.#shared.pipe.poll();
  }

  get whyError(): Reason {
    return POLLERR;
  }

  subscribe(wake: () => void, thread: Thread): () => void {
    const { pipe, clock } = this.#shared;
    const waiter = polling(thread, clock, wake);
    pipe.sleepToWrite(waiter);
    return () => pipe.wr_wait.remove(waiter);
  }

  close(thread: Thread | null): Reasoned {
    const { pipe, witness } = this.#shared;
    witness.released(thread, 'write', pipe.release('write'));
    return success();
  }
}
