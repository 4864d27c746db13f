/**
 * `struct sock`, `struct inet_connection_sock` and `struct tcp_sock` of one connection: what programs ask for, what
 * the statechart asks for, and what goes onto the wire. What arrives is judged in `incoming.ts`; data moves in
 * `sender.ts` and `receiver.ts`.
 *
 * Left out: options other than MSS and timestamps, PAWS, urgent data.
 */
import { type Actor, createActor } from 'xstate';
import type { ActorState, KernelMark } from '../../engine/trace.ts';
import {
  type Endpoint,
  type Flag,
  packetName,
  type Segment,
  type UnreachableCode,
} from '../../network/packet.ts';
import type { Errno } from '../errno.ts';
import { Acknowledging } from './acknowledging.ts';
import { type ConnectionActions, type ConnectionEvent, connectionMachine } from './connection.ts';
import { type Failure, icmpFailure, NO_NEIGHBOUR, resetFailure } from './errors.ts';
import { Incoming } from './incoming.ts';
import type { NagleVerdict } from './nagle.ts';
import { tcp_select_initial_window } from './receive-buffer.ts';
import { Receiver, WINDOW_SCALE_bytes } from './receiver.ts';
import { TCP_TIMEOUT_INIT_ms } from './retransmission.ts';
import { bytesOf, type Sent } from './send-queue.ts';
import { type Hold, Sender, type SenderSocket } from './sender.ts';
import { Sequence } from './sequence.ts';
import { SynRetransmission } from './syn-retransmission.ts';
import { type AcceptQueue, type TcpHost, TIMESTAMPS_bytes } from './tcp-host.ts';
import { TCP_INVALID_RATELIMIT_us, TCP_TIMEWAIT_LEN_ms } from './time-wait.ts';

type Region = 'retransmission' | 'acknowledgement' | 'sending';
type Details = {
  data?: { readonly [key: string]: string | number | boolean | null };
  mark?: KernelMark;
  beat?: boolean;
  state?: ActorState;
};

export class TcpSock implements ConnectionActions, SenderSocket {
  local: Endpoint;
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
  /** `RCV_SHUTDOWN` and `SEND_SHUTDOWN`. */
  sk_shutdown = { rcv: false, send: false };
  /** `SOCK_DEAD`: no program holds it. */
  isOrphan = false;
  timer_ms = 0;
  /** When that timer is due, in µs, or null while none runs. */
  #timerDue_us: number | null = null;
  readonly sender = new Sender(this);
  readonly receiver: Receiver;
  readonly #incoming = new Incoming(this);
  readonly #acknowledging = new Acknowledging(this);
  /** For a listener: who waits for accept(). */
  queue: AcceptQueue | null = null;
  /** For a connection that a listener has made: the listener. */
  parent: TcpSock | null = null;
  /** The states of the regions beside the connection's. */
  readonly regions = { retransmission: 'idle', acknowledgement: 'plain', sending: 'open' };

  /** Where it lives. */
  readonly host: TcpHost;
  readonly #machine: Actor<typeof connectionMachine>;
  readonly #waiters = new Set<() => void>();
  /** The numbers of this end's stream, and of the peer's once its SYN has come. */
  readonly snd: Sequence;
  rcv = new Sequence(0);
  /** The SYN and its timer. */
  readonly syn: SynRetransmission;
  #isSilent = false;
  /** Nothing is left of it here: its record, if any, goes on without it. */
  #isOver = false;
  /** The peer's last timestamp, which the next segment echoes: `rx_opt.ts_recent`. */
  ts_recent = 0;
  /** The SYN-ACK and its timer: `struct request_sock`. */
  synAck = { retransmits: 0, rto_ms: TCP_TIMEOUT_INIT_ms, sent_us: 0 };
  #timerSet_us = 0;
  /** When an ACK last answered what does not fit. */
  #last_oow_us = Number.NEGATIVE_INFINITY;

  constructor(host: TcpHost, local: Endpoint) {
    this.host = host;
    this.local = local;
    this.snd = new Sequence(host.random.bits());
    this.syn = new SynRetransmission(this, host);
    this.receiver = new Receiver(this, host.sysctl.rcvbuf_bytes);
    host.recorder.introduce(host.name, this.fields());
    this.#machine = createActor(connectionMachine, { clock: host.clock, input: { sk: this } });
    this.#machine.start();
  }

