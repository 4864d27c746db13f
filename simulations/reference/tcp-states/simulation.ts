/**
 * The eleven states, by hand: a reader makes the calls of both ends and decides what becomes of each packet.
 * A run is its history; nothing happens by itself but timers, and those only while the reader waits.
 *
 * Left out: more than one connection at a time, data other than a hundred bytes a call, SO_REUSEADDR.
 */
import { duration } from '../../engine/duration.ts';
import { itemsOf } from '../../engine/parameters.ts';
import type { Machine } from '../../machine/machine.ts';
import { CallNarrator } from '../../machine/narrator.ts';
import type { Answer, SystemCall } from '../../machine/program.ts';
import { type Interventions, Run, type Slices } from '../../machine/run.ts';
import type { Thread } from '../../machine/thread.ts';
import { ManualWire } from '../../network/manual-wire.ts';
import type { Endpoint } from '../../network/packet.ts';
import { simulationOf } from '../../simulation.ts';
import type { Recorder } from '../../trace/recorder.ts';
import { linkStandoffs } from '../../trace/standoff.ts';
import type { Trace } from '../../trace/trace.ts';
import './events.ts';
import { type TcpStatesOutcome, verdictOf } from './outcome.ts';
import { type CallName, type PacketAction, parameters, type TcpStatesParameters } from './parameters.ts';
import { sectionsOf } from './sections.ts';
import { tours } from './tours.ts';

export type { TcpStatesOutcome } from './outcome.ts';

/** What the reader's programs hold, and what the page must know of a moment that no packet or socket tells. */
export interface TcpStatesPrograms {
  readonly client: Holdings;
  readonly server: Holdings;
  /** When the next timer fires, or null. */
  readonly next_timer_us: number | null;
}

/** The descriptors of one end's program. */
export interface Holdings {
  readonly connection: number | null;
  readonly listener: number | null;
}

export const CLIENT_PID = 2001;

const CLIENT: Endpoint = { address: '192.0.2.1', port: 40000 };
const SERVER: Endpoint = { address: '192.0.2.2', port: 80 };
/** What passes between two things that a reader does, as long as no timer fires in it. */
const STEP_us = 1000;
const SEND_bytes = 100;

/** One end: a machine and the program that the reader plays. */
class Player {
  readonly machine: Machine;
  readonly #peer: Endpoint;
  readonly #local: Endpoint;
  readonly #thread: Thread;
  /** The connection's descriptor, and the listener's. */
  #fd: number | null = null;
  #listener: number | null = null;

  constructor(machine: Machine, local: Endpoint, peer: Endpoint, pid: number) {
    this.machine = machine;
    this.#local = local;
    this.#peer = peer;
    const narrator = new CallNarrator(machine.recorder, machine.name);
    const process = machine.spawn({ pid, comm: machine.name, narrator });
    this.#thread = process.thread(`${machine.name} program`, null);
  }

