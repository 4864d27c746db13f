import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue } from '#simulations/catalogue.ts';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { type Given, type Schema, settleParameters } from '#simulations/engine/parameters.ts';
import { Random } from '#simulations/engine/random.ts';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { nagleDelayedAck } from '#simulations/incidents/nagle-delayed-ack/simulation.ts';
import { sys } from '#simulations/machine/calls.ts';
import { ALL_KINDS } from '#simulations/machine/kinds/all.ts';
import { Machine } from '#simulations/machine/machine.ts';
import { CallNarrator } from '#simulations/machine/narrator.ts';
import type { Program } from '#simulations/machine/program.ts';
import type { Sysctls } from '#simulations/machine/sysctl.ts';
import { Link, type Rule } from '#simulations/network/link.ts';
import type { Packet } from '#simulations/network/packet.ts';
import { pipeBuffer } from '#simulations/reference/pipe-buffer/simulation.ts';
import { tcpStates } from '#simulations/reference/tcp-states/simulation.ts';
import type { Simulation } from '#simulations/simulation.ts';
import type { Decision } from '#simulations/trace/decision.ts';
import type { TraceEvent } from '#simulations/trace/event.ts';
import { Recorder } from '#simulations/trace/recorder.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { isMissing, loadExcerpts } from '#site/excerpts/excerpt.ts';
import { anyRuns } from './any-runs.ts';

const FETCH_TIMEOUT_MS = 300_000;

const runOf = <S extends Schema>(simulation: Simulation<S, unknown>, given: Given): Trace =>
  simulation.run(settleParameters(simulation.parameters, given).values) as Trace;

const presetRuns = (simulation: Simulation<Schema, unknown>): Trace[] =>
  simulation.presets.map(({ given }) => runOf(simulation, given));

const ESTABLISHED = [
  'server.listen',
  'client.connect',
  'deliver.1',
  'deliver.2',
  'deliver.3',
  'server.accept',
];
const played = (...steps: string[]): Trace =>
  runOf(tcpStates as never, { history: [...ESTABLISHED, ...steps].join(',') });
const waits = (times: number): string[] => new Array<string>(times).fill('wait');

const SERVER = { address: '192.0.2.2', port: 80 };

/** Two machines, a program on each, until `until_s`. @param rule what the network does to packets */
function between(
  programs: { client: () => Program; server: () => Program },
  until_s: number,
  rule: (clock: VirtualClock) => Rule = () => ({ judge: () => ({ do: 'pass' }) }),
  sysctl: Partial<Sysctls> = {},
): Trace {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const random = new Random(1);
  const addresses = { server: SERVER.address, client: '192.0.2.1' };
  const machines = (['server', 'client'] as const).map(
    (name) =>
      new Machine({ name, addresses: [addresses[name]], sysctl, clock, recorder, random, kinds: ALL_KINDS }),
  );
  const link = new Link({
    ends: machines.map(({ stack }) => stack),
    rtt_us: 1000,
    rules: [rule(clock)],
    clock,
    recorder,
    random,
  });
  for (const machine of machines) {
    const name = machine.name as 'client' | 'server';
    machine.stack.plug(link);
    const process = machine.spawn({ pid: 1, comm: name, narrator: new CallNarrator(recorder, name) });
    process.thread(`${name} process`, programs[name]()).start();
  }
  clock.advance(until_s * 1e6);
  return recorder.finish('a test', {}, null);
}

function* listens(backlog: number): Program {
  const fd = (yield* sys.socket()).value;
  yield* sys.bind(fd, SERVER.port);
  yield* sys.listen(fd, backlog);
  yield* sys.nanosleep(1e7);
}

/** Connects that are tried at the same time, and one later. */
function* connectsThreeTimes(): Program {
  for (let i = 0; i < 3; i++) {
    const fd = (yield* sys.socket({ nonblocking: true })).value;
    yield* sys.connect(fd, SERVER);
    if (i === 1) yield* sys.nanosleep(100);
  }
}

function* writesForEver(): Program {
  const fd = (yield* sys.socket()).value;
  yield* sys.connect(fd, SERVER);
  yield* sys.write(fd, 300_000);
  yield* sys.nanosleep(1e7);
}