  get now_us(): number {
    return this.host.clock.now_us;
  }

  get tcp_retries2(): number {
    return this.host.sysctl.tcp_retries2;
  }

  get tcp_pingpong_thresh(): number {
    return this.host.sysctl.tcp_pingpong_thresh;
  }

  get rcv_wnd(): number {
    return this.receiver.rcv_wnd;
  }

  get advmss_bytes(): number {
    return this.host.mss_bytes - TIMESTAMPS_bytes;
  }

  get rto_ms(): number {
    return this.sender.icsk_rto_ms;
  }

  get srtt_us(): number {
    return this.sender.rtt.srtt_us;
  }

  // --- what programs ask for ---

  /** Active open: `tcp_v4_connect`. The state is SYN_SENT when it returns. */
  open(remote: Endpoint): void {
    this.remote = remote;
    this.tell({ type: 'connect()' });
  }

  /** Passive open: `inet_csk_listen_start`. @param backlog as in listen(); one more than that fit */
  listen(backlog = 4096): void {
    this.queue = { backlog, ready: [], requests: new Set() };
    this.tell({ type: 'listen()' });
  }

  /** A listener's SYN becomes a connection of its own: its LISTEN is not recorded, for it is the parent's. */
  request(parent: TcpSock, remote: Endpoint): void {
    this.parent = parent;
    parent.queue?.requests.add(this);
    this.remote = remote;
    this.sender.nonagle = parent.sender.nonagle;
    this.#isSilent = true;
    this.tell({ type: 'listen()' });
    this.#isSilent = false;
  }

  /** Takes the first connection that is ready, or undefined. */
  accept(): TcpSock | undefined {
    return this.queue?.ready.shift();
  }

  /** Whether one connection more would be too many: `sk_acceptq_is_full`. */
  get isAcceptQueueFull(): boolean {
    return this.queue !== null && this.queue.ready.length > this.queue.backlog;
  }

  /**
   * The last descriptor is gone: `__tcp_close`.
   * @param aborts SO_LINGER with a time of 0
   */
  close(aborts = false): void {
    const isUnread = this.receiver.readable_bytes > 0 && this.sk_state !== 'LISTEN';
    this.sk_shutdown = { rcv: true, send: true };
    if (this.sk_state === 'LISTEN') this.#stopListening();
    if (isUnread && this.sk_state !== 'CLOSE')
      this.record(
        'data-unread',
        `${this.receiver.readable_bytes} bytes have not been read, so the close is *a reset*.`,
        { mark: '__tcp_close:unread', beat: true },
      );
    this.isOrphan = true;
    this.tell({
      type: isUnread ? 'close(), data unread' : aborts ? 'close(), SO_LINGER 0' : 'close()',
    });
    if (this.sk_state === 'FIN_WAIT2') this.keepFinWait2();
    else if (this.sk_state === 'CLOSE') this.host.forget(this);
  }

