/** Plays a random session and holds it to what must hold of any. */
import { VirtualClock } from '#simulations/engine/clock.ts';
import { Random } from '#simulations/engine/random.ts';
import type { Reasoned } from '#simulations/kernel/answer.ts';
import { TcpSocket } from '#simulations/kernel/tcp/socket.ts';
import { transitions } from '#simulations/kernel/tcp/transitions.ts';
import { sys } from '#simulations/machine/calls.ts';
import { Machine } from '#simulations/machine/machine.ts';
import { CallNarrator } from '#simulations/machine/narrator.ts';
import type { Process } from '#simulations/machine/process.ts';
import type { Program, SystemCall } from '#simulations/machine/program.ts';
import type { Thread } from '#simulations/machine/thread.ts';
import { Link } from '#simulations/network/link.ts';
import { duplicate, lose, reorder } from '#simulations/network/rules.ts';
import { Recorder } from '#simulations/trace/recorder.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { Ledger, type SocketLedger, Violation, Watched } from './ledger.ts';
import type { Client, Session, Step } from './session.ts';

/** When programs that still run are killed: after many waits of 120 s, to which a lost ACK can raise the RTO. */
const PATIENCE_us = 50_000e6;
const MOST_DEADLINES = 300_000;
const SERVER = { address: '192.0.2.2', port: 80 };

const LEGAL = new Set(transitions.map(({ from, to }) => `${from} ${to}`));

/** One step of a program. @returns whether the connection can go on */
function* take(fd: number, step: Step): Program<boolean> {
  switch (step.do) {
    case 'write':
      return (yield* sys.write(fd, step.bytes)).errno === null;
    case 'send more':
      return (yield* sys.sendMore(fd, step.bytes)).errno === null;
    case 'writev':
      return (yield* sys.writev(fd, step.buffers)).errno === null;
    case 'read':
      return (yield* sys.read(fd, step.bytes)).value > 0;
    case 'read all':
      for (;;) if ((yield* sys.read(fd, step.bytes)).value <= 0) return true;
    case 'shutdown':
      yield* sys.shutdown(fd, step.how);
      return true;
    case 'set':
      yield* sys.setsockopt(fd, step.option, step.value);
      return true;
    case 'sleep':
      yield* sys.nanosleep(step.ms);
      return true;
  }
}

function* converse(fd: number, steps: readonly Step[]): Program {
  // A step that fails does not end the conversation: the next calls must be told too.
  for (const step of steps) yield* take(fd, step);
  yield* sys.close(fd);
}

function* clientProgram({ starts_at_ms, connections }: Client): Program {
  yield* sys.nanosleep(starts_at_ms);
  for (const steps of connections) {
    const fd = (yield* sys.socket()).value;
    yield* sys.connect(fd, SERVER);
    yield* converse(fd, steps);
  }
}

function* serverProgram({ listens_at_ms, backlog, accepts, answers }: Session): Program {
  yield* sys.nanosleep(listens_at_ms);
  const listener = (yield* sys.socket()).value;
  yield* sys.bind(listener, SERVER.port);
  yield* sys.listen(listener, backlog);
  for (let i = 0; i < accepts; i++) {
    const { value: fd } = yield* sys.accept(listener);
    yield* converse(fd, answers[i % answers.length] ?? []);
  }
  yield* sys.close(listener);
}

/** The calls of one process, and what they must answer. */
class Caller extends CallNarrator {
  readonly #end: Watched;
  readonly #sockets = new Map<
    number,
    { ledger: SocketLedger; wasTold: boolean; isShut: boolean; read_bytes: number }
  >();
  process!: Process;

  constructor(end: Watched, recorder: Recorder) {
    super(recorder, end.machine.name);
    this.#end = end;
  }

  /** The socket that a process sleeps on. */
  asleepOn(call: SystemCall): SocketLedger | undefined {
    return this.#sockets.get(Number(call.args.fd))?.ledger;
  }

  override called(thread: Thread, call: SystemCall): void {
    super.called(thread, call);
    const socket = this.#sockets.get(Number(call.args.fd));
    if (call.name === 'shutdown' && call.args.how !== 'SHUT_WR' && socket) socket.isShut = true;
  }

  override returned(thread: Thread, call: SystemCall, answer: Reasoned, blocked_us: number): void {
    super.returned(thread, call, answer, blocked_us);
    if ((call.name === 'socket' || call.name === 'accept') && answer.errno === null) this.#open(answer.value);
    const socket = this.#sockets.get(Number(call.args.fd));
    if (!socket) return;
    if (answer.errno) socket.wasTold = true;
    if (call.name === 'close') this.#sockets.delete(Number(call.args.fd));
    if (call.name !== 'read' || answer.errno) return;
    socket.read_bytes += answer.value;
    const { ledger, wasTold, isShut, read_bytes } = socket;
    const { violated } = this.#end.ledger;
    if (read_bytes !== ledger.read_bytes) violated('read() gives other bytes than the socket');
    if (answer.value > 0 || wasTold || isShut) return;
    const written = ledger.in?.accepted_bytes;
    if (!ledger.in?.hasFinArrived) violated('read() says 0, and no FIN has arrived');
    else if (read_bytes !== written)
      violated(`read() says 0 after ${read_bytes} bytes, and the peer has written ${written}`);
  }

  #open(fd: number): void {
    const file = this.process.files.get(fd)?.file;
    if (!(file instanceof TcpSocket)) throw new Error(`descriptor ${fd} is no socket`);
    this.#sockets.set(fd, { ledger: this.#end.of(file.sk), wasTold: false, isShut: false, read_bytes: 0 });
  }
}