/** A stream that somebody reads. */
function* writesMuch(): Program {
  const fd = (yield* sys.socket()).value;
  yield* sys.connect(fd, SERVER);
  yield* sys.write(fd, 60_000);
  yield* sys.close(fd);
}
function* readsMuch(): Program {
  const listener = (yield* sys.socket()).value;
  yield* sys.bind(listener, SERVER.port);
  yield* sys.listen(listener, 1);
  const fd = (yield* sys.accept(listener)).value;
  while ((yield* sys.read(fd, 65_536)).value > 0);
}

/** The network loses one data segment. @param nth of those that it carries */
const loses = (nth: number) => (): Rule => {
  let carried = 0;
  const isLost = (packet: Packet) =>
    packet.protocol === 'tcp' && packet.payload_bytes > 0 && ++carried === nth;
  return { judge: (packet) => (isLost(packet) ? { do: 'drop', why: 'it is lost' } : { do: 'pass' }) };
};

/** Everything that a program can be told about a socket of its own, at once or after a while. */
function* asksForAll(): Program {
  const again = (yield* sys.socket({ nonblocking: true })).value;
  const accepting = (yield* sys.socket()).value;
  yield* sys.bind(accepting, 81);
  yield* sys.accept(accepting);
  yield* sys.listen(accepting, 1);
  yield* sys.setsockopt(accepting, 'SO_RCVTIMEO', 100);
  yield* sys.accept(accepting);
  yield* sys.connect(again, SERVER);
  yield* sys.write(again, 100);
  yield* sys.poll([{ fd: again, events: ['POLLOUT'] }], -1);
  yield* sys.connect(again, SERVER);
  yield* sys.connect(again, SERVER);
  yield* sys.read(again, 100);
  yield* sys.write(again, 4_000_000);
  yield* sys.write(again, 4_000_000);
  yield* sys.poll([{ fd: again, events: ['POLLIN'] }], 100);
  yield* sys.poll([{ fd: again, events: ['POLLIN'] }], 0);
  yield* sys.shutdown(again, 'SHUT_RDWR');
  yield* sys.read(again, 100);
  yield* sys.write(again, 100);
  const early = (yield* sys.socket()).value;
  yield* sys.read(early, 100);
  yield* sys.setsockopt(early, 'SO_SNDTIMEO', 1);
  yield* sys.connect(early, { address: '192.0.2.2', port: 82 });
  yield* sys.nanosleep(10);
  yield* sys.read(early, 100);
}

/** A write() that blocks, on a connection that is not up yet. */
function* writesEarly(): Program {
  const fd = (yield* sys.socket({ nonblocking: true })).value;
  yield* sys.connect(fd, SERVER);
  yield* sys.fcntl(fd, 'F_SETFL');
  yield* sys.write(fd, 100);
}

function* waitsInOtherWays(): Program {
  const fd = (yield* sys.socket({ nonblocking: true })).value;
  yield* sys.connect(fd, SERVER);
  yield* sys.select({ write: [fd] }, -1);
  yield* sys.select({ read: [fd] }, 10);
  const epfd = (yield* sys.epollCreate()).value;
  yield* sys.epollControl(epfd, 'EPOLL_CTL_ADD', fd, ['POLLOUT']);
  yield* sys.epollWait(epfd, 8, 10);
  yield* sys.epollControl(epfd, 'EPOLL_CTL_DEL', fd);
  yield* sys.epollWait(epfd, 8, 10);
}

/** From a time on nothing arrives. */
const silentFrom =
  (from_s: number) =>
  (clock: VirtualClock): Rule => ({
    judge: () => (clock.now_us > from_s * 1e6 ? { do: 'drop', why: 'the cable is cut' } : { do: 'pass' }),
  });

