/**
 * The eleven states, by hand: a reader makes the calls of both ends and decides what becomes of each packet.
 * A run is its history; nothing happens by itself but timers, and those only while the reader waits.
 *
 * Left out: more than one connection at a time, data other than a hundred bytes a call, SO_REUSEADDR.
 */
import { VirtualClock } from '../engine/clock.ts';
import { duration } from '../engine/duration.ts';
import { itemsOf } from '../engine/parameters.ts';
import type { Answer, SystemCall } from '../engine/process.ts';
import { Random } from '../engine/random.ts';
import type { Simulation } from '../engine/simulation.ts';
import { type ActorState, Recorder, type Trace } from '../engine/trace.ts';
import { Host } from '../kernel/host.ts';
import { KERNELS } from '../kernel/profile.ts';
import { Syscalls } from '../kernel/syscalls.ts';
import type { Endpoint } from '../network/packet.ts';
import { Post } from '../network/post.ts';
import { End } from './tcp-states/end.ts';
import { type CallName, type Fate, parameters, type TcpStatesParameters } from './tcp-states/parameters.ts';
import { tours } from './tcp-states/tours.ts';

export interface TcpStatesOutcome {
  readonly client: string;
  readonly server: string;
  readonly in_flight: readonly number[];
  readonly without_effect: readonly number[];
}

const CLIENT: Endpoint = { address: '192.0.2.1', port: 40000 };
const SERVER: Endpoint = { address: '192.0.2.2', port: 80 };
/** What passes between two things that a reader does, as long as no timer fires in it. */
const STEP_us = 1000;
const SEND_bytes = 100;

/** One end: a host and the program that the reader plays. */
class Player {
  readonly host: Host;
  readonly end: End;
  readonly #peer: Endpoint;
  readonly #local: Endpoint;
  readonly #kernel: Syscalls;
  readonly #caller;
  /** The connection's descriptor, and the listener's. */
  #fd: number | null = null;
  #listener: number | null = null;

  /** What this end has, and what its program holds of it: they decide which calls make sense. */
  get fields(): ActorState {
    return {
      ...this.end.fields,
      holds_connection: this.#fd !== null,
      holds_listener: this.#listener !== null,
    };
  }

  constructor(host: Host, local: Endpoint, peer: Endpoint, pid: number) {
    this.host = host;
    this.end = new End(host.name);
    this.#local = local;
    this.#peer = peer;
    this.#kernel = new Syscalls(host, `${host.name} program`);
    this.#caller = { name: `${host.name} program`, pid };
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
    const state = this.end.connection ?? 'CLOSE';
    if (state !== 'CLOSE') {
      this.host.recorder.record({
        actor: this.#caller.name,
        kind: 'port-in-use',
        data: { port: this.#local.port, state, errno: 'EADDRINUSE' },
        says: `bind() fails with *EADDRINUSE*: port ${this.#local.port} still belongs to the connection in ${state}.`,
        beat: true,
      });
      return true;
    }
    const fd = this.#run('socket', { nonblocking: true }).value;
    this.#run('bind', { fd, port: this.#local.port });
    if (name === 'listen') {
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
    const { value } = this.#run('accept', { fd: this.#listener });
    if (value >= 0) this.#fd = value;
    return true;
  }

  #run(name: string, args: SystemCall['args']): Answer {
    const call = { name, args };
    this.#kernel.called(this.#caller, call);
    const answer = this.#kernel.run(call) as Answer;
    this.#kernel.returned(this.#caller, call, answer, 0);
    return answer;
  }
}

function run(p: TcpStatesParameters): Trace<TcpStatesOutcome> {
  const clock = new VirtualClock();
  const random = new Random(1);
  const recorder = new Recorder(clock);
  const host = (name: string, { address }: Endpoint) =>
    new Host({ name, address, kernel: KERNELS['6.12'], clock, recorder, random });
  const players = {
    client: new Player(host('client', CLIENT), CLIENT, SERVER, 2001),
    server: new Player(host('server', SERVER), SERVER, CLIENT, 3001),
  };
  const post = new Post([players.client.host, players.server.host], recorder);
  for (const { host } of Object.values(players)) {
    host.plug(post);
    recorder.introduce(host.name, { sk_state: 'CLOSE' });
  }
  /** What the page must know of a moment and no packet or socket tells. */
  let followed = 0;
  const after = () => {
    for (const event of recorder.events.slice(followed))
      for (const { end } of Object.values(players)) end.follow(event);
    followed = recorder.events.length;
    return {
      reader: { next_timer_us: clock.next_us },
      'client end': players.client.fields,
      'server end': players.server.fields,
    };
  };
  recorder.record({
    actor: 'reader',
    kind: 'begin',
    says: 'Two machines, no connection. *Begin with listen() at the server, or connect() at the client.*',
    beat: true,
    state: after(),
  });

  /** @returns whether the step did anything */
  const act = (step: string): boolean => {
    const [first = '', second = ''] = step.split('.');
    if (step === 'wait') return waitForTimer();
    if (first === 'client' || first === 'server') return players[first].call(second as CallName);
    return post[first as Fate](Number(second));
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
      state: after(),
    });
  }

  /** The state of an end's connection, or LISTEN where there has only been a listener. */
  const stateOf = ({ end }: Player): string => end.connection ?? (end.hasListener ? 'LISTEN' : 'CLOSE');
  return recorder.finish(
    'tcp-states',
    { ...p },
    {
      client: stateOf(players.client),
      server: stateOf(players.server),
      in_flight: post.letters.map(({ number }) => number),
      without_effect,
    },
  );
}

export const tcpStates: Simulation<typeof parameters, TcpStatesOutcome> = {
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
  run,
};
