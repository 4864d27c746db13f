/**
 * The system calls of the server's threads, which share descriptors and one pipe, and of whoever reads that pipe.
 *
 * Left out: what a call itself costs. A thread that can run runs at once, one after the other.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import { Fifo } from '../../engine/fifo.ts';
import { type Answer, Process, type Program, type SystemCall, type Waiting } from '../../engine/process.ts';
import type { FileTable } from '../../kernel/file-table.ts';
import type { Pipe } from '../../kernel/pipe/pipe.ts';
import { Sleeper } from '../../kernel/pipe/sleeper.ts';
import { PipeWrite, type WriteWitness } from '../../kernel/pipe/write.ts';
import type { Connection, Connections } from './connections.ts';
import type { Journal } from './journal.ts';
import { STDERR } from './programs.ts';
import { Thread, type Wait } from './thread.ts';

/** `TCP_TIMEWAIT_LEN`, in µs. */
const TCP_TIMEWAIT_LEN_us = 60_000_000;

const OK: Answer = { value: 0, errno: null };

export class ServerCalls {
  readonly threads: Thread[] = [];
  /** What accept() said last when it failed. */
  accept_errno: 'EMFILE' | null = null;
  /** What ended the server, or null. */
  signal: 'SIGPIPE' | null = null;
  readonly #clock: VirtualClock;
  readonly #pipe: Pipe;
  readonly #connections: Connections;
  readonly #files: FileTable;
  readonly #journal: Journal;
  readonly #ignoresSigpipe: boolean;
  readonly #onRead: (bytes: number) => void;
  readonly #processes = new Map<Thread, Process>();
  readonly #open = new Map<number, Connection>();
  readonly #work = new Fifo<Connection>();
  readonly #idle = new Fifo<(work: Connection) => void>();
  #acceptor: (() => void) | null = null;

  constructor(options: {
    clock: VirtualClock;
    pipe: Pipe;
    connections: Connections;
    files: FileTable;
    journal: Journal;
    /** SIG_IGN for SIGPIPE. */
    ignoresSigpipe: boolean;
    /** The reader has taken so many bytes out of the pipe. */
    onRead: (bytes: number) => void;
  }) {
    this.#clock = options.clock;
    this.#pipe = options.pipe;
    this.#connections = options.connections;
    this.#files = options.files;
    this.#journal = options.journal;
    this.#ignoresSigpipe = options.ignoresSigpipe;
    this.#onRead = options.onRead;
  }

  /** Connections that wait in the pool's queue. */
  get queued(): number {
    return this.#work.length;
  }

