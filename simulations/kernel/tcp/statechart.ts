/**
 * Does what the statechart of `connection.ts` asks for, and keeps what it has decided: the state, the regions and the
 * one timer. Nobody else writes `sk_state`.
 */
import { Chart } from '../../engine/chart.ts';
import type { Regions, TcpStateName } from '../../machine/state.ts';
import { and, type Decision, formula, type Reason, reasonOf } from '../../trace/decision.ts';
import type { KernelMark } from '../../trace/event.ts';
import type { Errno } from '../errno.ts';
import type { Acknowledging } from './acknowledging.ts';
import { type ConnectionActions, type ConnectionEvent, connectionMachine } from './connection.ts';
import type { Diag } from './diag.ts';
import {
  ABORTED,
  type Failure,
  icmpFailure,
  noNeighbour,
  resetFailure,
  timeoutFailure,
  whyCount,
} from './errors.ts';
import type { Outgoing } from './outgoing.ts';
import type { Receiver } from './receiver.ts';
import { TCP_TIMEOUT_INIT_ms } from './retransmission.ts';
import type { Sender } from './sender.ts';
import type { TcpHost } from './tcp-host.ts';
import { TCP_TIMEWAIT_LEN_ms } from './time-wait.ts';

/** The SYN and its timer, as far as the statechart asks for them. Times in ms. */
interface Syn {
  start(): number;
  again(waited_ms: number): number;
  expired(): boolean;
  giveUp(waited_ms: number): Failure;
}

/** The socket that the statechart is of. */
export interface ChartSocket {
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly syn: Syn;
  readonly acknowledging: Acknowledging;
  readonly outgoing: Outgoing;
  readonly diag: Diag;
  /** The listener that has made it, or null. */
  readonly parent: object | null;
  readonly sk_write_pending: number;
  readonly counts: { last_data_sent_us: number };
  readonly sk_shutdown: { send: boolean };
  readonly sk_err_soft: Errno | null;
  sk_err: Errno | null;
  /** Who waits for a change may look. */
  changed(): void;
  /** A listener's handshake is over, whichever way. */
  handshakeEnded(): void;
  /** A listener's connection is up, and waits for accept(). */
  offerToListener(): void;
  /** The state is CLOSE now. */
  closed(): void;
  /** What is left of it goes into a record. */
  keep(substate: 'FIN_WAIT2' | 'TIME_WAIT', timeout_ms: number): void;
}

/** What may come before the timer fires. */
const AWAITED = {
  syn: 'an answer to the SYN',
  synAck: 'the ACK of the SYN-ACK',
  data: 'an ACK',
  cork: 'the cork to be taken out',
  window: 'the peer’s window to open',
} as const;

type Host = Pick<TcpHost, 'clock' | 'sysctl' | 'counters'>;

export class Statechart implements ConnectionActions {
  /** The states of the regions beside the connection's. */
  readonly regions: { -readonly [F in keyof Regions]: Regions[F] } = {
    retransmission: 'idle',
    acknowledgement: 'plain',
    sending: 'open',
  };
  timer_ms = 0;
  /** When that timer was last set, and when it is or was due; µs. */
  timerSet_us = 0;
  timerDue_us = 0;
  /** The SYN-ACK and its timer: `struct request_sock`. */
  synAck = { retransmits: 0, rto_ms: TCP_TIMEOUT_INIT_ms, sent_us: 0 };
  /** A SYN crossed ours, and nothing has acknowledged the SYN-ACK yet. */
  #isSynAckOut = false;
  #sk_state: TcpStateName = 'CLOSE';
  /** The reason of the transition that is being made. */
  #why: Reason | null = null;
  #isOver = false;
  #wait: number | null = null;
  readonly #sk: ChartSocket;
  readonly #host: Host;
  readonly #chart: Chart;

  constructor(sk: ChartSocket, host: Host) {
    this.#sk = sk;
    this.#host = host;
    this.#chart = new Chart(connectionMachine, { sk: this as ConnectionActions }, host.clock);
  }

  get sk_state(): TcpStateName {
    return this.#sk_state;
  }