/** Runs that no preset has, for a decision that no preset meets. */
const more = (): Trace[] => [
  runOf(connectTimeout as never, { kernel: '6.12', tcp_user_timeout_ms: 5000 }),
  runOf(connectTimeout as never, { kernel: '6.12', tcp_user_timeout_ms: 5000, tcp_syn_linear_timeouts: 0 }),
  runOf(connectTimeout as never, { kernel: '3.2', peer: 'rejects-net', rtt_ms: 6500, tcp_syn_retries: 5 }),
  runOf(connectTimeout as never, { kernel: '6.12', tcp_user_timeout_ms: 500 }),
  runOf(connectTimeout as never, { kernel: '6.12', tcp_syn_retries: 8, tcp_syn_linear_timeouts: 0 }),
  runOf(connectTimeout as never, { kernel: '6.12', so_sndtimeo_ms: 3000 }),
  ...['rejects-port', 'rejects-host', 'rejects-net', 'rejects-admin', 'absent'].flatMap((peer) =>
    ['inet', 'inet6'].flatMap((family) => [
      runOf(connectTimeout as never, { kernel: '6.12', family, peer }),
      runOf(connectTimeout as never, { kernel: '6.12', family, peer, rtt_ms: 0, tcp_syn_retries: 1 }),
    ]),
  ),
  runOf(connectTimeout as never, { kernel: '6.12', connects: 3, so_sndtimeo_ms: 500 }),
  runOf(connectTimeout as never, { kernel: '6.12', nonblocking: true, peer: 'refuses' }),
  runOf(connectTimeout as never, { kernel: '6.12', nonblocking: true, peer: 'listens' }),
  runOf(pipeBuffer as never, {
    nonblocking: true,
    reader: 'draining',
    write_bytes: 6000,
    read_bytes: 65_536,
  }),
  runOf(pipeBuffer as never, { writers: 3, writes: 300, reader: 'draining', read_bytes: 65_536 }),
  runOf(closeWaitPipe as never, {
    nofile: 20,
    reader: 'dies',
    reader_dies_at_ms: 70_000,
    sigpipe: 'default',
  }),
  between({ client: writesMuch, server: readsMuch }, 100, loses(3)),
  between({ client: writesMuch, server: readsMuch }, 100, loses(3), { tcp_sack: 0 }),
  between({ client: asksForAll, server: () => listens(4) }, 100),
  between({ client: waitsInOtherWays, server: () => listens(4) }, 100),
  between({ client: writesEarly, server: () => listens(4) }, 100),
  runOf(tcpStates as never, { history: 'server.listen,server.accept' }),
  runOf(pipeBuffer as never, { reader: 'draining', write_every_ms: 1000, read_every_ms: 1 }),
  runOf(pipeBuffer as never, { nonblocking: true, reader: 'dies' }),
  runOf(nagleDelayedAck as never, { rtt_ms: 1, requests: 2, header_bytes: 1448, body_bytes: 1448 }),
  runOf(nagleDelayedAck as never, { rtt_ms: 1, requests: 3, gap_ms: 25, server_writes: 'one' }),
  between({ client: connectsThreeTimes, server: () => listens(0) }, 4),
  between({ client: writesForEver, server: () => listens(4) }, 4000, silentFrom(5)),
  runOf(nagleDelayedAck as never, { rtt_ms: 20, requests: 2, header_bytes: 60_000, body_bytes: 60_000 }),
  runOf(nagleDelayedAck as never, { rtt_ms: 1, requests: 4, gap_ms: 300 }),
  runOf(nagleDelayedAck as never, { rtt_ms: 60, requests: 4, gap_ms: 30, server_nodelay: true }),
  runOf(nagleDelayedAck as never, { rtt_ms: 1, requests: 2, request_bytes: 262_144, mss_bytes: 536 }),
  runOf(nagleDelayedAck as never, { rtt_ms: 1, requests: 3, server_writes: 'cork-forever' }),
  runOf(nagleDelayedAck as never, { rtt_ms: 1, requests: 3, server_writes: 'cork' }),
  // Data that is not answered, until the sender gives up; unread data; SO_LINGER; a FIN and a reset for a record.
  played('client.send', ...waits(20)),
  played('client.send', 'deliver.4', 'server.close'),
  played('client.abort', 'deliver.4'),
  played('client.close', 'deliver.4', 'deliver.5', 'server.close', 'deliver.6', 'duplicate.6'),
  played('client.close', 'deliver.4', 'deliver.5', 'server.send', 'deliver.6'),
  played('client.close', 'deliver.4', 'deliver.5', 'server.abort', 'deliver.6'),
  played('client.send', 'duplicate.4', 'deliver.4', 'deliver.5', 'deliver.6'),
  played('client.send', 'client.close', 'deliver.5', 'deliver.4'),
  played(
    'client.close',
    'deliver.4',
    'deliver.5',
    'server.close',
    'deliver.6',
    'duplicate.7',
    'deliver.7',
    'deliver.8',
    'deliver.9',
  ),
  // A request whose SYN-ACK is not answered.
  runOf(tcpStates as never, {
    history: ['server.listen', 'client.connect', 'deliver.1', ...waits(12)].join(','),
  }),
];