  /** A thread; start it when all are made. @param end which end of the pipe it uses */
  spawn(name: string, tid: number, end: 'read' | 'write', program: Program): Process {
    const thread = new Thread(name, tid, end, new Sleeper(name, this.#pipe, this.#clock));
    this.threads.push(thread);
    const process = new Process({
      name,
      pid: tid,
      program,
      kernel: (call) => this.#run(thread, call),
      clock: this.#clock,
      witness: { called: () => {}, returned: () => {}, ended: (_, how) => this.#ended(thread, how) },
    });
    this.#processes.set(thread, process);
    return process;
  }

  /** A connection has come into the accept queue. */
  onQueued(): void {
    const acceptor = this.#acceptor;
    this.#acceptor = null;
    if (acceptor) this.#clock.after(0, acceptor, 'arrival');
  }

  #run(thread: Thread, { name, args }: SystemCall): Answer | Waiting {
    const fd = Number(args.fd);
    switch (name) {
      case 'accept':
        return this.#accept(thread);
      case 'put':
        return this.#put(this.#connectionAt(fd));
      case 'get':
        return this.#get(thread);
      case 'read':
        return thread.end === 'read'
          ? this.#readPipe(thread, Number(args.bytes))
          : this.#read(thread, this.#connectionAt(fd), Number(args.bytes));
      case 'write':
        return fd === STDERR
          ? this.#log(thread, Number(args.bytes))
          : this.#respond(thread, this.#connectionAt(fd));
      case 'close':
        return this.#close(thread, this.#connectionAt(fd));
      case 'nanosleep':
        return this.#until(thread, this.#clock.now_us + Number(args.ms) * 1000);
      case 'rest':
        return this.#until(thread, Number(args.until_ms) * 1000);
      default:
        throw new Error(`no such call: ${name}`);
    }
  }

  #connectionAt(fd: number): Connection {
    const connection = this.#open.get(fd);
    if (!connection) throw new Error(`EBADF: ${fd}`);
    return connection;
  }

  /** Blocks a thread. @param begin is given what ends the wait */
  #wait(thread: Thread, event: Wait, begin: (done: (answer: Answer) => void) => void): Waiting {
    return {
      wait: (done) => {
        thread.wait(event, this.#clock.now_us);
        this.#journal.touched(thread);
        begin((answer) => {
          thread.wake();
          this.#journal.touched(thread);
          done(answer);
        });
        return () => {};
      },
      interrupted: () => ({ value: -1, errno: 'EINTR' }),
    };
  }

  /** accept(): the descriptor comes first (`__sys_accept4_file`), so it fails with no connection in sight. */
  #accept(thread: Thread): Answer | Waiting {
    const fd = this.#files.alloc();
    if (fd === null) {
      this.accept_errno = 'EMFILE';
      this.#journal.acceptFailed(thread, this.#files.open);
      return { value: -1, errno: 'EMFILE' };
    }
    const connection = this.#connections.queue.take();
    if (connection) return this.#accepted(connection, fd);
    return this.#wait(thread, 'ACCEPT', (done) => {
      this.#acceptor = () => {
        const connection = this.#connections.queue.take();
        if (connection) done(this.#accepted(connection, fd));
      };
    });
  }

  #accepted(connection: Connection, fd: number): Answer {
    this.#files.install(fd);
    connection.fd = fd;
    connection.holder = 'thread';
    this.#open.set(fd, connection);
    this.#connections.changed(connection);
    this.#journal.accepted(connection);
    return { value: fd, errno: null };
  }

  #put(connection: Connection): Answer {
    connection.holder = 'pool queue';
    this.#connections.changed(connection);
    const idle = this.#idle.take();
    if (idle) this.#clock.after(0, () => idle(connection), 'arrival');
    else {
      this.#work.add(connection);
      this.#journal.queued(connection, this.#work.length);
    }
    return OK;
  }

  #get(thread: Thread): Answer | Waiting {
    const take = (connection: Connection): Answer => {
      connection.holder = 'thread';
      thread.connection = connection;
      this.#connections.changed(connection);
      return { value: connection.fd ?? -1, errno: null };
    };
    const next = this.#work.take();
    if (next) return take(next);
    return this.#wait(thread, 'GET', (done) => {
      this.#idle.add((connection) => done(take(connection)));
    });
  }

  #read(thread: Thread, connection: Connection, bytes: number): Answer {
    thread.connection = connection;
    const value = connection.read(bytes);
    this.#connections.changed(connection);
    this.#journal.requestRead(thread, connection, value);
    return { value, errno: null };
  }

  #respond(thread: Thread, connection: Connection): Answer {
    const isThere = connection.respond();
    this.#connections.changed(connection);
    if (isThere) this.#connections.fares(connection, 'served');
    thread.answered = isThere;
    return OK;
  }

  #close(thread: Thread, connection: Connection): Answer {
    this.#hangUp(connection);
    thread.connection = null;
    this.#journal.answered(thread, connection, thread.answered);
    return OK;
  }

  #hangUp(connection: Connection): void {
    this.#connections.close(connection);
    if (connection.fd !== null) {
      this.#open.delete(connection.fd);
      this.#files.free(connection.fd);
    }
    connection.fd = null;
    if (connection.server === 'TIME_WAIT')
      this.#clock.after(TCP_TIMEWAIT_LEN_us, () => this.#connections.forget(connection));
  }

  #log(thread: Thread, bytes: number): Answer | Waiting {
    const write = new PipeWrite(this.#pipe, bytes, true);
    const first = write.run();
    this.#journal.logged(thread, first);
    if (first.end === 'done') return { value: write.ret, errno: null };
    const broken = (): Answer => {
      this.#journal.brokenPipe(thread, write.hasSlept);
      return { value: write.ret || -1, errno: write.ret ? null : 'EPIPE' };
    };
    if (first.end === 'broken' && this.#ignoresSigpipe) return broken();
    return {
      wait: (done) => {
        // A signal is delivered on the way back from the call, which therefore never returns.
        if (first.end === 'broken') this.#die(thread);
        else
          write.sleep(thread.sleeper, this.#witness(thread), (last) => {
            thread.left_bytes = 0;
            if (last.end === 'done') done({ value: write.ret, errno: null });
            else if (this.#ignoresSigpipe) done(broken());
            else this.#die(thread);
          });
        return () => {};
      },
      interrupted: () => ({ value: -1, errno: 'EINTR' }),
    };
  }

  #witness(thread: Thread): WriteWitness {
    return {
      slept: ({ left }) => {
        thread.left_bytes = left;
        thread.wait('SLEEP', this.#clock.now_us);
        this.#journal.slept(thread);
      },
      sleptAgain: () => {},
      woke: () => {
        thread.wake();
        this.#journal.woke(thread);
      },
      put: (_, stretch) => this.#journal.logged(thread, stretch),
    };
  }

  #readPipe(thread: Thread, bytes: number): Answer | Waiting {
    const answer = this.#tryReadPipe(thread, bytes);
    if (answer) return answer;
    return this.#wait(thread, 'READ', (done) => {
      const look = () => {
        const later = this.#tryReadPipe(thread, bytes);
        if (later) done(later);
        else this.#pipe.rd_wait.add(waiter);
      };
      const waiter = {
        name: thread.name,
        exclusive: true,
        wake: () => this.#clock.after(0, look, 'arrival'),
      };
      this.#pipe.rd_wait.add(waiter);
    });
  }

  #tryReadPipe(thread: Thread, bytes: number): Answer | null {
    const { ret, woken } = this.#pipe.read(bytes);
    if (ret === null) return null;
    this.#onRead(ret);
    this.#journal.readPipe(thread, ret, woken);
    return { value: ret, errno: null };
  }

  /** @param until_us the moment, or 0 for never */
  #until(thread: Thread, until_us: number): Waiting {
    return this.#wait(thread, 'REST', (done) => {
      if (until_us) this.#clock.after(until_us - this.#clock.now_us, () => done(OK));
    });
  }

  /** A thread, or the reader, has ended. */
  #ended(thread: Thread, how: 'exited' | 'killed'): void {
    thread.kill();
    if (thread.end === 'read') this.#journal.readerGone(thread, this.#pipe.release('read'));
    else if (how === 'exited') throw new Error(`${thread.name} must not end`);
  }

  /** SIGPIPE with its default action: the whole process is gone, and the kernel closes what it had. */
  #die(thread: Thread): void {
    this.signal = 'SIGPIPE';
    const threads = this.threads.filter(({ end }) => end === 'write');
    for (const one of threads) this.#processes.get(one)?.kill();
    const had = [...this.#open.values()];
    for (const connection of had) this.#hangUp(connection);
    this.#connections.stopListening();
    this.#files.clear();
    this.#work.clear();
    this.#pipe.release('write');
    this.#journal.died(thread, threads);
  }
}
