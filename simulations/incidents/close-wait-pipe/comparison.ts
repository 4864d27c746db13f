/**
 * Holds the close-wait-pipe simulation, and the rules for a pipe behind a stopped ssh, to what a kernel did.
 *
 * The lab takes its next step when all that can run has run. So every count must be equal, and no time is
 * compared.
 */
import { type Given, settleParameters } from '../../engine/parameters.ts';
import { Pipe } from '../../kernel/pipe/pipe.ts';
import { PipeUser } from '../../kernel/pipe/user.ts';
import { PipeWrite } from '../../kernel/pipe/write.ts';
import { KERNELS } from '../../kernel/profile.ts';
import { socketCount } from '../../machine/lookups.ts';
import { type Compared, equal } from '../../recording/compared.ts';
import { pipeKernelOf } from '../../reference/pipe-buffer/comparison.ts';
import type { Trace } from '../../trace/trace.ts';
import { CHAN_RBUF_bytes, CHAN_SES_WINDOW_DEFAULT_bytes, SshChannel } from '../../userland/ssh-channel.ts';
import { type CloseWaitPipeOutcome, closeWaitPipe, SERVER_PID } from './simulation.ts';
import { statusOf } from './thread-states.ts';

/** A pile-up at its end: the simulation's outcome, and more that the lab looked at. */
export interface ObservedPileUp extends CloseWaitPipeOutcome {
  /** The server's connections in ESTABLISHED. */
  readonly established: number;
  /** Descriptors of the server; 0 where it is dead. */
  readonly open_fds: number;
  /** Whether the main thread sleeps in write(). */
  readonly main_blocked: boolean;
  /** The kernel function that a blocked thread slept in. */
  readonly wchan: string | null;
}

/** A writer behind sshd and a stopped ssh. */
export interface ObservedSsh {
  readonly openssh: string;
  /** What write() had returned in all when it blocked. */
  readonly accepted_bytes: number;
  /** What waited in the pipe then. */
  readonly pipe_bytes: number;
  /** Send-Q and Recv-Q of the connection, which differ from run to run. Encrypted, so more than was read. */
  readonly socket_queues_bytes: { readonly sshd_send_q: number; readonly ssh_recv_q: number };
  readonly wchan: string | null;
  /** The processes that held the read end. */
  readonly readers: readonly string[];
  /** Whether the writer went on when ssh did, and blocked again when it was stopped again. */
  readonly resumed: boolean;
  readonly blocked_again: boolean;
  /** What write() gave when sshd was killed, and whether that was at once. */
  readonly killed_sshd_errno: string | null;
  readonly killed_sshd_at_once: boolean;
}

/** A writer of lines of a page, and who is seen at the ends of its pipe. */
export interface ObservedHolder {
  readonly visible_readers: readonly string[];
  readonly visible_writers: readonly string[];
  readonly blocked: boolean;
  readonly accepted_bytes: number;
  readonly errno: string | null;
  readonly wchan: string | null;
  /** Whether a blocked writer went on while somebody read its pipe through /proc, and blocked again afterwards. */
  readonly rescued?: boolean;
  readonly blocked_again?: boolean;
  /** Readers that are seen from the parent's PID namespace. */
  readonly readers_outside?: readonly string[];
}

/** A connection behind TLS whose server has read the request and does no more, after its client has gone. */
export interface ObservedTls {
  readonly cipher: string;
  /** Bytes of the request, as the program read them. */
  readonly read_bytes: number;
  readonly recv_q_bytes: number;
}

interface Case<Experiment extends string, Observed> {
  readonly name: string;
  readonly experiment: Experiment;
  readonly parameters: Given;
  readonly observed?: Observed;
  readonly skipped?: string;
}

export type CloseWaitCase =
  | Case<'pile-up', ObservedPileUp>
  | Case<'ssh', ObservedSsh>
  | Case<'holders', ObservedHolder>
  | Case<'tls', ObservedTls>;

/**
 * A close_notify as a record, with AES-GCM: the record's header and the alert, and beside them with TLS 1.2 the nonce
 * (RFC 5288, 3), with TLS 1.3 the content's type (RFC 8446, 5.2); then the tag.
 */
const CLOSE_NOTIFY_bytes: Readonly<Record<string, number>> = {
  'TLSv1.2': 5 + 8 + 2 + 16,
  'TLSv1.3': 5 + 2 + 1 + 16,
};

/** The FIN, which counts as one byte in Recv-Q. */
const FIN_bytes = 1;

/** The lines of the `holders` experiment. */
const HOLDER_LINE_bytes = 4096;

/** Runs the simulation with a case's parameters. @throws Error when one of them is unsound */
export function simulate(
  recorded: Pick<CloseWaitCase, 'name' | 'parameters'>,
  kernel: string,
): Trace<CloseWaitPipeOutcome> {
  const given = { kernel: pipeKernelOf(kernel), ...recorded.parameters };
  const { values, problems } = settleParameters(closeWaitPipe.parameters, given);
  if (problems[0]) throw new Error(`${recorded.name}: ${problems[0].message}`);
  return closeWaitPipe.run(values);
}

/** Recv-Q → how many, as text in the order of Recv-Q. */
const queues = (recv_q_bytes: Readonly<Record<string, number>>): string =>
  Object.entries(recv_q_bytes)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([bytes, count]) => `${count} × ${bytes}`)
    .join(', ');

