/**
 * `struct sock`, `struct inet_connection_sock` and `struct tcp_sock` of one connection: the fields
 * that the statechart's actions read and write, and what they put on the wire.
 *
 * Left out so far: data, windows that move, options other than timestamps.
 */
import { type Actor, createActor } from 'xstate';
import type { VirtualClock } from '../../engine/clock.ts';
import { duration, ordinal } from '../../engine/duration.ts';
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
import { type Failure, icmpFailure, RESET_IN_SYN_SENT } from './errors.ts';
import {
  backOff,
  isLastWait,
  type SynLimits,
  TCP_TIMEOUT_INIT_ms,
  tcp_clamp_rto_to_user_timeout,
  tcp_write_timeout,
  type WriteTimeout,
} from './retransmission.ts';
import {
  backOffText,
  budgetSentence,
  countSentence,
  giveUpSentence,
  timeSentence,
  type Wait,
  waitSentence,
} from './sentences.ts';

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
  #isSilent = false;
  #irs = 0;
  #ts_recent = 0;
  #retrans_stamp_us = 0;
  #timer = { icsk_retransmits: 0, icsk_rto_ms: TCP_TIMEOUT_INIT_ms, total_rto: 0 };
  #syns = 0;

  constructor(host: TcpHost, local: Endpoint) {
    this.#host = host;
    this.local = local;
    this.#iss = host.random.bits();
    host.recorder.introduce(host.name, this.#fields());
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
    this.#record('packet-received', `The ${packet} arrives.`, { data: { number, packet } });
    if (segment.timestamps) this.#ts_recent = segment.timestamps.value;
    if (segment.flags.includes('SYN')) this.#irs = segment.seq;
    const type = segment.flags.includes('RST') ? 'RST' : packet;
    if (type === 'RST' || type === 'SYN' || type === 'SYN-ACK' || type === 'ACK')
      this.#machine.send({ type });
  }

  /**
   * An ICMP error about a segment of this socket: `tcp_v4_err`. While connect() still owns the socket,
   * which lasts no time here and so matters only without a round-trip time, the error is only noted.
   */
  receiveError(code: UnreachableCode): void {
    if (this.sk_state === 'SYN_SENT' && this.#host.clock.now_us === this.#retrans_stamp_us) {
      const { errno } = icmpFailure(code);
      this.sk_err_soft = errno;
      this.#record(
        'error-noted',
        `The error comes back while connect() still holds the socket, so *Linux only notes ${errno}* and goes on.`,
        { data: { errno }, mark: 'tcp_v4_err:soft', beat: true },
      );
      this.#changed();
    } else this.#machine.send({ type: 'ICMP error', code });
  }

  setState(state: string): void {
    if (state === this.sk_state) return;
    const from = this.sk_state;
    this.sk_state = state;
    if (this.#isSilent) return;
    this.#record('state-changed', `The socket goes from ${from} to ${state}.`, {
      data: { from, to: state },
      state: { ...this.#fields(), timer_due_us: null },
      ...(state === 'SYN_SENT' && { mark: '__inet_stream_connect:connect' as const }),
    });
  }

  sendSyn(): void {
    this.#retrans_stamp_us = this.#host.clock.now_us;
    this.#timer = { icsk_retransmits: 0, icsk_rto_ms: TCP_TIMEOUT_INIT_ms, total_rto: 0 };
    this.#record('rto-set', `The first wait for an answer is ${duration(TCP_TIMEOUT_INIT_ms * 1000)}.`, {
      data: { icsk_rto_ms: TCP_TIMEOUT_INIT_ms },
      mark: 'tcp_connect_init:rto',
    });
    const what = this.#transmitSyn('tcp_connect:send');
    // tcp_connect sets its timer to the RTO itself; only retransmissions look at TCP_USER_TIMEOUT.
    this.#setTimer(
      TCP_TIMEOUT_INIT_ms,
      'tcp_connect:timer',
      what,
      `waits ${duration(TCP_TIMEOUT_INIT_ms * 1000)}`,
    );
  }

  sendSynAck(): void {
    this.#transmit(['SYN', 'ACK'], 'A SYN-ACK goes back.');
    this.timer_ms = this.#timer.icsk_rto_ms;
  }

  sendChallengeAck(): void {
    this.#transmit(['ACK'], 'The connection is up already: what comes late is answered with an ACK.');
  }

  expired(): boolean {
    if (this.sk_state === 'SYN_RECV') return this.#timer.icsk_retransmits >= TCP_SYNACK_RETRIES;
    return this.#verdict().expired !== null;
  }

  retransmit(): void {
    const waited_ms = this.timer_ms;
    if (this.sk_state === 'SYN_RECV') {
      this.#timer = {
        ...this.#timer,
        icsk_retransmits: this.#timer.icsk_retransmits + 1,
        icsk_rto_ms: this.#timer.icsk_rto_ms * 2,
      };
      this.sendSynAck();
      return;
    }
    this.#recordVerdict(waited_ms);
    const what = this.#transmitSyn('tcp_retransmit_timer:resend', waited_ms);
    const before = this.#timer;
    const { doubled, ...timer } = backOff(before, this.#limits());
    this.#timer = timer;
    this.#setTimer(
      tcp_clamp_rto_to_user_timeout(timer, this.#limits(), this.#elapsed_ms()),
      doubled ? 'tcp_retransmit_timer:double' : 'tcp_retransmit_timer:linear',
      what,
      backOffText(before, timer, doubled, this.#host.sysctl.tcp_syn_linear_timeouts),
    );
  }

  finishConnect(): void {
    this.setState('ESTABLISHED');
    this.#record('connection-established', 'The SYN is acknowledged: *the connection is up*.', {
      mark: 'tcp_rcv_synsent_state_process:established',
      beat: true,
      state: { timer_due_us: null },
    });
    this.#transmit(['ACK'], 'An ACK completes the handshake.', 'tcp_rcv_synsent_state_process:ack');
    this.#changed();
  }

  becomeEstablished(): void {
    this.setState('ESTABLISHED');
  }

  fail(event: ConnectionEvent): void {
    const { errno, mark, says } = this.#cause(event);
    this.sk_err = errno;
    this.setState('CLOSE');
    this.#record('connection-failed', says, {
      data: { errno },
      mark,
      beat: true,
      state: { sk_err: errno, timer_due_us: null },
    });
    this.#changed();
  }

  #cause(event: ConnectionEvent): Failure {
    if (event.type === 'RST') return RESET_IN_SYN_SENT;
    if (event.type === 'ICMP error') return icmpFailure(event.code);
    this.#recordVerdict(this.timer_ms);
    const errno = this.sk_err_soft ?? 'ETIMEDOUT';
    const says = giveUpSentence(this.#verdict(), this.#elapsed_ms(), errno);
    return { errno, mark: 'tcp_write_err:errno', says };
  }

  #limits(): SynLimits {
    const { icsk_syn_retries, icsk_user_timeout_ms } = this;
    return { ...this.#host.sysctl, kernel: this.#host.kernel, icsk_syn_retries, icsk_user_timeout_ms };
  }

  /** Since the first SYN. */
  #elapsed_ms(): number {
    return (this.#host.clock.now_us - this.#retrans_stamp_us) / 1000;
  }

  #verdict(): WriteTimeout {
    return tcp_write_timeout(this.#timer, this.#limits(), this.#elapsed_ms());
  }

  /** The questions that the kernel asks when the timer fires, in its order; it stops at the first yes. */
  #recordVerdict(waited_ms: number): void {
    this.#record(
      'timer-fired',
      `No answer for ${duration(waited_ms * 1000)}: the retransmission timer fires.`,
      {
        mark: 'tcp_retransmit_timer:ask',
        state: { timer_due_us: null },
      },
    );
    const verdict = this.#verdict();
    const { expired, retry_until, max_retransmits, limit_ms } = verdict;
    const used = this.#timer.icsk_retransmits;
    this.#record('count-checked', countSentence(used, verdict), {
      data: { icsk_retransmits: used, max_retransmits },
      mark: 'tcp_write_timeout:count',
    });
    if (expired === 'count') return;
    if (used === 0) {
      this.#record('time-checked', 'Nothing has been sent again yet, so the time is not looked at.', {
        mark: 'retransmits_timed_out:first',
      });
      return;
    }
    if (limit_ms !== this.icsk_user_timeout_ms)
      this.#record('time-limit', budgetSentence(verdict), {
        data: { retry_until, limit_ms },
        mark: retry_until <= 6 ? 'tcp_model_timeout:doubling' : 'tcp_model_timeout:capped',
      });
    this.#record('time-checked', timeSentence(this.#elapsed_ms(), verdict), {
      data: { elapsed_ms: this.#elapsed_ms(), limit_ms },
      mark: 'retransmits_timed_out:compare',
    });
  }

  /** @returns the beginning of the sentence that tells of it. */
  #transmitSyn(mark: KernelMark, waited_ms = 0): string {
    const lead = waited_ms ? `No answer for ${duration(waited_ms * 1000)}. ` : '';
    if (this.#host.isQueued(this)) {
      const says = `${lead}The first SYN is still in this host, waiting for an address`;
      this.#record('segment-held', `${says}, so no second one is made.`, { mark });
      return says;
    }
    const which = ordinal(this.#syns + 1);
    this.#transmit(['SYN'], `The ${which} SYN goes out.`, mark);
    if (this.#host.isQueued(this))
      return 'The first SYN is made, but this host does not know the peer’s hardware address';
    this.#syns++;
    return `${lead}The ${which} SYN goes out`;
  }

  #transmit(flags: readonly Flag[], says: string, mark?: KernelMark): void {
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

  /** @param what the beginning of the sentence @param how how Linux waits, when nothing shortens the wait */
  #setTimer(timer_ms: number, mark: KernelMark, what: string, how: string): void {
    const { now_us } = this.#host.clock;
    const elapsed_ms = this.#elapsed_ms();
    const wait: Wait = {
      timer_ms,
      how,
      isLast: isLastWait(this.#timer, this.#limits(), elapsed_ms, timer_ms),
      isClamped: timer_ms !== this.#timer.icsk_rto_ms,
      isPassed: this.icsk_user_timeout_ms <= elapsed_ms,
      isQueued: this.#host.isQueued(this),
    };
    const clamp = wait.isPassed
      ? 'tcp_clamp_rto_to_user_timeout:passed'
      : 'tcp_clamp_rto_to_user_timeout:remaining';
    this.timer_ms = timer_ms;
    this.#record('timer-set', waitSentence(what, wait), {
      data: { timer_ms, icsk_rto_ms: this.#timer.icsk_rto_ms, last: wait.isLast },
      mark: wait.isClamped ? clamp : mark,
      beat: true,
      state: { ...this.#fields(), timer_set_us: now_us, timer_due_us: now_us + timer_ms * 1000 },
    });
  }

  #fields(): ActorState {
    return {
      sk_state: this.sk_state,
      local: `${this.local.address}:${this.local.port}`,
      remote: `${this.remote.address}:${this.remote.port}`,
      sk_err: this.sk_err,
      icsk_retransmits: this.#timer.icsk_retransmits,
      max_retransmits: this.#verdict().max_retransmits,
      limit_ms: this.#verdict().limit_ms,
      retrans_stamp_us: this.#retrans_stamp_us,
      icsk_rto_ms: this.#timer.icsk_rto_ms,
      syns_sent: this.#syns,
      timer_set_us: null,
      timer_due_us: null,
    };
  }

  #changed(): void {
    const waiters = [...this.#waiters];
    // A woken process runs after the softirq that woke it.
    for (const wake of waiters) this.#host.clock.after(0, () => this.#waiters.has(wake) && wake());
  }

  #record(
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