  /** `inet_csk_listen_stop`: who waits for accept() is reset, and handshakes are forgotten without a word. */
  #stopListening(): void {
    for (const child of this.queue?.ready.splice(0) ?? []) child.close(true);
    for (const request of this.queue?.requests ?? []) request.#drop();
  }

  #drop(): void {
    this.#end();
    this.sk_state = 'CLOSE';
    this.host.forget(this);
  }

  /** shutdown(SHUT_WR): `tcp_shutdown`. */
  shutdownWrite(): void {
    this.sk_shutdown.send = true;
    this.tell({ type: 'shutdown()' });
  }

  /** shutdown(SHUT_RD): reading is over; the peer is not told. */
  shutdownRead(): void {
    this.sk_shutdown.rcv = true;
    this.#changed();
  }

  /** Bytes for the peer. @param more MSG_MORE */
  send(bytes: number, more = false): void {
    this.sender.send(bytes, more);
  }

  /** Bytes from the peer, and the ACK that this may let out. @returns how many */
  read(most_bytes: number): number {
    const bytes = this.receiver.read(most_bytes);
    if (this.receiver.acksAfterRead(bytes, this.sk_shutdown.rcv)) this.#acknowledging.afterRead();
    else this.#refresh();
    return bytes;
  }

  /** TCP_QUICKACK. */
  setQuickack(on: boolean): void {
    this.receiver.ack.setQuickack(on);
    const isUp = this.sk_state === 'ESTABLISHED' || this.sk_state === 'CLOSE_WAIT';
    if (on && isUp && this.receiver.acksAfterRead(1, this.sk_shutdown.rcv)) this.#acknowledging.afterRead();
    this.#acknowledging.signalMode();
  }

  /** Calls `wake` at the next change that a program may wait for, after it. @returns a function that stops the wait */
  waitForChange(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => this.#waiters.delete(wake);
  }

  // --- what the network brings ---

  /** A segment for this socket: `tcp_rcv_state_process`. */
  receive(segment: Segment, number: number): void {
    const packet = packetName(segment);
    const size = segment.payload_bytes ? `, ${segment.payload_bytes} bytes,` : '';
    this.record('packet-received', `The ${packet}${size} arrives.`, { data: { number, packet } });
    this.#incoming.take(segment);
    this.#refresh();
  }

  /**
   * An ICMP error about a segment of this socket: `tcp_v4_err`. While connect() still owns the socket,
   * which lasts no time here and so matters only without a round-trip time, the error is only noted.
   *
   * @param about the segment that it is about @param isLocal this host made the error itself, for want of an address
   */
  receiveError(code: UnreachableCode, about: Segment, isLocal = false): void {
    if (this.sk_state === 'SYN_SENT' && this.syn.elapsed_ms === 0) {
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
    if (this.sk_state === 'SYN_SENT' && isRoute && this.syn.revert(about) === 'expired')
      this.tell({ type: 'give up' });
    this.tell({ type: 'ICMP error', code, isLocal });
  }

  // --- what the statechart asks for ---

  setState(state: string, mark: KernelMark | null): void {
    if (state === this.sk_state) return;
    const from = this.sk_state;
    this.sk_state = state;
    if (this.#isSilent) return;
    this.record('state-changed', `The socket goes from ${from} to *${state}*.`, {
      data: { from, to: state },
      state: { ...this.fields(), timer_due_us: null },
      ...(mark && { mark }),
    });
    this.#changed();
    if (state !== 'SYN_RECV') this.parent?.queue?.requests.delete(this);
    if (state === 'CLOSE') {
      this.sk_shutdown = { rcv: true, send: true };
      this.sender.queue.purge();
      if (this.isOrphan || this.parent) this.host.forget(this);
    }
  }

  setRegion(region: Region, state: string): void {
    const from = this.regions[region];
    if (from === state) return;
    this.regions[region] = state;
    if (region === 'retransmission' && state === 'idle') this.#timerDue_us = null;
    const isMode = region === 'acknowledgement' && state !== 'delayed' && from !== 'delayed';
    if (isMode)
      this.record('mode-changed', this.#acknowledging.sentenceOf(state), {
        data: { from, to: state },
        mark: this.#acknowledging.markOf(state),
      });
    else this.#refresh();
  }

  sendSyn(): void {
    this.#arm(this.syn.start());
  }

  sendSynAck(): void {
    const again = this.synAck.retransmits > 0 && this.parent ? 'reqsk_timer_handler:synack' : null;
    const first = this.parent ? 'tcp_conn_request:synack' : 'tcp_rcv_synsent_state_process:synack';
    this.transmit(['SYN', 'ACK'], `A SYN-ACK goes ${again ? 'out again' : 'back'}.`, again ?? first);
    this.synAck.sent_us = this.now_us;
    this.#arm(this.synAck.rto_ms);
  }

  expired(): boolean {
    if (this.sk_state === 'SYN_RECV') return this.synAck.retransmits >= this.host.sysctl.tcp_synack_retries;
    if (this.sk_state === 'SYN_SENT') return this.syn.expired();
    return this.sender.expired();
  }

  probesSpent(): boolean {
    return this.sender.probesSpent;
  }

  acksNow(): boolean {
    return this.receiver.acksNow();
  }

  inPingpongMode(): boolean {
    return this.receiver.ack.inPingpongMode;
  }

  hasQuick(): boolean {
    return this.receiver.ack.quick > 0;
  }

  retransmit(): void {
    if (this.sk_state === 'SYN_RECV') {
      const { retransmits, rto_ms, sent_us } = this.synAck;
      this.synAck = { retransmits: retransmits + 1, rto_ms: Math.min(rto_ms * 2, 120_000), sent_us };
      this.sendSynAck();
    } else if (this.sk_state === 'SYN_SENT') this.#arm(this.syn.again(this.timer_ms));
    else this.sender.timerFired();
  }

  probe(): void {
    this.sender.probe();
  }

  finishConnect(): void {
    this.setState('ESTABLISHED', 'tcp_rcv_synsent_state_process:established');
    this.record('connection-established', 'The SYN is acknowledged: *the connection is up*.', {
      mark: 'tcp_rcv_synsent_state_process:established',
      beat: true,
      state: { timer_due_us: null },
    });
    this.transmit(['ACK'], 'An ACK completes the handshake.', 'tcp_rcv_synsent_state_process:ack');
    this.#changed();
  }

  becomeEstablished(): void {
    this.setState('ESTABLISHED', 'tcp_rcv_state_process:established');
    this.parent?.queue?.ready.push(this);
    this.parent?.changed();
    this.#changed();
  }

  sendFin(): void {
    this.sk_shutdown.send = true;
    this.sender.sendFin();
  }

  get delack_ms(): number {
    return this.#acknowledging.delack_ms;
  }

  sendAck(): void {
    this.#acknowledging.sendAck();
  }

  ackNow(): void {
    this.#acknowledging.ackNow();
  }

  sendDelayedAck(): void {
    this.#acknowledging.sendDelayedAck();
  }

  delackTimer(): void {
    this.#acknowledging.delackTimer();
  }

  /** Tells the statechart when ACKs have begun to be treated in another way. */
  signalMode(): void {
    this.#acknowledging.signalMode();
  }

  sendReset(): void {
    this.transmit(
      ['RST', 'ACK'],
      'A reset tells the peer that the connection is gone.',
      'tcp_send_active_reset:send',
    );
  }

  timeWait(): void {
    this.#keep('TIME_WAIT', TCP_TIMEWAIT_LEN_ms);
  }

  fail(event: ConnectionEvent): void {
    const { errno, mark, says } = this.#cause(event);
    this.sk_err = errno;
    this.setState('CLOSE', mark);
    this.record('connection-failed', says, {
      data: { errno },
      mark,
      beat: true,
      state: { sk_err: errno, timer_due_us: null },
    });
    this.#changed();
  }

  #cause(event: ConnectionEvent): Failure {
    if (event.type === 'RST') return resetFailure(this.sk_state);
    if (event.type === 'ICMP error') return event.isLocal ? NO_NEIGHBOUR : icmpFailure(event.code);
    if (this.sk_state === 'SYN_SENT') return this.syn.giveUp(this.timer_ms);
    return {
      errno: this.sk_err_soft ?? 'ETIMEDOUT',
      mark: this.sk_state === 'SYN_RECV' && this.parent ? 'reqsk_timer_handler:drop' : 'tcp_write_err:errno',
      says: `${this.sender.icsk_retransmits || this.sender.icsk_probes_out || this.synAck.retransmits} tries without an answer: *Linux gives up with ETIMEDOUT*.`,
    };
  }

  // --- what the sending half asks for ---

  transmitData(sent: Sent, says: string, mark: KernelMark): void {
    const fin: Flag[] = sent.hasFin ? ['FIN'] : [];
    const push: Flag[] = sent.hasPush ? ['PSH'] : [];
    this.#put([...fin, ...push, 'ACK'], sent.seq, bytesOf(sent), says, mark, true);
  }

  transmitProbe(says: string): void {
    this.#put(['ACK'], this.sender.queue.snd_una - 1, 0, says, 'tcp_xmit_probe_skb:probe', true);
  }

  setTimer(timer_ms: number, kind: 'retransmission' | 'probe'): void {
    this.#arm(timer_ms);
    this.tell({ type: kind === 'probe' ? 'set probe timer' : 'set timer' });
  }

  #arm(timer_ms: number): void {
    this.timer_ms = timer_ms;
    this.#timerSet_us = this.now_us;
    this.#timerDue_us = this.now_us + timer_ms * 1000;
  }

  clearTimer(): void {
    this.tell({ type: 'clear timer' });
  }

  holds(hold: Hold | null, bytes: number, verdict: NagleVerdict | null, hasSent: boolean): void {
    const region =
      hold === null ? 'open' : { Nagle: 'held by Nagle', cork: 'corked', window: 'window full' }[hold];
    const isEnded = this.regions.sending !== 'open' && (hasSent || hold === null);
    if (isEnded)
      this.record('hold-ended', 'What was kept back has left.', { data: { hold: this.regions.sending } });
    if (region === this.regions.sending && !isEnded) {
      this.#refresh();
      return;
    }
    if (hold === null) {
      this.tell({ type: 'nothing held' });
      return;
    }
    const isFull = hold === 'window';
    this.record(
      isFull ? 'window-full' : 'segment-held',
      `${bytes} bytes *stay in the socket*: ${isFull ? this.#windowSentence() : verdict?.because}.`,
      {
        data: { bytes, hold },
        mark: isFull ? this.#windowMark() : (verdict?.mark ?? 'tcp_write_xmit:transmit'),
        beat: true,
        state: { ...this.fields(), sending: region },
      },
    );
    this.tell({ type: `${hold} holds` });
  }

  #windowMark(): KernelMark {
    return this.sender.isCongested ? 'tcp_write_xmit:cwnd' : 'tcp_write_xmit:window';
  }

  #windowSentence(): string {
    const { isCongested, congestion, packets_out, snd_wnd } = this.sender;
    return isCongested
      ? `${packets_out} of ${congestion.snd_cwnd} segments of the congestion window are on their way`
      : `the peer’s window, ${snd_wnd} bytes, is full`;
  }

  changed(): void {
    this.#changed();
  }

  // --- the wire ---

  /** Puts a segment without data on its way. */
  transmit(flags: readonly Flag[], says: string, mark?: KernelMark, beat = false): void {
    // __tcp_send_ack: a connection that has been reset sends nothing more.
    if (this.sk_state === 'CLOSE' && !flags.includes('RST')) return;
    this.#put(flags, flags.includes('SYN') ? 0 : this.sender.queue.snd_nxt || 1, 0, says, mark, beat);
  }

  #put(
    flags: readonly Flag[],
    position: number,
    payload_bytes: number,
    says: string,
    mark: KernelMark | undefined,
    beat: boolean,
  ): void {
    const isSyn = flags.includes('SYN');
    const hasAck = flags.includes('ACK');
    const window_bytes = isSyn ? this.synWindow(hasAck) : this.receiver.offer() / WINDOW_SCALE_bytes;
    const segment: Segment = {
      protocol: 'tcp',
      from: this.local,
      to: this.remote,
      flags,
      seq: this.snd.wire(position),
      ack: hasAck ? this.rcv.wire(isSyn ? 1 : this.receiver.rcv_nxt) : 0,
      window_bytes,
      payload_bytes,
      ...(isSyn && { mss_bytes: this.host.mss_bytes }),
      timestamps: flags.includes('RST')
        ? null
        : { value: this.host.timestamp(), echo: hasAck ? this.ts_recent : 0 },
    };
    if (hasAck && !isSyn) this.#acknowledging.leaves(segment);
    this.#refresh();
    this.host.transmit(segment, this, says, mark, beat);
    if (hasAck && !isSyn) this.#acknowledging.signalMode();
  }

  /** The window of a SYN, or of the SYN-ACK that answers one and so knows that timestamps take their share. */
  synWindow(isAnswer: boolean): number {
    const { mss_bytes, kernel, sysctl } = this.host;
    const mss = isAnswer ? mss_bytes - TIMESTAMPS_bytes : mss_bytes;
    return tcp_select_initial_window(sysctl.rcvbuf_bytes, mss, kernel.init_rcv_wnd);
  }

  /** An ACK for a segment that may be a stranger's (RFC 5961): `tcp_send_challenge_ack`. */
  challenge(): void {
    if (this.isTooSoon()) return;
    this.answer(
      this.sk_state === 'ESTABLISHED'
        ? 'The connection is up already: what comes late is answered with an ACK.'
        : 'It does not fit: an ACK says what is wanted.',
      'tcp_send_challenge_ack:ack',
    );
  }

  /** Whether an ACK of this kind went out less than half a second ago: `tcp_oow_rate_limited`. Else the time is noted. */
  isTooSoon(): boolean {
    const isSoon = this.now_us - this.#last_oow_us < TCP_INVALID_RATELIMIT_us;
    if (isSoon)
      this.record('ack-skipped', 'An ACK like this went out less than 500 ms ago: *this one is skipped*.', {
        mark: '__tcp_oow_rate_limited:limit',
      });
    else this.#last_oow_us = this.now_us;
    return isSoon;
  }

  /** An ACK that says what is wanted. */
  answer(says: string, mark: KernelMark): void {
    this.transmit(['ACK'], says, mark);
  }

  /** A reset for a segment that does not fit this socket. */
  reset(segment: Segment): void {
    const hasAck = segment.flags.includes('ACK');
    const answer: Segment = {
      protocol: 'tcp',
      from: this.local,
      to: this.remote,
      flags: hasAck ? ['RST'] : ['RST', 'ACK'],
      seq: hasAck ? segment.ack : 0,
      ack: hasAck ? 0 : (segment.seq + segment.payload_bytes + 1) >>> 0,
      window_bytes: 0,
      payload_bytes: 0,
      timestamps: null,
    };
    this.host.transmit(
      answer,
      null,
      'It does not fit this connection: a reset answers it.',
      'tcp_v4_send_reset:reset',
    );
  }

  /** An orphan whose FIN is acknowledged waits for the peer's as a record. */
  keepFinWait2(): void {
    this.#keep('FIN_WAIT2', this.host.sysctl.tcp_fin_timeout * 1000);
  }

  /** Gives the statechart an event, unless it is over. */
  tell(event: ConnectionEvent): void {
    if (!this.#isOver) this.#machine.send(event);
  }

  #end(): void {
    this.#isOver = true;
    this.#machine.stop();
  }

  #keep(substate: string, timeout_ms: number): void {
    this.#end();
    this.host.keepRecord(
      this,
      {
        local: this.local,
        remote: this.remote,
        substate,
        snd: this.snd,
        rcv: this.rcv,
        snd_nxt: this.sender.queue.snd_nxt,
        rcv_nxt: this.receiver.rcv_nxt,
        rcv_wnd: this.receiver.rcv_wnd,
        ts_recent: this.ts_recent,
      },
      timeout_ms,
    );
    this.#changed();
  }

  // --- what is told ---

  /** What the page shows of the socket. */
  fields(): ActorState {
    const { sender, receiver } = this;
    const { ack } = receiver;
    const handshake = this.syn.fields();
    const isHandshaking = this.sk_state === 'CLOSE' || this.sk_state === 'SYN_SENT';
    return {
      sk_state: this.sk_state,
      local: `${this.local.address}:${this.local.port}`,
      remote: `${this.remote.address}:${this.remote.port}`,
      sk_err: this.sk_err,
      timer_set_us: this.#timerDue_us === null ? null : this.#timerSet_us,
      timer_due_us: this.#timerDue_us,
      ...handshake,
      ...(!isHandshaking && { icsk_retransmits: sender.icsk_retransmits, icsk_rto_ms: sender.icsk_rto_ms }),
      ...this.regions,
      recv_q_bytes: receiver.recv_q_bytes,
      send_q_bytes: sender.queue.write_seq - sender.queue.snd_una,
      unsent_bytes: sender.queue.unsent_bytes,
      quick: ack.quick,
      pingpong: ack.pingpong,
      ato_ms: ack.ato * 4,
      delack_set_us: ack.timeout_us === null ? null : this.#acknowledging.set_us,
      delack_due_us: ack.timeout_us,
      rcv_mss: ack.rcv_mss,
      mss: sender.mss_bytes,
      packets_out: sender.packets_out,
      snd_cwnd: sender.congestion.snd_cwnd,
      srtt_us: sender.rtt.srtt_us >> 3,
      rttvar_us: sender.rtt.mdev_us >> 2,
    };
  }

  /** The page sees the socket as it is now, from the next event on. */
  #refresh(): void {
    if (!this.#isSilent && !this.#isOver) this.host.recorder.introduce(this.host.name, this.fields());
  }

  #changed(): void {
    const waiters = [...this.#waiters];
    // A woken process runs after the softirq that woke it.
    for (const wake of waiters) this.host.clock.after(0, () => this.#waiters.has(wake) && wake());
  }

  /** Records an event of this socket. */
  record(kind: string, says: string, rest: Details = {}): void {
    const { state, ...event } = rest;
    this.host.recorder.record({
      actor: this.host.name,
      kind,
      says,
      ...event,
      ...(state && { state: { [this.host.name]: state } }),
    });
  }
}