const traces = [connectTimeout, nagleDelayedAck, tcpStates, closeWaitPipe, pipeBuffer]
  .flatMap((simulation) => presetRuns(simulation as never))
  .concat(more());

const decided = (events: readonly TraceEvent[]) =>
  events.flatMap((event) => (event.decision ? [{ event, decision: event.decision }] : []));
const all = traces.flatMap(({ events }) => decided(events));

/** What a comparison comes to, worked out of its operands' values: the kernel's line, by its mark. */
const COMPARED: Readonly<Record<string, (...values: number[]) => boolean>> = {
  'tcp_write_timeout:count': (used = 0, most = 0) => used >= most,
  'retransmits_timed_out:compare': (elapsed = 0, timeout = 0) => elapsed - timeout >= 0,
  'tcp_retransmit_timer:linear': (total_rto = 0, linear = 0) => total_rto > linear,
  'tcp_clamp_rto_to_user_timeout:is-passed': (remaining = 0) => remaining <= 0,
  'tcp_ld_RTO_revert:is-over': (remaining = 0) => remaining > 0,
  'tcp_probe_timer:count': (probes = 0, most = 0) => probes >= most,
  '__tcp_ack_snd_check:full': (bytes = 0, rcv_mss = 0, window = 0, offered = 0) =>
    bytes > rcv_mss && window >= offered,
  'tcp_send_delayed_ack:now': (timeout = 0, jiffies = 0, quarter = 0) => timeout <= jiffies + quarter,
  'tcp_event_data_sent:reply': (since = 0, ato = 0) => since < ato,
  'tcp_event_data_recv:is-fast': (m = 0, half = 0) => m <= half,
  'tcp_event_data_recv:is-average': (m = 0, ato = 0) => m < ato,
  // A timer of exactly that length is a tick late in the kernel, and on time here.
  'tcp_event_data_recv:is-gap': (m = 0, rto = 0) => m >= rto,
  'tcp_rcv_state_process:fin-wait2': (snd_una = 0, write_seq = 0) => snd_una !== write_seq,
  'tcp_data_queue:duplicate': (end_seq = 0, rcv_nxt = 0) => end_seq <= rcv_nxt,
  'tcp_newreno_mark_lost:dupacks': (sacked_out = 0, reordering = 0) => sacked_out >= reordering,
  'tcp_rack_reo_wnd:dupacks': (sacked_out = 0, reordering = 0) => sacked_out >= reordering,
  'neigh_timer_handler:limit': (probes = 0, most = 0) => probes >= most,
  'tcp_recvmsg_locked:less': (copied = 0, target = 0) => copied >= target,
  '__sys_accept4_file:emfile': (newfd = 0) => newfd < 0,
};

/** The result as the operands give it, or undefined for a formula. */
function recomputed({ mark, operands, joined }: Decision): boolean | undefined {
  const values = operands.map(({ value }) => value);
  if (joined === 'and') return values.every(Boolean);
  if (joined === 'or') return values.some(Boolean);
  if (joined === 'formula') return undefined;
  const compare = COMPARED[mark];
  if (!compare) throw new Error(`nobody compares ${mark}`);
  return compare(...values.map(Number));
}

function checkDecision(decision: Decision): void {
  const { joined, operands, result, mark } = decision;
  const holds = recomputed(decision);
  if (holds === undefined)
    expect(
      operands.every(({ made_it }) => made_it),
      mark,
    ).toBe(true);
  else expect(result, `${mark} of ${JSON.stringify(operands)}`).toBe(String(holds));
  if (joined === 'and' || joined === 'or')
    for (const { value, made_it } of operands)
      expect(made_it, mark).toBe(holds === (joined === 'and') || Boolean(value) === (joined === 'or'));
}