function comparePileUp(
  recorded: Case<'pile-up', ObservedPileUp>,
  observed: ObservedPileUp,
  kernel: string,
): Compared[] {
  const { outcome, events, worldAt } = simulate(recorded, kernel);
  const { server } = worldAt(events.length).machines;
  const process = server?.processes.get(SERVER_PID);
  const main = process?.threads.get(SERVER_PID);
  const established = socketCount(server?.census ?? [], 'ESTABLISHED');
  return [
    equal('served', outcome.served, observed.served),
    equal('blocked workers', outcome.blocked_workers, observed.blocked_workers),
    equal('CLOSE-WAIT', outcome.close_wait, observed.close_wait),
    equal('Recv-Q of CLOSE-WAIT', queues(outcome.recv_q_bytes), queues(observed.recv_q_bytes)),
    equal('accept queue', outcome.accept_queue, observed.accept_queue),
    equal('SYN-SENT', outcome.syn_sent_clients, observed.syn_sent_clients),
    equal('accept()', outcome.accept_errno, observed.accept_errno),
    equal('ended by', outcome.ended_by, observed.ended_by),
    equal('ESTABLISHED', established, observed.established),
    equal('descriptors', process?.open_fds ?? null, observed.open_fds),
    equal(
      'main thread',
      String(main !== undefined && statusOf(main) === 'asleep in write()'),
      String(observed.main_blocked),
    ),
    ...sleepsIn(observed.wchan, kernel),
  ];
}

const sleepsIn = (wchan: string | null, kernel: string): Compared[] =>
  wchan ? [equal('sleeps in', KERNELS[pipeKernelOf(kernel)].pipe_write_wchan, wchan)] : [];

/** What write() takes in all before it blocks, and what is then in the pipe. */
interface Swallowed {
  readonly accepted_bytes: number;
  readonly pipe_bytes: number;
}

/** Lines into a pipe, each when sshd has read the one before, until sshd reads no more and the pipe is full. */
function behindSsh(log_bytes: number, kernel: string): Swallowed {
  const channel = new SshChannel(CHAN_SES_WINDOW_DEFAULT_bytes, 0);
  const pipe = new Pipe(new PipeUser(), KERNELS[pipeKernelOf(kernel)]);
  return fill(pipe, log_bytes, () => {
    while (channel.reads) {
      const { ret } = pipe.read(CHAN_RBUF_bytes);
      if (ret === null) break;
      channel.read(ret);
    }
  });
}

/** Lines into a pipe, until one does not fit. @param read what the reader does after each */
function fill(pipe: Pipe, log_bytes: number, read: () => void): Swallowed {
  for (let accepted_bytes = 0; ; accepted_bytes += log_bytes) {
    if (new PipeWrite(pipe, log_bytes, true).run().end === 'full')
      return { accepted_bytes, pipe_bytes: pipe.ring.held_bytes };
    read();
  }
}

function compareSsh(
  { parameters }: Case<'ssh', ObservedSsh>,
  observed: ObservedSsh,
  kernel: string,
): Compared[] {
  const { accepted_bytes, pipe_bytes } = behindSsh(Number(parameters.log_bytes), kernel);
  return [
    equal('accepted', accepted_bytes, observed.accepted_bytes),
    equal('in the pipe', pipe_bytes, observed.pipe_bytes),
    equal('goes on with ssh', 'true', String(observed.resumed)),
    equal('sshd is killed', 'EPIPE', observed.killed_sshd_errno),
    equal('at once', 'true', String(observed.killed_sshd_at_once)),
    ...sleepsIn(observed.wchan, kernel),
  ];
}

function compareHolder(
  { parameters }: Case<'holders', ObservedHolder>,
  observed: ObservedHolder,
  kernel: string,
): Compared[] {
  const pipe = new Pipe(new PipeUser(), KERNELS[pipeKernelOf(kernel)]);
  const isHeld = parameters.holder !== 'none';
  if (!isHeld) pipe.release('read');
  const { end } = new PipeWrite(pipe, HOLDER_LINE_bytes, true).run();
  const empty = new Pipe(new PipeUser(), KERNELS[pipeKernelOf(kernel)]);
  const swallowed =
    parameters.holder === 'sshd'
      ? behindSsh(HOLDER_LINE_bytes, kernel)
      : fill(empty, HOLDER_LINE_bytes, () => {});
  return [
    equal('errno', end === 'broken' ? 'EPIPE' : null, observed.errno),
    equal('blocked', String(isHeld), String(observed.blocked)),
    equal('accepted', isHeld ? swallowed.accepted_bytes : 0, observed.accepted_bytes),
    ...(isHeld ? [equal('goes on while cat reads', 'true', String(observed.rescued))] : []),
    ...(isHeld ? [equal('blocks again after it', 'true', String(observed.blocked_again))] : []),
    ...sleepsIn(observed.wchan, kernel),
  ];
}

function compareTls({ parameters }: Case<'tls', ObservedTls>, observed: ObservedTls): Compared[] {
  const notify_bytes = CLOSE_NOTIFY_bytes[String(parameters.tls)] ?? 0;
  return [equal('Recv-Q', notify_bytes + FIN_bytes, observed.recv_q_bytes)];
}

/** Every figure of a case beside the simulation's; none when it was not recorded. @param kernel Linux version */
export function compare(recorded: CloseWaitCase, kernel: string): Compared[] {
  if (!recorded.observed) return [];
  switch (recorded.experiment) {
    case 'pile-up':
      return comparePileUp(recorded, recorded.observed, kernel);
    case 'ssh':
      return compareSsh(recorded, recorded.observed, kernel);
    case 'holders':
      return compareHolder(recorded, recorded.observed, kernel);
    case 'tls':
      return compareTls(recorded, recorded.observed);
  }
}