  /** Gives the statechart an event, unless it is over. */
  tell(event: ConnectionEvent): void {
    if (!this.#isOver) this.#chart.send(event);
  }

  /** Takes no more events, timers included. */
  stop(): void {
    this.#isOver = true;
    this.#chart.stop();
  }

  // --- the connection ---

  because(mark: KernelMark, decision?: Decision): void {
    this.#why = decision ? { mark, decision } : { mark };
  }

  /** `tcp_set_state`. @param why what led to it, where it is not the transition's */
  setState(state: TcpStateName, why = this.#why): void {
    const from = this.#sk_state;
    if (state === from) return;
    const { diag } = this.#sk;
    if (state === 'CLOSE' && (from === 'ESTABLISHED' || from === 'CLOSE_WAIT'))
      this.#host.counters.add('TcpEstabResets');
    if (!diag.isMute)
      diag.record('state-changed', `The socket goes from ${from} to *${state}*.`, {
        data: { from, to: state },
        ...(why?.mark === 'tcp_close_state:next' ? reasonOf(whyNext(from, state)) : why),
      });
    this.#sk_state = state;
    diag.touch();
    if (state !== 'SYN_RECV') this.#sk.handshakeEnded();
    if (!diag.isMute) this.#sk.changed();
    if (state === 'CLOSE') this.#sk.closed();
  }

  finishConnect(): void {
    this.#sk.counts.last_data_sent_us = this.#host.clock.now_us;
    this.setState('ESTABLISHED', { mark: 'tcp_rcv_synsent_state_process:established' });
    this.#sk.diag.record('connection-established', 'The SYN is acknowledged: *the connection is up*.', {
      mark: 'tcp_rcv_synsent_state_process:established',
      beat: true,
    });
    // Who sleeps in write() has data at once, and that carries the ACK.
    if (this.#sk.sk_write_pending > 0) this.#sk.receiver.ack.isScheduled = true;
    else
      this.#sk.outgoing.transmit(
        ['ACK'],
        'An ACK completes the handshake.',
        'tcp_rcv_synsent_state_process:ack',
      );
    this.#sk.changed();
  }

  becomeEstablished(): void {
    this.#sk.counts.last_data_sent_us = this.#host.clock.now_us;
    this.setState('ESTABLISHED', { mark: 'tcp_rcv_state_process:established' });
    this.#host.counters.add('TcpPassiveOpens');
    this.#sk.offerToListener();
    this.#sk.changed();
  }

  sendFin(): void {
    this.#sk.sk_shutdown.send = true;
    this.#sk.sender.sendFin();
  }

  sendReset(): void {
    this.#sk.outgoing.sendReset();
  }

  timeWait(): void {
    this.#sk.keep('TIME_WAIT', TCP_TIMEWAIT_LEN_ms);
  }

  fail(event: ConnectionEvent): void {
    const { errno, mark, decision, says } = this.#cause(event);
    this.#countFailure(event.type);
    this.#sk.sk_err = errno;
    const why = { mark, ...(decision && { decision }) };
    this.setState('CLOSE', why);
    this.#sk.diag.record('connection-failed', says, {
      data: { errno },
      ...why,
      beat: true,
    });
    this.#sk.changed();
  }

  /** `tcp_done`, `tcp_write_err`, `tcp_check_req`; a request that nobody completes is dropped without a count. */
  #countFailure(type: ConnectionEvent['type']): void {
    const { counters } = this.#host;
    const state = this.#sk_state;
    const isRequest = state === 'SYN_RECV' && this.#sk.parent !== null;
    const isTimeout = type === 'give up';
    if (isTimeout && !this.#sk.sender.isProbing) counters.add('TcpExtTCPTimeouts');
    if (isTimeout && !isRequest) counters.add('TcpExtTCPAbortOnTimeout');
    if (isRequest && type === 'RST') counters.add('TcpExtEmbryonicRsts');
    const isAttempt = state === 'SYN_SENT' || state === 'SYN_RECV';
    if (isAttempt && !(isRequest && isTimeout)) counters.add('TcpAttemptFails');
  }

  #cause(event: ConnectionEvent): Failure {
    if (event.type === 'RST') return resetFailure(this.#sk_state);
    if (event.type === 'tcp_abort()') return ABORTED;
    if (event.type === 'ICMP error') {
      const { code, family } = event;
      return event.isLocal ? noNeighbour(family) : icmpFailure(code, family);
    }
    const { syn, sender, sk_err_soft, parent } = this.#sk;
    if (this.#sk_state === 'SYN_SENT') return syn.giveUp(this.timer_ms);
    const { retransmits } = this.synAck;
    const tries = sender.icsk_retransmits || sender.icsk_probes_out || retransmits;
    if (this.#sk_state !== 'SYN_RECV')
      return timeoutFailure(tries, sk_err_soft, 'tcp_write_err:errno', sender.whyGivesUp);
    return parent
      ? timeoutFailure(tries, sk_err_soft, 'reqsk_timer_handler:drop', whyRequest(true))
      : timeoutFailure(
          tries,
          sk_err_soft,
          'tcp_write_err:errno',
          whyCount(retransmits, this.#host.sysctl.tcp_synack_retries),
        );
  }

  // --- the timer ---

  /** Sets the timer anew. */
  setTimer(timer_ms: number, kind: 'retransmission' | 'probe'): void {
    this.#arm(timer_ms, kind);
    this.tell({ type: kind === 'probe' ? 'set probe timer' : 'set timer' });
  }

  clearTimer(): void {
    this.tell({ type: 'clear timer' });
  }

  sendSyn(): void {
    this.#arm(this.#sk.syn.start());
  }

  sendSynAck(): void {
    const isRequest = this.#sk.parent !== null;
    const again = this.synAck.retransmits > 0 && isRequest ? reasonOf(whyRequest(false)) : null;
    const first = isRequest ? 'tcp_conn_request:synack' : 'tcp_rcv_synsent_state_process:synack';
    const says = `A SYN-ACK goes ${again ? 'out again' : 'back'}.`;
    this.#sk.outgoing.transmit(['SYN', 'ACK'], says, again ?? first);
    this.synAck.sent_us = this.#host.clock.now_us;
    this.#isSynAckOut = !isRequest;
    this.#arm(this.synAck.rto_ms);
  }

  expired(): boolean {
    if (this.#isSynAckDue) return this.synAck.retransmits >= this.#host.sysctl.tcp_synack_retries;
    return this.#sk_state === 'SYN_SENT' ? this.#sk.syn.expired() : this.#sk.sender.expired();
  }

  /** Whether the SYN-ACK is the oldest that is unacknowledged: also behind a FIN, when close() came between the SYNs. */
  get #isSynAckDue(): boolean {
    return this.#sk_state === 'SYN_RECV' || (this.#isSynAckOut && this.#sk_state === 'FIN_WAIT1');
  }

  /** The peer has acknowledged our SYN. */
  synAcknowledged(): void {
    this.#isSynAckOut = false;
  }

  retransmit(): void {
    if (this.#sk.sender.isLossProbe) {
      this.#sk.sender.lossProbe(this.timer_ms);
      return;
    }
    this.#host.counters.add('TcpExtTCPTimeouts');
    if (this.#isSynAckDue) {
      const { retransmits, rto_ms, sent_us } = this.synAck;
      this.synAck = { retransmits: retransmits + 1, rto_ms: Math.min(rto_ms * 2, 120_000), sent_us };
      this.sendSynAck();
    } else if (this.#sk_state === 'SYN_SENT') this.#arm(this.#sk.syn.again(this.timer_ms));
    else this.#sk.sender.timerFired();
  }

  probesSpent(): boolean {
    return this.#sk.sender.probesSpent;
  }

  probe(): void {
    this.#sk.sender.probe();
  }

  #arm(timer_ms: number, kind: 'retransmission' | 'probe' = 'retransmission'): void {
    const { now_us } = this.#host.clock;
    this.timer_ms = timer_ms;
    this.timerSet_us = now_us;
    this.timerDue_us = now_us + timer_ms * 1000;
    this.#sk.diag.refresh();
    this.timerEnded();
    const timer = { name: kind, set_us: now_us, due_us: this.timerDue_us };
    this.#wait = this.#sk.diag.beginWait('timer', this.#awaited(kind), timer);
  }

  #awaited(kind: 'retransmission' | 'probe'): string {
    if (kind === 'probe') return this.#sk.sender.hold === 'cork' ? AWAITED.cork : AWAITED.window;
    if (this.#sk_state === 'SYN_SENT') return AWAITED.syn;
    return this.#sk_state === 'SYN_RECV' ? AWAITED.synAck : AWAITED.data;
  }

  /** Nothing waits for the timer any more: it has fired, or was cleared. */
  timerEnded(): void {
    this.#wait = this.#sk.diag.endWait(this.#wait);
  }

  // --- ACKs ---

  get delack_ms(): number {
    return this.#sk.acknowledging.delack_ms;
  }

  acksNow(): boolean {
    return this.#sk.receiver.acksNow();
  }

  inPingpongMode(): boolean {
    return this.#sk.receiver.ack.inPingpongMode;
  }

  hasQuick(): boolean {
    return this.#sk.receiver.ack.quick > 0;
  }

  sendAck(): void {
    this.#sk.acknowledging.sendAck();
  }

  ackNow(): void {
    this.#sk.acknowledging.ackNow();
  }

  sendDelayedAck(): void {
    this.#sk.acknowledging.sendDelayedAck();
  }

  delackTimer(): void {
    this.#sk.acknowledging.delackTimer();
  }

  // --- what the regions report ---

  setRegion(region: keyof Regions, state: string): void {
    const from = this.regions[region];
    if (from === state) return;
    this.regions[region] = state;
    const { acknowledging, diag } = this.#sk;
    const isMode = region === 'acknowledgement' && state !== 'delayed' && from !== 'delayed';
    if (isMode)
      diag.record('mode-changed', acknowledging.sentenceOf(state), {
        data: { from, to: state },
        ...acknowledging.reasonOf(state),
      });
    else diag.refresh();
  }
}

/** What close() and shutdown() make of a state. */
const whyNext = (from: TcpStateName, to: TcpStateName): Decision =>
  formula(
    'tcp_close_state:next',
    `TCP_${to} | TCP_ACTION_FIN`,
    [['sk->sk_state', `TCP_${from}`]],
    'a FIN goes out',
  );

/** What the timer of a request does. */
const whyRequest = (isExpired: boolean): Decision =>
  isExpired
    ? and('reqsk_timer_handler:synack', [['!expire', false]], 'the request is dropped')
    : and(
        'reqsk_timer_handler:synack',
        [
          ['!expire', true],
          ['!inet_rtx_syn_ack(sk_listener, req)', true],
        ],
        'the SYN-ACK goes out again, and the timer is set anew',
      );
