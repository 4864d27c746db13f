/**
 * What a run of the incident records: events with their kernel marks, in words.
 *
 * Ten thousand clients do the same, so only what happens for the first time is an event of its own, and what sums it
 * up: a round number of connections, the last worker. The rest is counted, and told `PERIODS` times in a run. The state
 * after an event is always exact.
 */
import type { VirtualClock } from '../../engine/clock.ts';
import { bytes, capital, count, span } from '../../engine/wording.ts';
import type { Pipe, PipeRead } from '../../kernel/pipe/pipe.ts';
import { READ_WAKES, WRITER_SLEEPS, whyBroken, whyWritable } from '../../kernel/pipe/reasons.ts';
import type { PipeWitness } from '../../kernel/pipe/witness.ts';
import type { PipeWrite, Stretch } from '../../kernel/pipe/write.ts';
import { resetFailure } from '../../kernel/tcp/errors.ts';
import type { SynVerdict } from '../../kernel/tcp/pair.ts';
import { NO_DESCRIPTOR, SYN_DROPPED } from '../../kernel/tcp/reasons.ts';
import type { Thread } from '../../machine/thread.ts';
import { type Decision, reasonOf } from '../../trace/decision.ts';
import type { Facts, Happening, KernelMark } from '../../trace/event.ts';
import type { Recorder } from '../../trace/recorder.ts';
import type { Client } from './client.ts';
import './events.ts';
import type { PileUpEventKind } from './events.ts';
import type { CloseWaitPipeParameters } from './parameters.ts';

/** What an event is made of. */
interface Telling {
  readonly data: Facts;
  readonly says: string;
  readonly mark?: KernelMark;
  readonly decision?: Decision | undefined;
  readonly beat?: boolean;
}

/** How often a run tells what it has counted. */
const PERIODS = 240;

/** Threads that fall asleep one event at a time; the others are counted, but for the last. */
const SLEEPERS = 12;

/** What is counted between two events. */
const TALLIES = {
  connected: { one: 'connected', many: 'connected' },
  answered: { one: 'got an answer', many: 'got an answer' },
  'gave up': { one: 'gave up', many: 'gave up' },
  dropped: { one: 'sent a SYN that was dropped', many: 'sent a SYN that was dropped' },
  'timed out': { one: 'gave up connecting', many: 'gave up connecting' },
  refused: { one: 'was refused', many: 'were refused' },
  'answered in vain': {
    one: 'got an answer that nobody waited for',
    many: 'got an answer that nobody waited for',
  },
} as const;
type Tally = keyof typeof TALLIES;

/** Lines that show what the counted events were about, the most telling first. */
const TALLY_MARKS: readonly (readonly [Tally, KernelMark])[] = [
  ['answered in vain', 'tcp_reset:pipe'],
  ['gave up', 'tcp_fin:close-wait'],
  ['dropped', 'tcp_conn_request:full'],
  ['answered', 'pipe_write:merge'],
];

export class ServerNarrator implements PipeWitness {
  readonly #p: CloseWaitPipeParameters;
  readonly #clock: VirtualClock;
  readonly #recorder: Recorder;
  readonly #times = new Map<string, number>();
  readonly #tally = new Map<Tally, number>();
  #pipe!: Pipe;
  #since_us = 0;
  #asleep = 0;
  #closeWait = 0;
  #milestone = 10;
  #logged_bytes = 0;
  /** Whom SIGPIPE has met. */
  #met: { readonly thread: Thread; readonly hasSlept: boolean } | null = null;

