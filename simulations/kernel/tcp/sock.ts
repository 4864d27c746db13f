/**
 * `struct sock`, `struct inet_connection_sock` and `struct tcp_sock` of one connection: the fields
 * that the statechart's actions read and write, and what they put on the wire.
 *
 * Left out so far: data, windows that move, options other than timestamps.
 */
import { type Actor, createActor } from 'xstate';
import type { VirtualClock } from '../../engine/clock.ts';
import type { Random } from '../../engine/random.ts';
import type { ActorState, KernelMark, Recorder } from '../../engine/trace.ts';
import {
  type Endpoint,
  type Flag,
  packetName,
  type Segment,
  type UnreachableCode,
} from '../../network/packet.ts';
import type { Errno } from '../errno.ts';
import type { KernelProfile } from '../profile.ts';
import { type ConnectionActions, type ConnectionEvent, connectionMachine } from './connection.ts';
import { type Failure, icmpFailure, NO_NEIGHBOUR, RESET_IN_SYN_SENT } from './errors.ts';
import { type SynLimits, TCP_TIMEOUT_INIT_ms } from './retransmission.ts';
import { SynRetransmission } from './syn-retransmission.ts';

/** sysctl `tcp_synack_retries`, its default. */
const TCP_SYNACK_RETRIES = 5;

/** What a socket needs of the host that it lives in. */
export interface TcpHost {
  readonly name: string;
  readonly kernel: KernelProfile;
  readonly sysctl: Pick<SynLimits, 'tcp_syn_retries' | 'tcp_syn_linear_timeouts'>;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly random: Random;
  /** The clock of RFC 7323 timestamps, in ms. */
  timestamp(): number;
  /** Whether a segment of this socket still waits in the host for a hardware address. */
  isQueued(sock: TcpSock): boolean;
  /** Sends a segment, or queues it while the neighbour is unknown. */
  transmit(segment: Segment, sock: TcpSock, says: string, mark?: KernelMark): void;
}

export class TcpSock implements ConnectionActions {
  readonly local: Endpoint;
  remote: Endpoint = { address: '0.0.0.0', port: 0 };
  /** `TCP_SYNCNT`, 0 for the sysctl's. */
  icsk_syn_retries = 0;
  /** `TCP_USER_TIMEOUT` in ms, 0 for none. */
  icsk_user_timeout_ms = 0;
  /** A pending error; reading it through SO_ERROR or a failed call clears it. */
  sk_err: Errno | null = null;
  /** An error that was noted while connect() held the socket. */
  sk_err_soft: Errno | null = null;
  sk_state = 'CLOSE';
  timer_ms = 0;

  readonly #host: TcpHost;
  readonly #machine: Actor<typeof connectionMachine>;
  readonly #waiters = new Set<() => void>();
  readonly #iss: number;
  readonly #syn: SynRetransmission;
  #isSilent = false;
  #irs = 0;
  #ts_recent = 0;
  #synAck = { retransmits: 0, rto_ms: TCP_TIMEOUT_INIT_ms };

  constructor(host: TcpHost, local: Endpoint) {
    this.#host = host;
    this.local = local;
    this.#iss = host.random.bits();
    this.#syn = new SynRetransmission(this, host);
    host.recorder.introduce(host.name, this.fields());
    this.#machine = createActor(connectionMachine, { clock: host.clock, input: { sk: this } });
    this.#machine.start();
  }

  /** Active open: `tcp_v4_connect`. The state is SYN_SENT when it returns. */
  open(remote: Endpoint): void {
    this.remote = remote;
    this.#machine.send({ type: 'connect()' });
  }

  /** Passive open. @param silently for the child of a listener, whose LISTEN is not its own */
  listen({ silently = false } = {}): void {
    this.#isSilent = silently;
    this.#machine.send({ type: 'listen()' });
    this.#isSilent = false;
  }

  /** The last descriptor is gone: a socket in SYN_SENT dies without a word to the peer. */
  close(): void {
    this.#machine.send({ type: 'close()' });
  }

  /** Calls `wake` at the next change of state, after it. @returns a function that stops the wait. */
  waitForChange(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => this.#waiters.delete(wake);
  }

  /** A segment for this socket: `tcp_rcv_state_process`. */
  receive(segment: Segment, number: number): void {
    const packet = packetName(segment);
    this.record('packet-received', `The ${packet} arrives.`, { data: { number, packet } });
    if (segment.timestamps) this.#ts_recent = segment.timestamps.value;
    if (segment.flags.includes('SYN')) this.#irs = segment.seq;
    const type = segment.flags.includes('RST') ? 'RST' : packet;
    if (type === 'RST' || type === 'SYN' || type === 'SYN-ACK' || type === 'ACK')
      this.#machine.send({ type });
  }