const eventsAt = (mark: string) => all.filter(({ decision }) => decision.mark === mark);

describe('a decision', () => {
  test('is spelled as in the lit lines of the kernel', { timeout: FETCH_TIMEOUT_MS }, async ({ skip }) => {
    const excerpts = await loadExcerpts();
    const missing = [...excerpts.values()].find(isMissing);
    if (missing && !process.env.CI) skip(missing.reason);
    const wrong = new Set<string>();
    for (const { decision } of all) {
      const [id = '', name = ''] = decision.mark.split(':');
      const excerpt = excerpts.get(id);
      if (!excerpt || isMissing(excerpt)) throw new Error(`${decision.mark} has no excerpt`);
      const lit = excerpt.marks[name];
      if (!lit) throw new Error(`${decision.mark} has no lit line`);
      const from = lit.first_line - excerpt.first_line;
      const text = excerpt.text
        .split('\n')
        .slice(from, lit.last_line - excerpt.first_line + 1)
        .join('\n');
      for (const { source } of decision.operands)
        if (!text.includes(source)) wrong.add(`${source} is not in ${decision.mark}: ${text}`);
    }
    expect([...wrong]).toEqual([]);
  });

  test('has the result that its operands give', () => {
    for (const { decision } of all) checkDecision(decision);
  });

  test('has the result that its operands give in runs that nobody has thought of', () => {
    const schema = fc.record({
      rtt_ms: fc.constantFrom(0, 1, 20, 60, 300),
      gap_ms: fc.constantFrom(0, 5, 30, 100, 500),
      requests: fc.integer({ min: 1, max: 4 }),
      server_writes: fc.constantFrom('two', 'one', 'msg-more', 'cork', 'cork-forever'),
      header_bytes: fc.integer({ min: 1, max: 40_000 }),
      body_bytes: fc.integer({ min: 0, max: 40_000 }),
      mss_bytes: fc.constantFrom(536, 1460, 8960),
      tcp_pingpong_thresh: fc.constantFrom(1, 3),
      client_quickack: fc.constantFrom('never', 'once', 'always'),
    });
    fc.assert(
      fc.property(schema, (given) => {
        for (const { decision } of decided(runOf(nagleDelayedAck as never, given).events))
          checkDecision(decision);
      }),
      { numRuns: 60 },
    );
  });

  test.each(Object.entries(catalogue))(
    'has the result that its operands give in any run of %s',
    (_, simulation) => {
      for (const { trace } of anyRuns(simulation, 80))
        for (const { decision } of decided(trace.events)) checkDecision(decision);
    },
  );

  test('is of the run that it stands in: a held segment names the segments that are out', () => {
    for (const { events, worldAt } of traces)
      for (const { kind, actor, index, decision } of events) {
        if (kind !== 'segment-held' || decision?.mark !== 'tcp_nagle_check:nagle') continue;
        const infos = [...(worldAt(index).machines[actor]?.sockets.values() ?? [])].flatMap((socket) =>
          socket.kind === 'tcp' && socket.regions?.sending === 'held by Nagle' ? [socket.info?.unacked] : [],
        );
        expect(infos).toContain(decision.operands[1]?.value);
      }
  });

  test('and its event are told of the same function, or of one that it asks', () => {
    const functionOf = (mark: string) => mark.split(':')[0] ?? '';
    const asked = new Set(
      all.flatMap(({ event, decision }) =>
        functionOf(event.mark ?? '') === functionOf(decision.mark)
          ? []
          : [`${functionOf(event.mark ?? '')} after ${functionOf(decision.mark)}`],
      ),
    );
    expect([...asked].sort()).toEqual([
      '__inet_stream_connect after inet_wait_for_connect',
      'icmp_err_convert after tcp_v4_err',
      'ip6_link_failure after icmpv6_err_convert',
      'ipv4_send_dest_unreach after tcp_v4_err',
      'pipe_read after pipe_readable',
      'pipe_write after pipe_writable',
      'tab_unreach after icmpv6_err_convert',
      'tcp_fastretrans_alert after tcp_newreno_mark_lost',
      'tcp_fastretrans_alert after tcp_rack_reo_wnd',
      'tcp_retransmit_timer after retransmits_timed_out',
      'tcp_send_delayed_ack after tcp_delack_max',
      'tcp_v4_send_reset after tcp_timewait_state_process',
      'tcp_write_err after retransmits_timed_out',
      'tcp_write_err after tcp_probe_timer',
      'tcp_xmit_probe_skb after tcp_write_wakeup',
    ]);
  });
});