/** A process with its one thread, and where it runs. */
interface Running {
  readonly process: Process;
  readonly thread: Thread;
  readonly caller: Caller;
  readonly end: Watched;
}

export interface Played {
  readonly trace: Trace<null>;
  /** Every change of state that occurred: `from to`. */
  readonly changes: ReadonlySet<string>;
  readonly packets: number;
}

/** @throws Violation when a rule is broken */
export function play(session: Session): Played {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const random = new Random(session.seed);
  const ledger = new Ledger();
  const { lost, late, late_us, twice, twice_us } = session.network;
  const end = (name: 'client' | 'server', address: string) => {
    const { mss_bytes, tcp_pingpong_thresh, rcvbuf_bytes } = session[name];
    const sysctl = { tcp_pingpong_thresh, rcvbuf_bytes };
    return new Watched(
      new Machine({ name, addresses: [address], sysctl, clock, recorder, random, mss_bytes }),
      ledger,
    );
  };
  const client = end('client', '192.0.2.1');
  const server = end('server', SERVER.address);
  const link = new Link({
    ends: [client.machine.stack, server.machine.stack],
    rtt_us: session.rtt_us,
    rules: [lose(lost), reorder(late, late_us), duplicate(twice, twice_us)],
    clock,
    recorder,
    random,
  });
  for (const { machine } of [client, server]) machine.stack.plug(link);
  const run: Running[] = [];
  const start = (name: string, end: Watched, program: Program, killed_at_ms: number | null) => {
    const caller = new Caller(end, recorder);
    const process = end.machine.spawn({ pid: 1000 + run.length, comm: name, narrator: caller });
    caller.process = process;
    const thread = process.thread(name, program);
    run.push({ process, thread, caller, end });
    if (killed_at_ms !== null) clock.after(killed_at_ms * 1000, () => process.kill());
    thread.start();
  };
  start('server process', server, serverProgram(session), session.server_killed_at_ms);
  for (const [i, each] of session.clients.entries())
    start(`client process ${i + 1}`, client, clientProgram(each), each.killed_at_ms);

  let deadlines = 0;
  let isQuiet = false;
  while (clock.now_us < PATIENCE_us && !isQuiet && !ledger.problem) {
    isQuiet = !clock.step();
    if (++deadlines > MOST_DEADLINES) throw new Violation('the run does not end');
  }
  if (ledger.problem) throw new Violation(ledger.problem);
  if (isQuiet) {
    for (const each of run) isNotForgotten(each);
    for (const socket of ledger.sockets) isNotStuck(socket);
  }
  for (const { process } of run) process.kill();
  try {
    clock.drain(MOST_DEADLINES);
  } catch (error) {
    throw error instanceof RangeError
      ? new Violation('the run does not end after all processes are killed')
      : error;
  }
  if (ledger.problem) throw new Violation(ledger.problem);
  for (const { process } of run)
    if (process.status !== 'exited' && process.status !== 'killed')
      throw new Violation(`a process is ${process.status}`);
  for (const { isGone, sk } of ledger.sockets)
    if (!isGone)
      throw new Violation(`a socket is left in ${sk.sk_state}, ${sk.isOrphan ? 'an orphan' : 'held'}`);
  const { changes, packets } = reads(recorder);
  return { trace: recorder.finish('session', {}, null), changes, packets };
}

/** Nothing more will happen: whoever sleeps has nothing to wake for. */
function isNotForgotten({ thread, caller, end }: Running): void {
  const call = thread.blockedIn;
  if (!call) return;
  const socket = caller.asleepOn(call);
  if (!socket) throw new Violation(`${thread.name} sleeps in ${call.name}() for ever`);
  const { sk } = socket;
  const where = `${end.machine.name}: ${call.name}() sleeps for ever in ${sk.sk_state}`;
  if (call.name !== 'accept' && sk.sk_state === 'CLOSE') throw new Violation(where);
  if (call.name === 'read' && socket.in && socket.in.arrived_bytes > socket.read_bytes)
    throw new Violation(`${where}, and ${socket.in.arrived_bytes - socket.read_bytes} bytes have arrived`);
  if (call.name === 'read' && socket.in?.hasFinArrived)
    throw new Violation(`${where}, and the FIN has arrived`);
  if (
    call.name === 'write' ||
    call.name === 'writev' ||
    call.name === 'send' ||
    call.name === 'connect' ||
    call.name === 'close'
  )
    throw new Violation(where);
}

/** Nothing more will happen: what was written has arrived, or the connection has ended. */
function isNotStuck({ sk, out, isGone }: SocketLedger): void {
  if (isGone || !out || sk.sk_state === 'CLOSE') return;
  if (out.arrived_bytes < out.accepted_bytes)
    throw new Violation(
      `${sk.sk_state}: ${out.accepted_bytes} bytes were written, ${out.arrived_bytes} have arrived, and nothing goes on`,
    );
  if (['SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'].includes(sk.sk_state))
    throw new Violation(`a socket stays in ${sk.sk_state} for ever`);
}

/** What the events themselves must keep. */
function reads({ events }: Recorder): { changes: Set<string>; packets: number } {
  const changes = new Set<string>();
  let before_us = 0;
  let packets = 0;
  for (const event of events) {
    const { kind, at_us, index } = event;
    if (!Number.isInteger(at_us) || at_us < before_us) throw new Violation(`event ${index} at ${at_us}`);
    before_us = at_us;
    if (kind === 'packet-sent') packets++;
    if (event.kind !== 'state-changed') continue;
    const { from, to } = event.data;
    const change = `${from} ${to}`;
    if (!LEGAL.has(change)) throw new Violation(`event ${index}: ${from} → ${to} is no transition`);
    changes.add(change);
  }
  return { changes, packets };
}