  constructor(options: { parameters: CloseWaitPipeParameters; clock: VirtualClock; recorder: Recorder }) {
    this.#p = options.parameters;
    this.#clock = options.clock;
    this.#recorder = options.recorder;
    const period_us = (options.parameters.duration_s * 1e6) / PERIODS;
    // What was counted is told before a program's own timer that ends at the same moment.
    for (let i = 1; i < PERIODS; i++)
      options.clock.after(i * period_us, () => this.#tellTallies(), 'hrtimer');
  }

  /** The pipe behind standard error. */
  watches(pipe: Pipe): void {
    this.#pipe = pipe;
  }

  /** Everybody stands ready, and no client has come. */
  listening(): void {
    const { accepting, workers, backlog, reader } = this.#p;
    const who =
      accepting === 'pool'
        ? `A main thread accepts, *${workers === 1 ? 'one worker handles' : `${workers} workers handle`} the requests*`
        : 'One thread accepts and handles requests, *one after the other*';
    const end = {
      stalled: 'Somebody holds its read end, and does not read.',
      'stalled-ssh': 'sshd reads it for an ssh client that has stopped.',
      draining: 'Somebody reads it all the time.',
      none: 'Nobody holds its read end.',
      dies: 'Somebody holds its read end, and does not read.',
    }[reader];
    this.#event('server', 'listening', {
      data: { backlog },
      mark: 'inet_csk_listen_start:listen',
      says: `The server listens. ${who}. Its standard error is a pipe. ${end}`,
      beat: true,
    });
  }

  connecting({ number }: Client): void {
    if (number === 1)
      this.#event('clients', 'connect', {
        data: { client: 1 },
        mark: '__inet_stream_connect:connect',
        says: 'The first client connects.',
      });
  }

  syn({ number, port }: Client, verdict: SynVerdict, sent: number): void {
    if (verdict === 'established') {
      if (number === 1)
        this.#event('clients', 'connected', {
          data: { client: number, port },
          mark: 'tcp_rcv_state_process:established',
          says: `*The kernel* makes the connection and puts it into the accept queue. The client sends its request, ${bytes(this.#p.request_bytes)}.`,
        });
      else this.#count('connected');
    } else if (verdict === 'dropped') {
      if (this.#isFirst('syn-dropped'))
        this.#event('clients', 'syn-dropped', {
          data: { client: number },
          ...SYN_DROPPED,
          says: `${this.#p.backlog + 1} connections wait in the accept queue, one more than listen() asked for. *The kernel drops the SYN* of client ${count(number)}, which stays in SYN-SENT and will try again.`,
          beat: true,
        });
      else if (sent > 0 && this.#isFirst('syn-again'))
        this.#event('clients', 'syn-again', {
          data: { client: number, sent },
          ...SYN_DROPPED,
          says: `Client ${count(number)} sends its SYN again. The accept queue is as full as before.`,
        });
      else this.#count('dropped');
    } else if (this.#isFirst('refused'))
      this.#event('clients', 'refused', {
        data: { client: number },
        mark: 'tcp_reset:refused',
        says: `Nobody listens any more: client ${count(number)} gets *ECONNREFUSED*, at once.`,
        beat: true,
      });
    else this.#count('refused');
  }

  accepted({ number }: Client, fd: number): void {
    if (number === 1)
      this.#event('main', 'accepted', {
        data: { client: 1, fd },
        mark: 'inet_csk_accept:wait',
        says: `accept() returns descriptor ${fd}.`,
      });
  }

  queued({ number }: Client, length: number): void {
    if (this.#asleep > 0 && this.#isFirst('queued'))
      this.#event('main', 'queued', {
        data: { client: number, length },
        says: `*The main thread goes on accepting.* No worker is free, so the connection of client ${count(number)} waits in the pool’s queue, its request unread.`,
        beat: true,
      });
  }

  requestRead(thread: Thread, { number }: Client, read_bytes: number): void {
    if (number === 1)
      this.#event(thread.name, 'request-read', {
        data: { client: 1, bytes: read_bytes },
        mark: 'tcp_recvmsg_locked:copied',
        says: `${named(thread)} reads the request, ${bytes(read_bytes)}.`,
      });
  }

  put(thread: Thread, _write: PipeWrite, stretch: Stretch): void {
    const before = this.#logged_bytes;
    this.#logged_bytes += stretch.bytes;
    if (stretch.bytes > 0 && before === 0)
      this.#event(thread.name, 'logged', {
        data: { bytes: stretch.bytes },
        mark: 'pipe_write:slot',
        says: `${named(thread)} writes ${stretch.end === 'done' ? 'a line of the log' : 'what fits of a line of the log'} to descriptor 2: *${bytes(stretch.bytes)} go into the pipe*.`,
        beat: true,
      });
    const { occupancy, slots } = this.#pipe.ring;
    if (occupancy * 2 >= slots && occupancy < slots && this.#isFirst('half-full'))
      this.#event('pipe', 'half-full', {
        data: { used_slots: occupancy, held_bytes: this.#pipe.ring.held_bytes },
        mark: 'pipe_write:slot',
        says: `*Half of the slots are taken*, ${occupancy} of ${count(slots)}, and nobody reads.`,
        beat: true,
      });
  }

  slept(thread: Thread, { left }: PipeWrite): void {
    this.#asleep++;
    const threads = this.#p.accepting === 'pool' ? this.#p.workers : 1;
    const isMain = thread.name === 'main';
    const nth = this.#next(isMain && this.#p.accepting === 'pool' ? 'main-slept' : 'slept');
    const isLast = this.#asleep === threads && !isMain;
    const { ring, free_bytes } = this.#pipe;
    const data = { asleep: this.#asleep, left_bytes: left, free_bytes };
    if (isMain && this.#p.accepting === 'pool') {
      if (nth === 1)
        this.#event(thread.name, 'main-asleep', {
          data,
          ...WRITER_SLEEPS,
          says: 'It writes an error line to the log, and *falls asleep in write() as well*. Nobody accepts any more.',
          beat: true,
        });
      return;
    }
    if (nth === 1) {
      this.#event(thread.name, 'asleep', {
        data,
        ...WRITER_SLEEPS,
        says: `The pipe is full: all ${count(ring.slots)} slots are in use${free_bytes ? `, although ${bytes(free_bytes)} are free` : ''}. *${named(thread)} falls asleep in write()*, in the middle of a request.${threads === 1 ? ' Nobody is left to answer.' : ''}`,
        beat: true,
      });
    } else if (isLast && threads > 1 && this.#isFirst('all-asleep'))
      this.#event(thread.name, 'all-asleep', {
        data,
        ...WRITER_SLEEPS,
        says: `${named(thread)} follows. *All ${threads} workers are asleep in write().* Nobody is left to answer.`,
        beat: true,
      });
    else if (nth <= SLEEPERS)
      this.#event(thread.name, 'asleep', {
        data,
        ...WRITER_SLEEPS,
        says: `${named(thread)} takes the next request, and falls asleep in write() as well.`,
        beat: nth === 2,
      });
  }

  woke(thread: Thread): void {
    this.#asleep--;
    if (this.#isFirst('woke'))
      this.#event(thread.name, 'woke', {
        data: {},
        ...reasonOf(whyWritable(!this.#pipe.isFull, this.#pipe.hasReaders)),
        says: `${named(thread)} wakes up in write() and goes on.`,
      });
  }

  wroteShort(thread: Thread, write: PipeWrite, end: 'full' | 'broken'): void {
    if (end === 'broken') this.failed(thread, 'EPIPE', write.hasSlept);
  }

  sleptAgain(): void {}

  wokeNext(): void {}

  readerSlept(): void {}

  failed(thread: Thread, _errno: string, hasSlept: boolean): void {
    if (this.#p.sigpipe === 'default') {
      this.#met = { thread, hasSlept };
      return;
    }
    if (!this.#isFirst('epipe')) return;
    this.#event(thread.name, 'epipe', {
      data: { errno: 'EPIPE' },
      ...whyBroken(hasSlept),
      says: `Nobody holds the read end. write() returns *EPIPE${hasSlept ? '' : ', at once'}*: the line is lost, and ${thread.name === 'main' ? 'the thread' : thread.name} goes on.`,
      beat: true,
    });
  }

  /** A thread has answered and closed. */
  answered(thread: Thread, { number }: Client, isThere: boolean): void {
    if (isThere) {
      if (!this.#isFirst('answered')) {
        this.#count('answered');
        return;
      }
      this.#event(thread.name, 'answered', {
        data: { client: number },
        mark: 'tcp_close_state:next',
        says: `${named(thread)} answers client ${count(number)} and closes. *One request is served.*`,
        beat: true,
      });
    } else {
      this.#closeWait--;
      if (!this.#isFirst('answered in vain')) {
        this.#count('answered in vain');
        if (this.#closeWait === 0 && this.#isFirst('cleared')) this.#cleared();
        return;
      }
      this.#event(thread.name, 'answered-in-vain', {
        data: { client: number },
        mark: 'tcp_reset:pipe',
        decision: resetFailure('CLOSE_WAIT').decision,
        says: `It answers client ${count(number)}, which is long gone. The client’s kernel sends a *reset*, and the connection leaves CLOSE-WAIT.`,
        beat: true,
      });
    }
  }

  #cleared(): void {
    this.#event('server', 'cleared', {
      data: { close_wait: 0 },
      says: '*The pile is gone*: no connection is in CLOSE-WAIT any more. All of them were answered too late.',
      beat: true,
    });
  }

  acceptFailed(open: number): void {
    if (!this.#isFirst('emfile')) return;
    this.#event('main', 'emfile', {
      data: { errno: 'EMFILE', open },
      ...NO_DESCRIPTOR,
      says: `The server has ${count(open)} descriptors, all that RLIMIT_NOFILE allows. accept() returns *EMFILE*.`,
      beat: true,
    });
  }

  gaveUp({ number, pair }: Client, mark: KernelMark | null): void {
    this.#closeWait++;
    const { recv_q_bytes } = pair;
    const isRound = this.#closeWait === this.#milestone;
    if (isRound) this.#milestone *= 10;
    const patience = span(this.#p.client_timeout_ms * 1000);
    const isRead = recv_q_bytes === 1;
    const kind = isRead ? 'gave-up-read' : 'gave-up-unread';
    const data = { client: number, recv_q_bytes, close_wait: this.#closeWait };
    const how = isRead
      ? 'Recv-Q 1: a thread has read the request, and *the FIN counts as one byte*.'
      : `Recv-Q ${count(recv_q_bytes)}: *the whole request, unread, and one for the FIN*.`;
    if (this.#isFirst(kind))
      this.#event('clients', 'gave-up', {
        data,
        mark: mark ?? 'tcp_fin:close-wait',
        says: `Client ${count(number)} has waited ${patience} and closes. Its FIN arrives, the kernel acknowledges it, and the connection is in *CLOSE-WAIT* until the server closes. ${how}`,
        beat: true,
      });
    else if (isRound)
      this.#event('clients', 'gave-up', {
        data,
        mark: 'tcp_fin:close-wait',
        says: `Another client gives up. *${count(this.#closeWait)} connections are in CLOSE-WAIT.*`,
        beat: true,
      });
    else this.#count('gave up');
  }

  connectTimedOut({ number }: Client): void {
    if (!this.#isFirst('connect-timed-out')) {
      this.#count('timed out');
      return;
    }
    this.#event('clients', 'connect-timed-out', {
      data: { client: number },
      says: `Client ${count(number)} gives up connecting. It leaves nothing behind at the server.`,
    });
  }

  read(thread: Thread, { ret, woken }: PipeRead): void {
    const read_bytes = ret ?? 0;
    if (woken.length > 0 && this.#p.recovers_at_s > 0 && this.#isFirst('drained'))
      this.#event(thread.name, 'drained', {
        data: { bytes: read_bytes, woken },
        ...READ_WAKES,
        says: `The reader begins to read, and takes ${bytes(read_bytes)}. A slot is free: *the kernel wakes ${woken[0]}*, who waited first.`,
        beat: true,
      });
  }

  sshStopped(swallowed_bytes: number): void {
    this.#event('sshd', 'ssh-stopped', {
      data: { swallowed_bytes },
      says: `The window of the ssh client is used up. *sshd stops reading*, after ${bytes(swallowed_bytes)}. From now on the pipe fills.`,
      beat: true,
    });
  }

  /** The reader has closed its end. @param name of the reader */
  released(_thread: Thread | null, end: 'read' | 'write', woken: readonly string[]): void {
    if (end === 'write' || this.#p.reader === 'none') return;
    const name = this.#p.reader === 'stalled-ssh' ? 'sshd' : 'reader';
    this.#event(name, 'reader-gone', {
      data: { woken },
      mark: 'pipe_release:wake',
      says: `The reader dies. Nobody holds the read end any more${woken.length ? `: *the kernel wakes ${woken.length === 1 ? woken[0] : `all ${woken.length} sleepers`}*` : ''}.`,
      beat: true,
    });
  }

  /** SIGPIPE with its default action: the whole process is gone, and the kernel has closed what it had. */
  died(): void {
    if (!this.#met) return;
    const { thread, hasSlept } = this.#met;
    this.#closeWait = 0;
    this.#event(thread.name, 'signal', {
      data: { signal: 'SIGPIPE' },
      ...whyBroken(hasSlept),
      says: `Nobody holds the read end: the kernel sends *SIGPIPE*, and the whole server is gone, with all its connections.`,
      beat: true,
    });
  }

  /** The end of the watched time. */
  finished(outcome: {
    served: number;
    gave_up: number;
    timed_out: number;
    close_wait: number;
    blocked_workers: number;
    syn_sent_clients: number;
  }): void {
    this.#tellTallies();
    const { served, gave_up, timed_out, close_wait, blocked_workers, syn_sent_clients } = outcome;
    const isForGood = blocked_workers > 0 && this.#p.reader !== 'dies' && this.#p.recovers_at_s === 0;
    const sleepers = this.#p.accepting === 'pool' ? 'worker' : 'thread';
    this.#event('server', 'watch-ends', {
      data: outcome,
      says: `We stop watching after ${span(this.#clock.now_us)}: ${count(served)} clients served, ${count(gave_up)} gave up${timed_out ? `, ${count(timed_out)} gave up connecting` : ''}. *${count(close_wait)} connections are in CLOSE-WAIT*, ${blocked_workers === 1 ? `one ${sleepers} is` : `${blocked_workers} ${sleepers}s are`} asleep in write()${syn_sent_clients ? `, ${count(syn_sent_clients)} clients are in SYN-SENT` : ''}.${isForGood ? ' No timer will wake them.' : ''}`,
      beat: true,
    });
  }

  #count(tally: Tally): void {
    this.#tally.set(tally, (this.#tally.get(tally) ?? 0) + 1);
  }

  #tellTallies(): void {
    const tallies = [...this.#tally];
    if (tallies.length === 0) return;
    this.#tally.clear();
    const from_us = this.#since_us;
    const [, mark] = TALLY_MARKS.find(([tally]) => tallies.some(([name]) => name === tally)) ?? [];
    const parts = tallies.map(([tally, n]) => `${count(n)} ${TALLIES[tally][n === 1 ? 'one' : 'many']}`);
    this.#event('clients', 'meanwhile', {
      data: { ...Object.fromEntries(tallies), from_us },
      ...(mark && { mark }),
      says: `In the last ${span(this.#clock.now_us - from_us)}, clients: ${parts.join(', ')}.`,
    });
  }

  #event(actor: string, kind: PileUpEventKind, telling: Telling): void {
    const { data, says, mark, decision, beat = false } = telling;
    this.#since_us = this.#clock.now_us;
    // All kinds have data of the same form; the compiler gives up on a union of so many.
    this.#recorder.record({ actor, kind, data, says, mark, decision, beat } as Happening, 'last');
  }

  #next(kind: string): number {
    const times = (this.#times.get(kind) ?? 0) + 1;
    this.#times.set(kind, times);
    return times;
  }

  #isFirst(kind: string): boolean {
    return this.#next(kind) === 1;
  }
}

/** A thread at the beginning of a sentence, and within one. */
const named = ({ name }: Thread): string => (name === 'main' ? 'The thread' : capital(name));
