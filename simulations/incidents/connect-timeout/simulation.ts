/**
 * A worker calls connect() to a peer that never answers, and does not get back in time to answer
 * its supervisor's heartbeat.
 *
 * Times are ideal: timers fire when due. A real kernel is late by up to a timer-wheel step, never early.
 */
import { setup } from 'xstate';
import { Chart } from '../../engine/chart.ts';
import type { VirtualClock } from '../../engine/clock.ts';
import { duration } from '../../engine/duration.ts';
import { AcceptQueue } from '../../kernel/accept-queue.ts';
import type { KernelVersion } from '../../kernel/profile.ts';
import { TcpSock } from '../../kernel/tcp/sock.ts';
import { sys } from '../../machine/calls.ts';
import type { Machine } from '../../machine/machine.ts';
import { CallNarrator } from '../../machine/narrator.ts';
import type { Program } from '../../machine/program.ts';
import { type Interventions, Run, type Slices } from '../../machine/run.ts';
import type { Rule } from '../../network/link.ts';
import type { Endpoint, Family } from '../../network/packet.ts';
import { dropSyns, reject, resetAll } from '../../network/rules.ts';
import { simulationOf } from '../../simulation.ts';
import type { KernelMark } from '../../trace/mark.ts';
import type { Trace } from '../../trace/trace.ts';
import './events.ts';
import { type ConnectTimeoutOutcome, verdictOf } from './outcome.ts';
import { type ConnectTimeoutParameters, FIRST_AID_RETRIES, parameters, presets } from './parameters.ts';
import { sectionsOf } from './sections.ts';

export type { ConnectTimeoutOutcome } from './outcome.ts';

/** What the supervisor knows: absent where there is none. */
export interface ConnectTimeoutPrograms {
  readonly supervisor?: {
    readonly status: 'waiting' | 'answered' | 'killed';
    readonly due_us: number;
  };
}

export const WORKER_PID = 2001;

const PORT = 10086;
/** RFC 5737, RFC 3849: addresses for documentation. */
const ADDRESSES = {
  inet: { client: '192.0.2.1', server: '192.0.2.2' },
  inet6: { client: '2001:db8::1', server: '2001:db8::2' },
} as const;

/** What the worker's code knows when it is done. */
interface Attempt {
  errno: string | null;
  returned_at_us: number | null;
}

/** Where the worker connects to. */
const serverOf = ({ family }: Pick<ConnectTimeoutParameters, 'family'>): Endpoint => ({
  address: ADDRESSES[family as Family].server,
  port: PORT,
});

