/** A pair of ends against two real sockets, step by step. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { Random } from '#simulations/engine/random.ts';
import { TcpPair } from '#simulations/kernel/tcp/pair.ts';
import type { TcpSock } from '#simulations/kernel/tcp/sock.ts';
import { Machine } from '#simulations/machine/machine.ts';
import { SILENT } from '#simulations/machine/narrator.ts';
import type { Thread } from '#simulations/machine/thread.ts';
import { Link } from '#simulations/network/link.ts';
import { Recorder } from '#simulations/trace/recorder.ts';
import { watchSockets } from '../made.ts';

const SERVER = { address: '192.0.2.2', port: 80 };

/** Longer than a delayed ACK, and far shorter than FIN_WAIT2 and TIME_WAIT, which a pair does not end. */
const STEP_us = 300_000;

type Step =
  | { readonly do: 'connect' | 'respond' | 'client closes' | 'server closes' }
  | { readonly do: 'request' | 'read'; readonly bytes: number };

/** What both ends show: the states, and the server's Recv-Q. */
interface Ends {
  readonly client: string;
  readonly server: string;
  readonly recv_q_bytes: number;
}

/** What is at the other end of connect(). */
type Peer = 'listens' | 'refuses' | 'drops';

/** Two machines with real sockets. */
class Sockets {
  readonly #clock = new VirtualClock();
  readonly #recorder = new Recorder(this.#clock);
  readonly #threads: { client: Thread; server: Thread };
  readonly #listener: number;
  readonly #fd: number;
  /** The server's sockets: its listener, and the connection. */
  readonly #made: readonly TcpSock[];
  #accepted = -1;

  constructor(peer: Peer) {
    const [clock, recorder, random] = [this.#clock, this.#recorder, new Random(1)];
    const machine = (name: string, address: string) =>
      new Machine({ name, addresses: [address], clock, recorder, random });
    const client = machine('client', '192.0.2.1');
    const server = machine('server', SERVER.address);
    this.#made = watchSockets(server);
    const judge = () => (peer === 'drops' ? { do: 'drop' as const, why: 'full' } : { do: 'pass' as const });
    const wire = { rtt_us: 1000, rules: [{ judge }], clock, recorder, random };
    const link = new Link({ ...wire, ends: [client.stack, server.stack] });
    client.stack.plug(link);
    server.stack.plug(link);
    const caller = (on: Machine): Thread =>
      on.spawn({ pid: 1000, comm: on.name, narrator: SILENT }).thread(on.name, null);
    this.#threads = { client: caller(client), server: caller(server) };
    this.#listener = this.#call('server', 'socket', { nonblocking: true });
    if (peer !== 'refuses') {
      this.#call('server', 'bind', { fd: this.#listener, port: SERVER.port });
      this.#call('server', 'listen', { fd: this.#listener, backlog: 4 });
    }
    this.#fd = this.#call('client', 'socket', { nonblocking: true });
  }

  #call(end: 'client' | 'server', name: string, args: Record<string, number | boolean | string>): number {
    const answer = this.#threads[end].make({ name, args });
    if (!answer) throw new Error(`${name}() sleeps`);
    return answer.value;
  }

  /** @returns what the call gave, for read() */
  take(step: Step): number | undefined {
    const got = this.#take(step);
    this.#clock.advance(STEP_us);
    return got;
  }