  /** What its program holds decides which calls make sense. */
  get holdings(): Holdings {
    return { connection: this.#fd, listener: this.#listener };
  }

  /** Makes a call. @returns false when it makes no sense now: no descriptor to make it on */
  call(name: CallName): boolean {
    if (name === 'connect' || name === 'listen') return this.#begin(name);
    if (name === 'accept') return this.#accept();
    const fd = this.#fd ?? (name === 'close' || name === 'abort' ? this.#listener : null);
    if (fd === null) return false;
    if (name === 'send') this.#run('write', { fd, bytes: SEND_bytes });
    else if (name === 'read') this.#run('read', { fd, bytes: 65536 });
    else if (name === 'shutdown') this.#run('shutdown', { fd, how: 'SHUT_WR' });
    else {
      if (name === 'abort') this.#run('setsockopt', { fd, option: 'SO_LINGER', value: 0 });
      this.#run('close', { fd });
      if (fd === this.#fd) this.#fd = null;
      else this.#listener = null;
    }
    return true;
  }

  #begin(name: 'connect' | 'listen'): boolean {
    if (this.#fd !== null || this.#listener !== null) return false;
    const fd = this.#run('socket', { nonblocking: true }).value;
    if (this.#run('bind', { fd, port: this.#local.port }).errno) {
      this.#run('close', { fd });
    } else if (name === 'listen') {
      this.#listener = fd;
      this.#run('listen', { fd, backlog: 1 });
    } else {
      this.#fd = fd;
      this.#run('connect', { fd, address: this.#peer.address, port: this.#peer.port });
    }
    return true;
  }

  #accept(): boolean {
    if (this.#listener === null || this.#fd !== null) return false;
    const { value } = this.#run('accept', { fd: this.#listener, nonblocking: true });
    if (value >= 0) this.#fd = value;
    return true;
  }

  /** No call sleeps: the reader's sockets do not block. */
  #run(name: string, args: SystemCall['args']): Answer {
    return this.#thread.make({ name, args }) ?? { value: -1, errno: 'EAGAIN' };
  }
}

function* start(
  p: TcpStatesParameters,
  actions?: Interventions,
): Slices<Trace<TcpStatesOutcome, TcpStatesPrograms>> {
  const run = new Run({ actions });
  const { clock, recorder } = run;
  const player = (name: string, local: Endpoint, peer: Endpoint, pid: number) =>
    new Player(run.machine({ name, addresses: [local.address] }), local, peer, pid);
  const players = {
    client: player('client', CLIENT, SERVER, CLIENT_PID),
    server: player('server', SERVER, CLIENT, 3001),
  };
  const wire = new ManualWire([players.client.machine.stack, players.server.machine.stack], recorder, clock);
  for (const { machine } of Object.values(players)) machine.stack.plug(wire);
  const known = [
    recorder.program('client', { state: () => players.client.holdings }),
    recorder.program('server', { state: () => players.server.holdings }),
    recorder.program('next_timer_us', { state: () => clock.next_us }),
  ];
  const look = () => {
    for (const cell of known) cell.touch();
  };
  recorder.record({
    actor: 'reader',
    kind: 'begin',
    says: 'Two machines, no connection. *Begin with listen() at the server, or connect() at the client.*',
    beat: true,
  });

  /** @returns whether the step did anything */
  const act = (step: string): boolean => {
    const [first = '', second = ''] = step.split('.');
    if (step === 'wait') return waitForTimer();
    if (first === 'client' || first === 'server') return players[first].call(second as CallName);
    return wire[first as PacketAction](Number(second));
  };
  const waitForTimer = (): boolean => {
    if (clock.next_us === null) return false;
    const wait_us = clock.next_us - clock.now_us;
    recorder.record({
      actor: 'reader',
      kind: 'waited',
      data: { wait_us },
      says: `${duration(wait_us)} go by.`,
    });
    clock.advance(wait_us);
    return true;
  };

  const without_effect: number[] = [];
  for (const [i, step] of itemsOf(p.history).entries()) {
    yield recorder.events.length;
    if (clock.next_us === null || clock.next_us > clock.now_us + STEP_us) clock.advance(STEP_us);
    recorder.record({
      actor: 'reader',
      kind: 'step',
      data: { step: i + 1, action: step },
      says: `Step ${i + 1}.`,
    });
    const hasActed = act(step);
    // A delayed ACK whose delay is 0 goes out with the next tick: no reader should have to wait for it.
    clock.advance(0);
    if (!hasActed) {
      without_effect.push(i + 1);
      recorder.record({
        actor: 'reader',
        kind: 'without-effect',
        data: { step: i + 1, action: step },
        says:
          step === 'wait'
            ? 'No timer runs at either end: *waiting changes nothing*.'
            : `“${step}” has nothing to act on here, so *nothing happens*.`,
        beat: true,
      });
    }
    recorder.record({
      actor: 'reader',
      kind: 'step-ended',
      data: { step: i + 1, action: step },
      says: `End of step ${i + 1}.`,
    });
    look();
  }

  linkStandoffs(recorder);
  recorder.divide(sectionsOf(recorder.events));
  const outcome: TcpStatesOutcome = {
    client: stateOf(players.client, recorder),
    server: stateOf(players.server, recorder),
    in_flight: wire.inFlight.map(({ number }) => number),
    without_effect,
  };
  return run.finish('tcp-states', { ...p }, outcome, verdictOf(outcome, itemsOf(p.history).length));
}

/** The state of an end's connection, or LISTEN where there has only been a listener. */
function stateOf({ machine }: Player, { events }: Recorder): string {
  const changes = events.flatMap((event) =>
    event.kind === 'state-changed' && event.actor === machine.name ? [event.data] : [],
  );
  const ofConnection = changes.findLast(
    ({ from, to }) => to !== 'LISTEN' && !(from === 'LISTEN' && to === 'CLOSE'),
  );
  if (ofConnection) return ofConnection.to;
  return changes.at(-1)?.to === 'LISTEN' ? 'LISTEN' : 'CLOSE';
}

/** A connection that sends as often as a history can say. */
const LONGEST = [
  'server.listen,client.connect,deliver.1,deliver.2,deliver.3,server.accept',
  ...Array.from({ length: 97 }, (_, i) => `client.send,deliver.${4 + i}`),
].join(',');

export const tcpStates = simulationOf<typeof parameters, TcpStatesOutcome, TcpStatesPrograms>({
  name: 'tcp-states',
  title: 'The eleven states of TCP, both ends played by hand',
  parameters,
  outcome: {
    client: 'state of the client’s connection',
    server: 'state of the server’s connection, or of its listener',
    in_flight: 'numbers of the packets on their way, in the order in which they would arrive',
    without_effect: 'steps, from 1, that had nothing to act on',
  },
  presets: tours,
  size: ({ history }) => {
    const steps = itemsOf(history).length;
    return { events: 1 + 8 * steps, steps, lower: 'history' };
  },
  largest: { history: LONGEST },
  start,
});