/** The worker: one connection with whatever bounds were asked for, given up as programs do. @param back it is done */
function* worker(p: ConnectTimeoutParameters, clock: VirtualClock, attempt: Attempt): Program {
  const fd = (yield* sys.socket({ nonblocking: p.nonblocking, family: p.family as Family })).value;
  if (p.so_sndtimeo_ms) yield* sys.setsockopt(fd, 'SO_SNDTIMEO', p.so_sndtimeo_ms);
  if (p.tcp_user_timeout_ms) yield* sys.setsockopt(fd, 'TCP_USER_TIMEOUT', p.tcp_user_timeout_ms);
  if (p.tcp_syncnt) yield* sys.setsockopt(fd, 'TCP_SYNCNT', p.tcp_syncnt);
  for (let call = 1; call <= p.connects; call++) {
    let { errno } = yield* sys.connect(fd, serverOf(p));
    if (p.nonblocking && (errno === 'EINPROGRESS' || errno === 'EALREADY')) {
      const ready = yield* sys.poll([{ fd, events: ['POLLOUT'] }], p.poll_timeout_ms);
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
    events: {} as { type: 'ask' | 'answer' },
  },
  delays: { patience: ({ context }) => context.patience_ms },
  actions: { kill: ({ context }) => context.kill() },
}).createMachine({
  id: 'supervisor',
  context: ({ input }) => input,
  initial: 'idle',
  states: {
    idle: { on: { ask: 'waiting' } },
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
  if (peer === 'rejects-reset') rules.push(resetAll('server', 'A firewall on the way'));
  if (peer === 'rejects-port') rules.push(reject('server', 'port', 'A firewall'));
  if (peer === 'rejects-admin') rules.push(reject('server', 'admin-prohibited', 'A firewall'));
  if (peer === 'rejects-host') rules.push(reject('server', 'host', 'A router'));
  if (peer === 'rejects-net') rules.push(reject('server', 'net', 'A router'));
  return rules;
}

/** What root does on the client, and why it helps. */
function giveFirstAid(
  { recorder }: Run,
  client: Machine,
  { first_aid, family }: ConnectTimeoutParameters,
): void {
  const { address } = serverOf({ family });
  const tell = (command: string, says: string, rest: { killed?: number } = {}, mark?: KernelMark) =>
    recorder.record({
      actor: 'root',
      kind: 'first-aid',
      data: { command, ...rest },
      says,
      ...(mark && { mark }),
      beat: true,
    });
  if (first_aid === 'sysctl') {
    const command = `sysctl -w net.ipv4.tcp_syn_retries=${FIRST_AID_RETRIES}`;
    tell(command, `Root lowers the sysctl: \`${command}\`. *The timer will read it when it fires next.*`);
    client.setSysctl('tcp_syn_retries', FIRST_AID_RETRIES);
  } else if (first_aid === 'route-unreachable') {
    const command = `ip route add unreachable ${address}`;
    tell(command, `Root takes the way to the peer away: \`${command}\`.`);
    client.stack.addUnreachableRoute(address);
  } else {
    const command = `ss -tK state syn-sent dst '[${address}]'`;
    const isMeant = ({ sk_state, remote }: TcpSock) => sk_state === 'SYN_SENT' && remote.address === address;
    const meant = client.stack.connections(isMeant);
    tell(
      command,
      meant.length > 0
        ? `Root destroys the socket: \`${command}\`. The worker keeps the descriptor, and nothing behind it.`
        : `Root would destroy the socket: \`${command}\`. *No socket is in SYN-SENT now*, so nothing happens.`,
      { killed: meant.length },
      'tcp_diag_destroy:destroy',
    );
    for (const sock of meant) sock.abort();
  }
}

function* start(
  p: ConnectTimeoutParameters,
  actions?: Interventions,
): Slices<Trace<ConnectTimeoutOutcome, ConnectTimeoutPrograms>> {
  const patience_us = p.heartbeat_s * 1e6;
  const attempt: Attempt = { errno: null, returned_at_us: null };
  let killed_at_us: number | null = null;

  const run = new Run({
    actions,
    seed: p.seed,
    aside: ({ at_us, kind }) =>
      patience_us && attempt.returned_at_us === null && killed_at_us === null && kind === 'timer-set'
        ? `The supervisor has ${duration(patience_us - at_us)} of patience left.`
        : '',
  });
  const { clock, recorder } = run;
  const { tcp_syn_retries, tcp_syn_linear_timeouts } = p;
  const machine = (name: string, address: string) =>
    run.machine({
      name,
      addresses: [address],
      kernel: p.kernel as KernelVersion,
      sysctl: { tcp_syn_retries, tcp_syn_linear_timeouts },
    });
  const remote = serverOf(p);
  const client = machine('client', ADDRESSES[p.family as Family].client);
  const server = machine('server', remote.address);
  run.join([client, server], p.rtt_ms * 1000, rulesFor(p));
  if (p.peer === 'listens') {
    const listener = new TcpSock(server.stack);
    server.stack.bind(listener, remote);
    listener.listen(new AcceptQueue(4096, server.sysctl.somaxconn));
  }
  if (p.peer === 'absent') client.stack.loseNeighbour(remote.address);

  const narrator = new CallNarrator(recorder, client.name);
  const process = client.spawn({
    pid: WORKER_PID,
    comm: 'worker',
    narrator: {
      called: (...call) => narrator.called(...call),
      slept: (...sleep) => narrator.slept(...sleep),
      returned: (...answer) => narrator.returned(...answer),
      ended: (...end) => {
        narrator.ended(...end);
        if (end[1] === 'exited') answerHeartbeat();
      },
    },
  });
  const thread = process.thread('worker', worker(p, clock, attempt));
  const supervisor = new Chart(
    supervisorMachine,
    {
      patience_ms: p.heartbeat_s * 1000,
      kill: () => {
        killed_at_us = clock.now_us;
        recorder.record({
          actor: 'supervisor',
          kind: 'heartbeat-missed',
          data: { pid: process.pid, waited_s: p.heartbeat_s },
          says: `The heartbeat has had no answer for ${p.heartbeat_s} s. *The supervisor kills the worker*, who is still asleep in ${thread.blockedIn?.name}().`,
          beat: true,
        });
        cell?.touch();
        process.kill();
      },
    },
    clock,
  );

  function answerHeartbeat(): void {
    if (!patience_us) return;
    supervisor.send('answer');
    recorder.record({
      actor: 'supervisor',
      kind: 'heartbeat-answered',
      data: { after_ms: clock.now_us / 1000 },
      says: `The worker is back and answers the heartbeat after ${duration(clock.now_us)}: *it lives*.`,
      beat: true,
    });
    cell?.touch();
  }

  const cell = patience_us
    ? recorder.program('supervisor', {
        state: () => ({
          status: supervisor.state() as 'waiting' | 'answered' | 'killed',
          due_us: patience_us,
        }),
      })
    : null;
  if (patience_us) {
    recorder.record({
      actor: 'supervisor',
      kind: 'heartbeat-sent',
      data: { patience_s: p.heartbeat_s },
      says: `The supervisor asks the worker for a sign of life and will wait ${p.heartbeat_s} s.`,
    });
    supervisor.send('ask');
  }
  if (p.first_aid !== 'none') {
    if (p.first_aid_at_ms > 0) clock.after(p.first_aid_at_ms * 1000, () => giveFirstAid(run, client, p));
    else giveFirstAid(run, client, p);
  }
  thread.start();
  yield* run.drain();

  const ms = (us: number | null) => (us === null ? null : us / 1000);
  const killed = killed_at_us !== null;
  const syn_times_ms = recorder.events.flatMap((event) =>
    event.kind === 'packet-sent' && event.actor === 'client' && event.data.packet === 'SYN'
      ? [event.at_us / 1000]
      : [],
  );
  recorder.divide(sectionsOf(recorder.events));
  const outcome: ConnectTimeoutOutcome = {
    syn_times_ms,
    errno: killed ? null : attempt.errno,
    returned_at_ms: killed ? null : ms(attempt.returned_at_us),
    killed_at_ms: ms(killed_at_us),
  };
  return run.finish('connect-timeout', { ...p }, outcome, verdictOf(outcome));
}

export const connectTimeout = simulationOf<typeof parameters, ConnectTimeoutOutcome, ConnectTimeoutPrograms>({
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
  size: ({ tcp_syn_retries, tcp_syncnt, tcp_syn_linear_timeouts }) => {
    const syns = 1 + (tcp_syncnt || tcp_syn_retries) + tcp_syn_linear_timeouts;
    return { events: 20 + 7 * syns, steps: 3 * syns, lower: 'tcp_syn_retries' };
  },
  largest: { tcp_syn_retries: 127, tcp_syn_linear_timeouts: 127 },
  start,
});
