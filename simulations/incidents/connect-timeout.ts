/**
 * A worker calls connect() to a peer that never answers, and does not get back in time to answer
 * its supervisor's heartbeat.
 *
 * Times are ideal: timers fire when due. A real kernel is late by up to a timer-wheel step, never early.
 */
import { createActor, setup } from 'xstate';
import { VirtualClock } from '../engine/clock.ts';
import { duration } from '../engine/duration.ts';
import { Process, type Program } from '../engine/process.ts';
import { Random } from '../engine/random.ts';
import type { Simulation } from '../engine/simulation.ts';
import { Recorder, type Trace } from '../engine/trace.ts';
import { Host } from '../kernel/host.ts';
import { Syscalls, sys } from '../kernel/syscalls.ts';
import { Link, type Rule } from '../network/link.ts';
import type { Endpoint } from '../network/packet.ts';
import { dropSyns, reject } from '../network/rules.ts';
import {
  type ConnectTimeoutParameters,
  kernelOf,
  parameters,
  presets,
} from './connect-timeout/parameters.ts';

export interface ConnectTimeoutOutcome {
  readonly syn_times_ms: readonly number[];
  readonly errno: string | null;
  readonly returned_at_ms: number | null;
  readonly killed_at_ms: number | null;
}

const CLIENT = '192.0.2.1';
const SERVER: Endpoint = { address: '192.0.2.2', port: 10086 };

/** What the worker's code knows when it is done. */
interface Attempt {
  errno: string | null;
  returned_at_us: number | null;
}

/** The worker: one connection with whatever bounds were asked for, given up as programs do. */
function* worker(p: ConnectTimeoutParameters, clock: VirtualClock, attempt: Attempt): Program {
  const fd = (yield* sys.socket({ nonblocking: p.nonblocking })).value;
  if (p.so_sndtimeo_ms) yield* sys.setsockopt(fd, 'SO_SNDTIMEO', p.so_sndtimeo_ms);
  if (p.tcp_user_timeout_ms) yield* sys.setsockopt(fd, 'TCP_USER_TIMEOUT', p.tcp_user_timeout_ms);
  if (p.tcp_syncnt) yield* sys.setsockopt(fd, 'TCP_SYNCNT', p.tcp_syncnt);
  for (let call = 1; call <= p.connects; call++) {
    let { errno } = yield* sys.connect(fd, SERVER);
    if (p.nonblocking && (errno === 'EINPROGRESS' || errno === 'EALREADY')) {
      const ready = yield* sys.poll(fd, p.poll_timeout_ms);
      if (ready.value > 0) errno = ((yield* sys.getError(fd)).out?.error ?? null) as string | null;
    }
    attempt.errno = errno;
    attempt.returned_at_us = clock.now_us;
    if (errno !== 'EINPROGRESS' && errno !== 'EALREADY') break;
  }
  if (attempt.errno) yield* sys.close(fd);
}

/** Waits for the answer to one heartbeat, and kills when it does not come. */
export const supervisorMachine = setup({
  types: {
    context: {} as { patience_ms: number; kill: () => void },
    input: {} as { patience_ms: number; kill: () => void },
    events: {} as { type: 'answer' },
  },
  delays: { patience: ({ context }) => context.patience_ms },
  actions: { kill: ({ context }) => context.kill() },
}).createMachine({
  id: 'supervisor',
  context: ({ input }) => input,
  initial: 'waiting',
  states: {
    waiting: { on: { answer: 'answered' }, after: { patience: { target: 'killed', actions: 'kill' } } },
    answered: {},
    killed: {},
  },
});

/** The network's faults that make this kind of peer. */
function rulesFor({ peer, lose_first }: ConnectTimeoutParameters): Rule[] {
  if (peer === 'drops')
    return [dropSyns('server', Number.POSITIVE_INFINITY, 'something on the way drops it without a word')];
  const rules = lose_first ? [dropSyns('server', lose_first, 'the network loses it')] : [];
  if (peer === 'rejects-port') rules.push(reject('server', 'port', 'A firewall'));
  if (peer === 'rejects-host') rules.push(reject('server', 'host', 'A router'));
  if (peer === 'rejects-net') rules.push(reject('server', 'net', 'A router'));
  return rules;
}