describe('each of these lines says what it decided on', () => {
  test.each([
    'tcp_nagle_test:push',
    'tcp_nagle_test:fin',
    'tcp_nagle_check:partial',
    'tcp_nagle_check:cork',
    'tcp_nagle_check:nagle',
    'tcp_minshall_check:small',
    'tcp_write_xmit:cwnd',
    'tcp_write_xmit:window',
    '__tcp_ack_snd_check:full',
    '__tcp_ack_snd_check:now',
    '__tcp_ack_snd_check:hole',
    'tcp_in_quickack_mode:quick',
    'tcp_send_delayed_ack:timer',
    'tcp_event_data_sent:reply',
    'tcp_event_data_recv:is-first',
    'tcp_event_data_recv:is-fast',
    'tcp_event_data_recv:is-average',
    'tcp_event_data_recv:is-gap',
    'tcp_delack_timer_handler:is-pingpong',
    'tcp_write_timeout:count',
    'retransmits_timed_out:first',
    'retransmits_timed_out:compare',
    'tcp_model_timeout:doubling',
    'tcp_model_timeout:capped',
    'tcp_clamp_rto_to_user_timeout:is-passed',
    'tcp_clamp_rto_to_user_timeout:remaining',
    'tcp_retransmit_timer:double',
    'tcp_retransmit_timer:linear',
    'tcp_ld_RTO_revert:is-over',
    'tcp_conn_request:full',
    'tcp_v4_syn_recv_sock:overflow',
    'tcp_reset:state',
    'tcp_timewait_state_process:is-fin',
    'tcp_timewait_state_process:again',
    'tcp_timewait_state_process:rst',
    '__tcp_close:unread',
    '__tcp_close:linger',
    'reqsk_timer_handler:synack',
    'tcp_write_wakeup:has-room',
    'tcp_probe_timer:count',
    'tcp_newreno_mark_lost:dupacks',
    'tcp_rack_reo_wnd:dupacks',
    'tcp_v4_err:errno',
    'tcp_v4_err:is-owned',
    'icmpv6_err_convert:errno',
    'tcp_v6_err:is-owned',
    'neigh_timer_handler:limit',
    '__inet_stream_connect:wait',
    '__inet_stream_connect:error',
    '__inet_stream_connect:state',
    'inet_wait_for_connect:handshake',
    'inet_wait_for_connect:stop',
    'inet_csk_accept:empty',
    'inet_csk_accept:again',
    'inet_csk_accept:not-listening',
    'inet_csk_wait_for_connect:again',
    '__sys_accept4_file:emfile',
    'tcp_recvmsg_locked:less',
    'tcp_recvmsg_locked:again',
    'tcp_recvmsg_locked:fin',
    'tcp_recvmsg_locked:done',
    'tcp_recvmsg_locked:error',
    'tcp_recvmsg_locked:shutdown',
    'tcp_recvmsg_locked:closed',
    'tcp_sendmsg_locked:not-up',
    'tcp_sendmsg_locked:full',
    'tcp_sendmsg_locked:error',
    'sk_stream_wait_memory:again',
    'sk_stream_wait_connect:again',
    'do_poll:timeout',
    'do_select:done',
    'ep_poll:sleep',
    'ep_poll:sent',
    'ep_poll:timeout',
    'tcp_poll:error',
    'pipe_writable:condition',
    'pipe_readable:condition',
    'pipe_write:no-readers',
    'pipe_write:no-readers-later',
    'pipe_write:is-nonblocking',
    'pipe_write:wake-next',
    'pipe_read:wake',
    'pipe_read:end-of-file',
    'pipe_poll:is-writable',
    'pipe_poll:no-readers',
  ])('%s', (mark) => {
    expect(eventsAt(mark).length).toBeGreaterThan(0);
  });
});
