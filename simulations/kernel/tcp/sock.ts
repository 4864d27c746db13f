/**
 * `struct sock`, `struct inet_connection_sock` and `struct tcp_sock` of one connection: the fields
 * that the statechart's actions read and write, and what they put on the wire.
 *
 * Left out so far: data, windows that move, options other than timestamps.
 */
import { type Actor, createActor } from 'xstate';
import { duration, ordinal } from '../../engine/duration.ts';
import type { ActorState, KernelMark } from '../../engine/trace.ts';
import {
  type Endpoint,
  type Flag,
  packetName,
  type Segment,
  type UnreachableCode,
} from '../../network/packet.ts';
import type { Errno } from '../errno.ts';
import type { Host } from '../host.ts';
import { type ConnectionActions, type ConnectionEvent, connectionMachine } from './connection.ts';
import {
  backOff,
  isLastWait,
  type SynLimits,
  TCP_TIMEOUT_INIT_ms,
  tcp_clamp_rto_to_user_timeout,
  tcp_write_timeout,
  type WriteTimeout,
} from './retransmission.ts';

/** sysctl `tcp_synack_retries`, its default. */
const TCP_SYNACK_RETRIES = 5;

/** The errno of an ICMP destination unreachable: `icmp_err_convert` in `net/ipv4/icmp.c`. */
const ICMP_ERRNO: Record<UnreachableCode, { errno: Errno; mark: KernelMark }> = {
  net: { errno: 'ENETUNREACH', mark: 'icmp_err_convert:net' },
  host: { errno: 'EHOSTUNREACH', mark: 'icmp_err_convert:host' },
  port: { errno: 'ECONNREFUSED', mark: 'icmp_err_convert:port' },
  'admin-prohibited': { errno: 'EHOSTUNREACH', mark: 'icmp_err_convert:filtered' },
};

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

  readonly #host: Host;
  readonly #machine: Actor<typeof connectionMachine>;
  readonly #waiters = new Set<() => void>();
  readonly #iss: number;
  #irs = 0;
  #ts_recent = 0;
  #retrans_stamp_us = 0;
  #timer = { icsk_retransmits: 0, icsk_rto_ms: TCP_TIMEOUT_INIT_ms, total_rto: 0 };
  #syns = 0;

  constructor(host: Host, local: Endpoint) {
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

  /** Passive open. */
  listen(): void {
    this.#machine.send({ type: 'listen()' });
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
      const { errno } = ICMP_ERRNO[code];
      this.sk_err_soft = errno;
      this.#record(
        'error-noted',
        `connect() still holds the socket, so Linux only notes ${errno}. *The next SYN will meet the same error and end the wait.*`,
        { data: { errno }, mark: 'tcp_v4_err:soft', beat: true },
      );
      this.#changed();
    } else this.#machine.send({ type: 'ICMP error', code });
  }

  setState(state: string): void {
    if (state === this.sk_state) return;
    const from = this.sk_state;
    this.sk_state = state;
    this.#record('state-changed', `The socket goes from ${from} to ${state}.`, {
      data: { from, to: state },
      state: { sk_state: state },
    });
  }

  sendSyn(): void {
    this.#retrans_stamp_us = this.#host.clock.now_us;
    this.#timer = { icsk_retransmits: 0, icsk_rto_ms: TCP_TIMEOUT_INIT_ms, total_rto: 0 };
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
    this.#transmit(['ACK'], 'The connection is up already; a SYN that comes late is answered with an ACK.');
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
    const { doubled, ...timer } = backOff(this.#timer, this.#limits());
    const before_ms = this.#timer.icsk_rto_ms;
    this.#timer = timer;
    const clamped_ms = tcp_clamp_rto_to_user_timeout(timer, this.#limits(), this.#elapsed_us() / 1000);
    const wait = duration(timer.icsk_rto_ms * 1000);
    const linear = this.#host.sysctl.tcp_syn_linear_timeouts;
    const how = !doubled
      ? `still waits ${wait}, linear retransmission ${timer.total_rto} of ${linear}`
      : timer.icsk_rto_ms === before_ms
        ? `waits ${wait}, the longest it ever does`
        : `doubles the wait to ${wait}`;
    const mark = doubled ? 'tcp_retransmit_timer:double' : 'tcp_retransmit_timer:linear';
    this.#setTimer(clamped_ms, mark, what, how);
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

  #cause(event: ConnectionEvent): { errno: Errno; mark: KernelMark; says: string } {
    if (event.type === 'RST')
      return {
        errno: 'ECONNREFUSED',
        mark: 'tcp_reset:refused',
        says: 'A reset for a socket in SYN_SENT means that nobody listens: *ECONNREFUSED*, and no second try.',
      };
    if (event.type === 'ICMP error') {
      const { errno, mark } = ICMP_ERRNO[event.code];
      return {
        errno,
        mark,
        says: `An ICMP error ends a connect at once: ${event.code} unreachable is *${errno}*.`,
      };
    }
    const verdict = this.#verdict();
    this.#recordVerdict(this.timer_ms);
    const elapsed = duration(this.#elapsed_us());
    const spent = {
      count: `All ${verdict.max_retransmits} retransmissions are spent after ${elapsed}`,
      elapsed: `${elapsed} have passed, the time that ${verdict.retry_until} doubling ${verdict.retry_until === 1 ? 'retry stands' : 'retries stand'} for`,
      'user-timeout': `TCP_USER_TIMEOUT, ${duration(this.icsk_user_timeout_ms * 1000)}, has passed`,
    }[verdict.expired ?? 'elapsed'];
    const errno = this.sk_err_soft ?? 'ETIMEDOUT';
    return { errno, mark: 'tcp_write_err:errno', says: `${spent}: *Linux gives up with ${errno}*.` };
  }

  #limits(): SynLimits {
    const { icsk_syn_retries, icsk_user_timeout_ms } = this;
    return { ...this.#host.sysctl, kernel: this.#host.kernel, icsk_syn_retries, icsk_user_timeout_ms };
  }

  #elapsed_us(): number {
    return this.#host.clock.now_us - this.#retrans_stamp_us;
  }

  #verdict(): WriteTimeout {
    return tcp_write_timeout(this.#timer, this.#limits(), this.#elapsed_us() / 1000);
  }

  #recordVerdict(waited_ms: number): void {
    this.#record(
      'timer-fired',
      `No answer for ${duration(waited_ms * 1000)}: the retransmission timer fires.`,
      {
        mark: 'tcp_retransmit_timer:ask',
        state: { timer_due_us: null },
      },
    );
    const { expired, max_retransmits, limit_ms } = this.#verdict();
    const used = this.#timer.icsk_retransmits;
    this.#record(
      'limit-checked',
      `${used} of ${max_retransmits} retransmissions used, ${duration(this.#elapsed_us())} of ${duration(limit_ms * 1000)}: ${expired ? '*over*' : 'go on'}.`,
      {
        data: { icsk_retransmits: used, max_retransmits, limit_ms, expired },
        mark: expired === 'count' ? 'tcp_write_timeout:count' : 'tcp_write_timeout:elapsed',
      },
    );
  }

  /** @returns the beginning of the sentence that tells of it. */
  #transmitSyn(mark: KernelMark, waited_ms = 0): string {
    const lead = waited_ms ? `No answer for ${duration(waited_ms * 1000)}. ` : '';
    if (this.#host.isQueued(this)) {
      const says = `${lead}The first SYN is still in this host, waiting for an address`;
      this.#record('segment-held', `${says}, so no second one is made.`, { mark });
      return says;
    }
    const which = ordinal(++this.#syns);
    this.#transmit(['SYN'], `The ${which} SYN goes out.`, mark);
    return this.#host.isQueued(this)
      ? 'The first SYN is made, but this host does not know the peer’s hardware address'
      : `${lead}The ${which} SYN goes out`;
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

  /** @param what the beginning of the sentence @param wait its middle, when nothing shortens the wait */
  #setTimer(timer_ms: number, mark: KernelMark, what: string, wait: string): void {
    const { clock } = this.#host;
    const elapsed_ms = this.#elapsed_us() / 1000;
    const last = isLastWait(this.#timer, this.#limits(), elapsed_ms, timer_ms);
    const isClamped = timer_ms !== this.#timer.icsk_rto_ms;
    const isPassed = this.icsk_user_timeout_ms <= elapsed_ms;
    this.timer_ms = timer_ms;
    this.#record('timer-set', this.#waitSentence(what, wait, { last, isClamped, isPassed }), {
      data: { timer_ms, icsk_rto_ms: this.#timer.icsk_rto_ms, last },
      mark: !isClamped
        ? mark
        : isPassed
          ? 'tcp_clamp_rto_to_user_timeout:passed'
          : 'tcp_clamp_rto_to_user_timeout:remaining',
      beat: true,
      state: {
        ...this.#fields(),
        timer_set_us: clock.now_us,
        timer_due_us: clock.now_us + timer_ms * 1000,
      },
    });
  }

  #waitSentence(
    what: string,
    wait: string,
    is: { last: boolean; isClamped: boolean; isPassed: boolean },
  ): string {
    if (is.isClamped) {
      const timer = duration(this.timer_ms * 1000);
      return is.isPassed
        ? `${what}. TCP_USER_TIMEOUT has already passed, so Linux waits one jiffy, ${timer}: *then it gives up*.`
        : `${what}. TCP_USER_TIMEOUT ends in ${timer}, so Linux waits only that long: *then it gives up*.`;
    }
    const next = is.last ? '*if nothing answers by then, it gives up*' : '*then it tries again*';
    return `${what}. Linux ${wait}; ${next}.`;
  }

  #fields(): ActorState {
    return {
      sk_state: this.sk_state,
      sk_err: this.sk_err,
      icsk_retransmits: this.#timer.icsk_retransmits,
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