function run(p: ConnectTimeoutParameters): Trace<ConnectTimeoutOutcome> {
  const clock = new VirtualClock();
  const random = new Random(p.seed);
  const patience_us = p.heartbeat_s * 1e6;
  const attempt: Attempt = { errno: null, returned_at_us: null };
  let killed_at_us: number | null = null;

  const recorder = new Recorder(clock, ({ at_us, kind }) =>
    patience_us && attempt.returned_at_us === null && killed_at_us === null && kind === 'timer-set'
      ? `The supervisor has ${duration(patience_us - at_us)} of patience left.`
      : '',
  );
  const host = (name: string, address: string) =>
    new Host({ name, address, kernel: kernelOf(p), sysctl: p, clock, recorder, random });
  const client = host('client', CLIENT);
  const server = host('server', SERVER.address);
  const link = new Link({
    ends: [client, server],
    rtt_us: p.rtt_ms * 1000,
    rules: rulesFor(p),
    clock,
    recorder,
    random,
  });
  client.plug(link);
  server.plug(link);
  if (p.peer === 'listens') server.socket(SERVER.port).listen();
  if (p.peer === 'absent') client.loseNeighbour(SERVER.address);

  const kernel = new Syscalls(client);
  const process: Process = new Process({
    name: 'worker',
    pid: 2001,
    program: worker(p, clock, attempt),
    kernel: kernel.run,
    clock,
    witness: {
      called: (...call) => kernel.called(...call),
      returned: (...answer) => kernel.returned(...answer),
      ended: (...end) => {
        kernel.ended(...end);
        if (end[1] === 'exited') answerHeartbeat();
      },
    },
  });
  const supervisor = createActor(supervisorMachine, {
    clock,
    input: {
      patience_ms: p.heartbeat_s * 1000,
      kill: () => {
        killed_at_us = clock.now_us;
        recorder.record({
          actor: 'supervisor',
          kind: 'heartbeat-missed',
          data: { pid: process.pid, waited_s: p.heartbeat_s },
          says: `The heartbeat has had no answer for ${p.heartbeat_s} s. *The supervisor kills the worker*, who is still asleep in ${process.blockedIn?.name}().`,
          beat: true,
          state: { supervisor: { status: 'killed' } },
        });
        process.kill();
      },
    },
  });

  function answerHeartbeat(): void {
    if (!patience_us) return;
    supervisor.send({ type: 'answer' });
    recorder.record({
      actor: 'supervisor',
      kind: 'heartbeat-answered',
      data: { after_ms: clock.now_us / 1000 },
      says: `The worker is back and answers the heartbeat after ${duration(clock.now_us)}: *it lives*.`,
      beat: true,
      state: { supervisor: { status: 'answered' } },
    });
  }

  if (patience_us) {
    recorder.introduce('supervisor', { status: 'waiting', due_us: patience_us });
    recorder.record({
      actor: 'supervisor',
      kind: 'heartbeat-sent',
      data: { patience_s: p.heartbeat_s },
      says: `The supervisor asks the worker for a sign of life and will wait ${p.heartbeat_s} s.`,
    });
    supervisor.start();
  }
  process.start();
  clock.drain();

  const ms = (us: number | null) => (us === null ? null : us / 1000);
  const killed = killed_at_us !== null;
  return recorder.finish(
    'connect-timeout',
    { ...p },
    {
      syn_times_ms: recorder.events
        .filter(
          ({ kind, actor, data }) => kind === 'packet-sent' && actor === 'client' && data.packet === 'SYN',
        )
        .map(({ at_us }) => at_us / 1000),
      errno: killed ? null : attempt.errno,
      returned_at_ms: killed ? null : ms(attempt.returned_at_us),
      killed_at_ms: ms(killed_at_us),
    },
  );
}

export const connectTimeout: Simulation<typeof parameters, ConnectTimeoutOutcome> = {
  name: 'connect-timeout',
  title: 'A blocking connect() to a peer that never answers, and a supervisor that will not wait',
  parameters,
  outcome: {
    syn_times_ms: 'when each SYN went onto the wire (ms)',
    errno:
      'the error that the worker ends with, or null when it is connected or was killed; EINPROGRESS, from the second connect() on EALREADY, when SO_SNDTIMEO or poll() ran out of time',
    returned_at_ms: 'when the last blocking call returned (ms); null when the worker was killed',
    killed_at_ms: 'when the supervisor killed the worker (ms), or null',
  },
  presets,
  run,
};
