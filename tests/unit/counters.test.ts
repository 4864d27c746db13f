import { describe, expect, test } from 'vitest';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { settleParameters } from '#simulations/engine/parameters.ts';
import { Random } from '#simulations/engine/random.ts';
import { connectTimeout } from '#simulations/incidents/connect-timeout/simulation.ts';
import { sys } from '#simulations/machine/calls.ts';
import { Machine } from '#simulations/machine/machine.ts';
import { CallNarrator } from '#simulations/machine/narrator.ts';
import type { Program } from '#simulations/machine/program.ts';
import type { TcpInfo, World } from '#simulations/machine/state.ts';
import { Link } from '#simulations/network/link.ts';
import { tcpStates } from '#simulations/reference/tcp-states/simulation.ts';
import { Recorder } from '#simulations/trace/recorder.ts';

const SERVER = { address: '192.0.2.2', port: 8080 };

/** Sleeps until a time of the run, in ms. */
function* until(clock: VirtualClock, at_ms: number): Program {
  yield* sys.nanosleep(at_ms - clock.now_us / 1000);
}

function* client(clock: VirtualClock): Program {
  yield* until(clock, 1);
  let fd = (yield* sys.socket()).value;
  yield* sys.connect(fd, SERVER);
  yield* until(clock, 10);
  yield* sys.write(fd, 80);
  yield* until(clock, 610);
  yield* sys.read(fd, 1000);
  yield* until(clock, 910);
  yield* sys.write(fd, 10);
  yield* until(clock, 1310);
  yield* sys.close(fd);
  yield* until(clock, 1320);
  fd = (yield* sys.socket()).value;
  yield* sys.connect(fd, SERVER);
  yield* until(clock, 1420);
  const refused = (yield* sys.socket()).value;
  yield* sys.connect(refused, SERVER);
  yield* until(clock, 2000);
}

function* server(clock: VirtualClock): Program {
  const listener = (yield* sys.socket()).value;
  yield* sys.bind(listener, SERVER.port);
  yield* sys.listen(listener, 5);
  let fd = (yield* sys.accept(listener)).value;
  yield* sys.read(fd, 1000);
  yield* until(clock, 310);
  yield* sys.write(fd, 120);
  yield* until(clock, 620);
  yield* sys.shutdown(fd, 'SHUT_WR');
  yield* until(clock, 1200);
  yield* sys.close(fd);
  fd = (yield* sys.accept(listener)).value;
  yield* sys.setsockopt(fd, 'SO_LINGER', 0);
  yield* until(clock, 1330);
  yield* sys.close(fd);
  yield* until(clock, 1410);
  yield* sys.close(listener);
  yield* until(clock, 2000);
}

function played() {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const random = new Random(1);
  const machine = (name: string, address: string) =>
    new Machine({ name, addresses: [address], clock, recorder, random });
  const ends = { client: machine('client', '192.0.2.1'), server: machine('server', SERVER.address) };
  const link = new Link({
    ends: [ends.client.stack, ends.server.stack],
    rtt_us: 30,
    rules: [],
    clock,
    recorder,
    random,
  });
  for (const [name, program] of [
    ['server', server(clock)],
    ['client', client(clock)],
  ] as const) {
    ends[name].stack.plug(link);
    const narrator = new CallNarrator(recorder, name);
    ends[name].spawn({ pid: 1, comm: name, narrator }).thread(`${name} process`, program).start();
  }
  clock.advance(2_000_000);
  return recorder.finish('a test', {}, null);
}

const trace = played();

/** The world at a time of the run, in ms. */
function at(ms: number): World {
  const next = trace.events.findIndex(({ at_us }) => at_us > ms * 1000);
  return trace.worldAt((next < 0 ? trace.events.length : next) - 1);
}

/** What `ss -ti` counts of the first connection at one end; what is zero is left out, as ss does. */
function counted(world: World, end: 'client' | 'server'): Partial<TcpInfo> {
  const infos = [...(world.machines[end]?.sockets.values() ?? [])].flatMap((socket) =>
    socket.kind === 'tcp' && socket.info ? [socket.info] : [],
  );
  const names = [
    'bytes_sent',
    'bytes_acked',
    'bytes_received',
    'segs_out',
    'segs_in',
    'data_segs_out',
    'data_segs_in',
  ] as const;
  return Object.fromEntries(names.flatMap((name) => (infos[0]?.[name] ? [[name, infos[0][name]]] : [])));
}

/** What `nstat` counts where both ends are in one network namespace. */
function nstat(world: World, ...names: string[]): number[] {
  const { client, server } = world.machines;
  return names.map((name) => (client?.counters[name] ?? 0) + (server?.counters[name] ?? 0));
}