  /**
   * An ICMP error about a segment of this socket: `tcp_v4_err`. While connect() still owns the socket,
   * which lasts no time here and so matters only without a round-trip time, the error is only noted.
   *
   * @param about the segment that it is about @param isLocal this host made the error itself, for want of an address
   */
  receiveError(code: UnreachableCode, about: Segment, isLocal = false): void {
    if (this.sk_state === 'SYN_SENT' && this.#syn.elapsed_ms === 0) {
      const { errno } = icmpFailure(code);
      this.sk_err_soft = errno;
      this.record(
        'error-noted',
        `The error comes back while connect() still holds the socket, so *Linux only notes ${errno}* and goes on.`,
        { data: { errno }, mark: 'tcp_v4_err:soft', beat: true },
      );
      this.#changed();
      return;
    }
    const isRoute = code === 'net' || code === 'host';
    if (this.sk_state === 'SYN_SENT' && isRoute && this.#syn.revert(about) === 'expired')
      this.#machine.send({ type: 'give up' });
    this.#machine.send({ type: 'ICMP error', code, isLocal });
  }

  setState(state: string): void {
    if (state === this.sk_state) return;
    const from = this.sk_state;
    this.sk_state = state;
    if (this.#isSilent) return;
    this.record('state-changed', `The socket goes from ${from} to ${state}.`, {
      data: { from, to: state },
      state: { ...this.fields(), timer_due_us: null },
      ...(state === 'SYN_SENT' && { mark: '__inet_stream_connect:connect' as const }),
    });
  }

  sendSyn(): void {
    this.timer_ms = this.#syn.start();
  }

  sendSynAck(): void {
    this.transmit(['SYN', 'ACK'], 'A SYN-ACK goes back.');
    this.timer_ms = this.#synAck.rto_ms;
  }

  sendChallengeAck(): void {
    this.transmit(['ACK'], 'The connection is up already: what comes late is answered with an ACK.');
  }

  expired(): boolean {
    if (this.sk_state === 'SYN_RECV') return this.#synAck.retransmits >= TCP_SYNACK_RETRIES;
    return this.#syn.expired();
  }

  retransmit(): void {
    if (this.sk_state === 'SYN_RECV') {
      const { retransmits, rto_ms } = this.#synAck;
      this.#synAck = { retransmits: retransmits + 1, rto_ms: rto_ms * 2 };
      this.sendSynAck();
    } else this.timer_ms = this.#syn.again(this.timer_ms);
  }

  finishConnect(): void {
    this.setState('ESTABLISHED');
    this.record('connection-established', 'The SYN is acknowledged: *the connection is up*.', {
      mark: 'tcp_rcv_synsent_state_process:established',
      beat: true,
      state: { timer_due_us: null },
    });
    this.transmit(['ACK'], 'An ACK completes the handshake.', 'tcp_rcv_synsent_state_process:ack');
    this.#changed();
  }

  becomeEstablished(): void {
    this.setState('ESTABLISHED');
  }

  fail(event: ConnectionEvent): void {
    const { errno, mark, says } = this.#cause(event);
    this.sk_err = errno;
    this.setState('CLOSE');
    this.record('connection-failed', says, {
      data: { errno },
      mark,
      beat: true,
      state: { sk_err: errno, timer_due_us: null },
    });
    this.#changed();
  }

  #cause(event: ConnectionEvent): Failure {
    if (event.type === 'RST') return RESET_IN_SYN_SENT;
    if (event.type === 'ICMP error') return event.isLocal ? NO_NEIGHBOUR : icmpFailure(event.code);
    return this.#syn.giveUp(this.timer_ms);
  }

  /** Puts a segment without data on its way. */
  transmit(flags: readonly Flag[], says: string, mark?: KernelMark): void {
    const isSyn = flags.includes('SYN');
    const hasAck = flags.includes('ACK');
    const segment: Segment = {
      protocol: 'tcp',
      from: this.local,
      to: this.remote,
      flags,
      seq: isSyn ? this.#iss : (this.#iss + 1) >>> 0,
      ack: hasAck ? (this.#irs + 1) >>> 0 : 0,
      window_bytes: isSyn && !hasAck ? this.#host.kernel.syn_window_bytes : isSyn ? 65160 : 502,
      timestamps: { value: this.#host.timestamp(), echo: hasAck ? this.#ts_recent : 0 },
    };
    this.#host.transmit(segment, this, says, mark);
  }

  /** What the page shows of the socket. */
  fields(): ActorState {
    return {
      sk_state: this.sk_state,
      local: `${this.local.address}:${this.local.port}`,
      remote: `${this.remote.address}:${this.remote.port}`,
      sk_err: this.sk_err,
      timer_set_us: null,
      timer_due_us: null,
      ...this.#syn.fields(),
    };
  }

  #changed(): void {
    const waiters = [...this.#waiters];
    // A woken process runs after the softirq that woke it.
    for (const wake of waiters) this.#host.clock.after(0, () => this.#waiters.has(wake) && wake());
  }

  /** Records an event of this socket. */
  record(
    kind: string,
    says: string,
    rest: {
      data?: { readonly [key: string]: string | number | boolean | null };
      mark?: KernelMark;
      beat?: boolean;
      state?: ActorState;
    } = {},
  ): void {
    const { state, ...event } = rest;
    this.#host.recorder.record({
      actor: this.#host.name,
      kind,
      says,
      ...event,
      ...(state && { state: { [this.#host.name]: state } }),
    });
  }
}
