/** A client connects to a listener that is far away. */
import { duration } from '#simulations/engine/duration.ts';
import { sys } from '#simulations/machine/calls.ts';
import { CallNarrator } from '#simulations/machine/narrator.ts';
import type { Program } from '#simulations/machine/program.ts';
import { type Interventions, Run, type Slices } from '#simulations/machine/run.ts';
import type { Endpoint } from '#simulations/network/packet.ts';
import { simulationOf } from '#simulations/simulation.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { type FarListenerParameters, parameters, presets } from './parameters.ts';

export interface FarListenerOutcome {
  readonly errno: string | null;
  readonly connected_at_ms: number | null;
}

export const CLIENT_PID = 2001;

const CLIENT = '192.0.2.1';
const SERVER: Endpoint = { address: '192.0.2.2', port: 8080 };

function* listener(): Program {
  const fd = (yield* sys.socket()).value;
  yield* sys.bind(fd, SERVER.port);
  yield* sys.listen(fd, 16);
  yield* sys.accept(fd);
  yield* sys.pause();
}

function* client(done: (errno: string | null) => void): Program {
  const fd = (yield* sys.socket()).value;
  done((yield* sys.connect(fd, SERVER)).errno);
  yield* sys.pause();
}

function* start(p: FarListenerParameters, actions?: Interventions): Slices<Trace<FarListenerOutcome>> {
  const run = new Run({ actions });
  const here = run.machine({ name: 'client', addresses: [CLIENT] });
  const there = run.machine({ name: 'server', addresses: [SERVER.address] });
  run.join([here, there], p.rtt_ms * 1000);

  let outcome: FarListenerOutcome = { errno: null, connected_at_ms: null };
  const program = client((errno) => {
    outcome = { errno, connected_at_ms: errno === null ? run.clock.now_us / 1000 : null };
  });
  const server = there.spawn({
    pid: 1001,
    comm: 'server',
    narrator: new CallNarrator(run.recorder, 'server'),
  });
  server.thread('server', listener()).start();
  const process = here.spawn({
    pid: CLIENT_PID,
    comm: 'client',
    narrator: new CallNarrator(run.recorder, 'client'),
  });
  process.thread('client', program).start();
  yield* run.drain();
  const verdict =
    outcome.connected_at_ms === null
      ? `connect() failed${outcome.errno ? ` with ${outcome.errno}` : ''}.`
      : `connect() took ${duration(outcome.connected_at_ms * 1000)}.`;
  return run.finish('far-listener', { ...p }, outcome, verdict);
}

export const farListener = simulationOf<typeof parameters, FarListenerOutcome>({
  name: 'far-listener',
  title: 'A connect() to a listener that is far away',
  parameters,
  presets,
  outcome: {
    errno: 'the error of connect(), or null',
    connected_at_ms: 'when connect() returned (ms), or null',
  },
  size: () => ({ events: 30, steps: 20, lower: 'rtt_ms' }),
  largest: {},
  start,
});