// The same calls at the same distances, over the loopback device of Linux 6.18, with ss -ti and nstat after each.
describe('a connection is counted as Linux counts it', () => {
  test('when it is up: the SYN is acknowledged, the SYN-ACK belongs to no socket', () => {
    expect(counted(at(9), 'client')).toEqual({ bytes_acked: 1, segs_out: 2, segs_in: 1 });
    expect(counted(at(9), 'server')).toEqual({ segs_in: 2 });
  });

  test('when the client has sent 80 bytes', () => {
    const world = at(300);
    expect(counted(world, 'client')).toEqual({
      bytes_sent: 80,
      bytes_acked: 81,
      segs_out: 3,
      segs_in: 2,
      data_segs_out: 1,
    });
    expect(counted(world, 'server')).toEqual({
      bytes_received: 80,
      segs_out: 1,
      segs_in: 3,
      data_segs_in: 1,
    });
  });

  test('when the server has answered with 120', () => {
    const world = at(600);
    expect(counted(world, 'client')).toEqual({
      bytes_sent: 80,
      bytes_acked: 81,
      bytes_received: 120,
      segs_out: 4,
      segs_in: 3,
      data_segs_out: 1,
      data_segs_in: 1,
    });
    expect(counted(world, 'server')).toEqual({
      bytes_sent: 120,
      bytes_acked: 120,
      bytes_received: 80,
      segs_out: 2,
      segs_in: 4,
      data_segs_out: 1,
      data_segs_in: 1,
    });
  });

  test('when the server has sent its FIN, which counts as a byte received and acknowledged', () => {
    const world = at(900);
    expect(counted(world, 'client')).toMatchObject({ bytes_received: 121, segs_out: 5, segs_in: 4 });
    expect(counted(world, 'server')).toMatchObject({
      bytes_sent: 120,
      bytes_acked: 121,
      segs_out: 3,
      segs_in: 5,
    });
  });

  test('with the times of the last data and the last ACK', () => {
    const [socket] = [...(at(900).machines.server?.sockets.values() ?? [])].flatMap((each) =>
      each.kind === 'tcp' && each.info ? [each.info] : [],
    );
    // 15 µs are half a round trip; the ACK of the FIN is a delayed one, 40 ms late.
    expect(socket).toMatchObject({
      last_data_sent_us: 310_000,
      last_data_recv_us: 10_015,
      last_ack_recv_us: 660_030,
    });
  });
});

describe('the host counts as nstat does', () => {
  test.each([
    ['up', 9, [3, 3, 0]],
    ['80 bytes', 300, [5, 5, 1]],
    ['120 bytes', 600, [7, 7, 2]],
    ['the FIN', 900, [9, 9, 3]],
    ['closed with data unread', 1300, [12, 12, 4]],
    ['closed with SO_LINGER 0', 1400, [16, 16, 4]],
    ['refused', 1500, [18, 18, 4]],
  ])('segments: %s', (_what, ms, figures) => {
    expect(nstat(at(ms), 'TcpInSegs', 'TcpOutSegs', 'TcpExtTCPOrigDataSent')).toEqual(figures);
  });

  test('a delayed ACK once its timer has sent it', () => {
    expect(nstat(at(600), 'TcpExtDelayedACKs')).toEqual([0]);
    expect(nstat(at(900), 'TcpExtDelayedACKs')).toEqual([1]);
  });

  test.each([
    ['data was unread', 1300, [1, 1, 0, 0]],
    ['SO_LINGER was 0', 1400, [3, 1, 1, 0]],
    ['nobody listened', 1500, [3, 1, 1, 1]],
  ])('what became of connections where %s', (_what, ms, figures) => {
    const names = ['TcpEstabResets', 'TcpExtTCPAbortOnClose', 'TcpExtTCPAbortOnData', 'TcpAttemptFails'];
    expect(nstat(at(ms), ...names)).toEqual(figures);
  });
});

describe('what is sent again', () => {
  test('is no new segment: a SYN that nobody answers', () => {
    const { worldAt, events } = connectTimeout.run(
      settleParameters(connectTimeout.parameters, { kernel: '6.12' }).values,
    );
    expect(worldAt(events.length - 1).machines.client?.counters).toMatchObject({
      TcpOutSegs: 1,
      TcpRetransSegs: 10,
      TcpExtTCPSynRetrans: 10,
      // The last one ends the attempt.
      TcpExtTCPTimeouts: 11,
      TcpExtTCPAbortOnTimeout: 1,
      TcpAttemptFails: 1,
    });
  });

  test('is counted in the socket with its bytes', () => {
    const steps = ['server.listen', 'client.connect', 'deliver.1', 'deliver.2', 'deliver.3'];
    const history = [...steps, 'client.send', 'drop.4', 'wait', 'drop.5', 'wait'].join(',');
    const { worldAt, events } = tcpStates.run(settleParameters(tcpStates.parameters, { history }).values);
    const { machines } = worldAt(events.length - 1);
    expect(counted(worldAt(events.length - 1), 'client')).toMatchObject({
      bytes_sent: 300,
      data_segs_out: 3,
    });
    const [info] = [...(machines.client?.sockets.values() ?? [])].flatMap((each) =>
      each.kind === 'tcp' && each.info ? [each.info] : [],
    );
    expect(info).toMatchObject({ bytes_retrans: 200, total_retrans: 2 });
    expect(machines.client?.counters).toMatchObject({ TcpRetransSegs: 2, TcpExtTCPTimeouts: 2 });
  });
});