  #take(step: Step): number | undefined {
    const server = { fd: this.#accepted };
    switch (step.do) {
      case 'connect':
        this.#call('client', 'connect', { fd: this.#fd, ...SERVER });
        this.#clock.advance(STEP_us);
        // Without O_NONBLOCK a read() that has nothing to give would sleep.
        this.#accepted = this.#call('server', 'accept', { fd: this.#listener, nonblocking: true });
        return undefined;
      case 'request':
        this.#call('client', 'write', { fd: this.#fd, bytes: step.bytes });
        return undefined;
      case 'read':
        return this.#read(step.bytes);
      case 'respond':
        this.#call('server', 'write', { ...server, bytes: 20 });
        this.#clock.advance(STEP_us);
        this.#call('client', 'read', { fd: this.#fd, bytes: 100 });
        return undefined;
      case 'client closes':
        this.#call('client', 'close', { fd: this.#fd });
        return undefined;
      case 'server closes':
        this.#call('server', 'close', server);
        this.#clock.advance(STEP_us);
        // A client that is there sees the end of the file, and closes.
        if (this.#stateOf('client') === 'CLOSE_WAIT') this.#call('client', 'close', { fd: this.#fd });
        return undefined;
    }
  }

  /** @returns what it gave; 0 where it would have to wait */
  #read(bytes: number): number {
    return Math.max(0, this.#call('server', 'read', { fd: this.#accepted, bytes }));
  }

  /** The last state that a machine told of a connection; the listener's is none. */
  #stateOf(machine: 'client' | 'server'): string {
    const last = this.#recorder.events.findLast(
      (event) =>
        event.actor === machine &&
        ((event.kind === 'state-changed' && event.data.to !== 'LISTEN') ||
          // A record that answers with a reset is gone without a word.
          (event.kind === 'packet-sent' && event.data.packet === 'RST')),
    );
    return last?.kind === 'state-changed' ? last.data.to : 'CLOSE';
  }

  get ends(): Ends {
    const [client, server] = [this.#stateOf('client'), this.#stateOf('server')];
    // Only where a program can still read does ss show it; a socket in CLOSE is not listed.
    const isRead = server === 'ESTABLISHED' || server === 'CLOSE_WAIT';
    return {
      client,
      server,
      recv_q_bytes: isRead ? (this.#made.at(-1)?.receiver.recv_q_bytes ?? 0) : 0,
    };
  }
}

/** A machine that holds pairs, of which a test looks at one. */
function pairAlone(): TcpPair {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const random = new Random(1);
  const { stack, census } = new Machine({
    name: 'server',
    addresses: [SERVER.address],
    clock,
    recorder,
    random,
  });
  return new TcpPair(stack, census, SERVER, { address: '192.0.2.1', port: 40_000 });
}

/** The same on a pair. @returns what read() gave */
function take(pair: TcpPair, step: Step, peer: Peer): number | undefined {
  switch (step.do) {
    case 'connect':
      pair.connect();
      if (peer === 'listens') pair.establish();
      if (peer === 'refuses') pair.refuse();
      return undefined;
    case 'request':
      pair.request(step.bytes);
      return undefined;
    case 'read':
      return pair.read(step.bytes);
    case 'respond':
      pair.respond();
      return undefined;
    case 'client closes':
      pair.clientCloses();
      return undefined;
    case 'server closes':
      pair.serverCloses();
      return undefined;
  }
}

/** Plays a story on both. @returns the ends after each step, which were equal */
function play(story: readonly Step[], peer: Peer = 'listens'): string[] {
  const sockets = new Sockets(peer);
  const pair = pairAlone();
  return story.map((step, i) => {
    const got = [take(pair, step, peer), sockets.take(step)];
    const { client, server, recv_q_bytes } = pair;
    const where = `after step ${i + 1}, ${step.do}`;
    expect({ client, server, recv_q_bytes }, where).toEqual(sockets.ends);
    // Once the connection is gone read() says so with an errno, which a pair does not know.
    if (server === 'ESTABLISHED' || server === 'CLOSE_WAIT') expect(got[0], where).toBe(got[1]);
    return `${client} ${server} ${recv_q_bytes}`;
  });
}

const connect: Step = { do: 'connect' };
const request: Step = { do: 'request', bytes: 300 };
const read: Step = { do: 'read', bytes: 65_536 };
const respond: Step = { do: 'respond' };
const clientCloses: Step = { do: 'client closes' };
const serverCloses: Step = { do: 'server closes' };

describe('a pair of ends stands where two sockets stand', () => {
  it('when a request is answered and the server closes', () => {
    expect(play([connect, request, read, respond, serverCloses])).toEqual([
      'ESTABLISHED ESTABLISHED 0',
      'ESTABLISHED ESTABLISHED 300',
      'ESTABLISHED ESTABLISHED 0',
      'ESTABLISHED ESTABLISHED 0',
      'CLOSE TIME_WAIT 0',
    ]);
  });

  it('when the client gives up and nobody has read its request: the FIN counts as one', () => {
    expect(play([connect, request, clientCloses]).at(-1)).toBe('FIN_WAIT2 CLOSE_WAIT 301');
  });

  it('when the client gives up after its request was read', () => {
    expect(play([connect, request, read, clientCloses]).at(-1)).toBe('FIN_WAIT2 CLOSE_WAIT 1');
  });

  it('when the server answers a client that is gone', () => {
    expect(play([connect, request, read, clientCloses, respond, serverCloses]).slice(-2)).toEqual([
      'CLOSE CLOSE 0',
      'CLOSE CLOSE 0',
    ]);
  });

  it('when the server reads, and then answers, what a client that is gone had sent', () => {
    expect(play([connect, request, clientCloses, read, respond, serverCloses]).slice(-3)).toEqual([
      'FIN_WAIT2 CLOSE_WAIT 0',
      'CLOSE CLOSE 0',
      'CLOSE CLOSE 0',
    ]);
  });

  it('when the server closes, the client gone and all read', () => {
    expect(play([connect, request, read, clientCloses, serverCloses]).at(-1)).toBe('TIME_WAIT CLOSE 0');
  });

  it('when the server closes with a request unread, the client there or gone', () => {
    expect(play([connect, request, serverCloses]).at(-1)).toBe('CLOSE CLOSE 0');
    expect(play([connect, request, clientCloses, serverCloses]).at(-1)).toBe('CLOSE CLOSE 0');
  });

  it('when the server closes before the client has sent anything', () => {
    expect(play([connect, serverCloses]).at(-1)).toBe('CLOSE TIME_WAIT 0');
  });

  it('when nobody listens', () => {
    expect(play([connect], 'refuses')).toEqual(['CLOSE CLOSE 0']);
  });

  it('when the SYN is dropped and the client gives up connecting', () => {
    expect(play([connect, clientCloses], 'drops')).toEqual(['SYN_SENT CLOSE 0', 'CLOSE CLOSE 0']);
  });
});

describe('any order of what a client and a server do', () => {
  /** A client sends before it closes, and nobody closes twice. */
  const anyStory = fc
    .array(
      fc.oneof(
        fc.record({ do: fc.constant('request' as const), bytes: fc.integer({ min: 1, max: 16_384 }) }),
        fc.record({ do: fc.constant('read' as const), bytes: fc.integer({ min: 1, max: 20_000 }) }),
        fc.record({ do: fc.constantFrom('respond' as const, 'client closes' as const) }),
      ),
      { maxLength: 7 },
    )
    .map((steps) => {
      const gone = steps.findIndex((step) => step.do === 'client closes');
      const kept = steps.filter(
        (step, i) => gone < 0 || i <= gone || !['request', 'client closes'].includes(step.do),
      );
      return [connect, ...kept, serverCloses];
    });

  it('leads both to the same states and the same Recv-Q', () => {
    fc.assert(
      fc.property(anyStory, (story) => void play(story)),
      { seed: 20_260, numRuns: 300 },
    );
  });
});
