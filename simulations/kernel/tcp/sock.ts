/**
 * `struct sock`, `struct inet_connection_sock` and `struct tcp_sock` of one connection: its fields, its parts, and what
 * programs ask for. What arrives is judged in `incoming.ts` and data moves in `sender.ts` and `receiver.ts`;
 * `statechart.ts` does what the statechart asks for, `outgoing.ts` makes the segments, `diag.ts` tells of it all.
 *
 * Left out: SACK blocks, PAWS, urgent data, MSG_ERRQUEUE.
 */
import type { Rank } from '../../engine/clock.ts';
import type { File } from '../../machine/file.ts';
import type { Cookie, Inode, Regions, TcpStateName } from '../../machine/state.ts';
import type { Sysctls } from '../../machine/sysctl.ts';
import {
  type Endpoint,
  type Family,
  familyOf,
  packetName,
  type Segment,
  type UnreachableCode,
} from '../../network/packet.ts';
import { and, reasonOf } from '../../trace/decision.ts';
import type { AcceptQueue } from '../accept-queue.ts';
import type { Counted } from '../counters.ts';
import type { Errno } from '../errno.ts';
import type { KernelProfile } from '../profile.ts';
import type { Route } from '../route.ts';
import { WaitSet } from '../wait-set.ts';
import { Acknowledging, type AcknowledgingSocket } from './acknowledging.ts';
import type { ConnectionEvent } from './connection.ts';
import type { Receiving } from './delayed-ack.ts';
import { Diag, type DiagSocket, noSegments } from './diag.ts';
import { errorIsNoted, icmpFailure } from './errors.ts';
import { Holding, type HoldingSocket } from './holding.ts';
import { Incoming, type IncomingSocket } from './incoming.ts';
import { Outgoing, type OutgoingSocket } from './outgoing.ts';
import { Receiver } from './receiver.ts';
import { JIFFY_us, TCP_DELACK_MAX, tcp_delack_max, tcp_rto_min, usecs_to_jiffies } from './rto-min.ts';
import { Sender, type SenderSocket } from './sender.ts';
import { Sequence } from './sequence.ts';
import { type ChartSocket, Statechart } from './statechart.ts';
import { SynRetransmission, type SynSocket } from './syn-retransmission.ts';
import { type TcpHost, TIMESTAMPS_bytes } from './tcp-host.ts';
import { NOTHING_AGREED } from './tcp-options.ts';

/** A connection that stands still, and has a file of its own kind. */
export interface Still {
  readonly cookie: Cookie;
  /** Closes what nobody will accept. */
  hangUp(): void;
  /** What accept() opens for it. */
  fileFor(uid: number): File;
}

/** A connection that a listener hands out. */
export type Acceptable = TcpSock | Still;

/** What the parts need of the socket that they belong to. */
type Whole = ChartSocket &
  IncomingSocket &
  OutgoingSocket &
  AcknowledgingSocket &
  HoldingSocket &
  SenderSocket &
  SynSocket &
  Receiving &
  DiagSocket;

const NOWHERE: Endpoint = { address: '0.0.0.0', port: 0 };

/** What `__tcp_close` asks, in its order. */
const WHY_LISTEN = and('__tcp_close:listen', [['sk->sk_state == TCP_LISTEN', true]], 'the listener is gone');
const WHY_UNREAD = and('__tcp_close:unread', [['data_was_unread', true]], 'the close is a reset');
const WHY_LINGER = and(
  '__tcp_close:linger',
  [
    ['sock_flag(sk, SOCK_LINGER)', true],
    ['!sk->sk_lingertime', true],
  ],
  'the close is a reset',
);

export class TcpSock implements Whole {
  readonly cookie: Cookie;
  inode: Inode = 0;
  uid = 0;
  /** What socket() was asked for: AF_INET, AF_INET6. */
  family: Family = 'inet';
  local: Endpoint = NOWHERE;
  remote: Endpoint = NOWHERE;
  /** SO_REUSEADDR. */
  reuses = false;
  /** bind() has chosen the port: SOCK_BINDPORT_LOCK. */
  isBound = false;
  /** SO_LINGER in seconds, or null for off. */
  linger_s: number | null = null;
  sndtimeo_ms: number | null = null;
  rcvtimeo_ms: number | null = null;
  /** `TCP_SYNCNT`, 0 for the sysctl's. */
  icsk_syn_retries = 0;
  /** `TCP_USER_TIMEOUT` in ms, 0 for none. */
  icsk_user_timeout_ms = 0;
  /** The least RTO of the socket itself, and how long its ACKs wait at most; jiffies. */
  icsk_rto_min: number;
  icsk_delack_max = TCP_DELACK_MAX;
  /** What the route says, as the socket has last seen it. */
  dst: Route;
  /** A pending error; reading it through SO_ERROR or a failed call clears it. */
  sk_err: Errno | null = null;
  /** An error that was noted while connect() held the socket; an ACK takes it back, a timeout ends with it. */
  sk_err_soft: Errno | null = null;
  /** Errors in `sk_error_queue`, which only MSG_ERRQUEUE takes out. */
  sk_error_queue = 0;
  /** `RCV_SHUTDOWN` and `SEND_SHUTDOWN`. */
  sk_shutdown = { rcv: false, send: false };
  /** Threads that sleep in write(). */
  sk_write_pending = 0;
  /** `SOCK_DEAD`: no program holds it. */
  isOrphan = false;
  /** For a listener: who waits for accept(). */
  queue: AcceptQueue<Acceptable> | null = null;
  /** For a listener: connections whose handshake is not over. */
  readonly requests = new Set<TcpSock>();
  /** For a connection that a listener has made: the listener. */
  parent: TcpSock | null = null;
  /** The numbers of this end's stream, and of the peer's once its SYN has come. */
  readonly snd: Sequence;
  rcv = new Sequence(0);
  /** The peer's last timestamp, which the next segment echoes: `rx_opt.ts_recent`. */
  ts_recent = 0;
  /** The options that both ends have agreed on. */
  rx_opt = NOTHING_AGREED;
  readonly counts = noSegments();

  /** Where it lives. */
  readonly host: TcpHost<TcpSock>;
  readonly diag: Diag;
  readonly outgoing: Outgoing;
  readonly sender: Sender = new Sender(this);
  readonly receiver: Receiver;
  readonly acknowledging = new Acknowledging(this);
  readonly holding: Holding = new Holding(this);
  /** The SYN and its timer. */
  readonly syn: SynRetransmission;
  readonly chart: Statechart;
  readonly #incoming = new Incoming(this);
  readonly #waiting: WaitSet;

  constructor(host: TcpHost<TcpSock>) {
    this.host = host;
    this.cookie = host.nextCookie();
    this.#waiting = new WaitSet(host.clock);
    this.snd = new Sequence(host.random.bits());
    this.icsk_rto_min = usecs_to_jiffies(host.sysctl.tcp_rto_min_us);
    this.dst = host.route;
    this.syn = new SynRetransmission(this, host);
    this.receiver = new Receiver(this, host.sysctl.rcvbuf_bytes, host.truesize);
    this.diag = new Diag(this, host);
    this.outgoing = new Outgoing(this, host);
    this.chart = new Statechart(this, host);
  }

  get now_us(): number {
    return this.host.clock.now_us;
  }

  get counters(): Counted {
    return this.host.counters;
  }

  get sk_state(): TcpStateName {
    return this.chart.sk_state;
  }

  /** The states of the regions beside the connection's. */
  get regions(): Regions {
    return this.chart.regions;
  }

  get sysctl(): Sysctls {
    return this.host.sysctl;
  }

  get tcp_pingpong_thresh(): number {
    return this.host.sysctl.tcp_pingpong_thresh;
  }

  get kernel(): KernelProfile {
    return this.host.kernel;
  }

  get delack_max(): number {
    return tcp_delack_max(this);
  }

  get rto_min_us(): number {
    return tcp_rto_min(this) * JIFFY_us;
  }

  get dst_quick_ack(): boolean {
    return this.dst.quickack;
  }

  get rcv_wnd(): number {
    return this.receiver.rcv_wnd;
  }

  get advmss_bytes(): number {
    return this.host.mss_bytes - (this.rx_opt.timestamps ? TIMESTAMPS_bytes : 0);
  }

  get rto_ms(): number {
    return this.sender.icsk_rto_ms;
  }

  get srtt_us(): number {
    return this.sender.rtt.srtt_us;
  }

  // --- what programs ask for ---

  /** Looks the route up again: `sk_setup_caps`. */
  setupCaps(): void {
    this.dst = this.host.route;
  }

  /** Active open: `tcp_v4_connect`, `tcp_v6_connect`. The state is SYN_SENT when it returns. @returns the error that keeps it from it */
  open(remote: Endpoint): Errno | null {
    const unreachable = this.host.routeError(remote.address);
    if (unreachable) return unreachable;
    this.remote = remote;
    this.setupCaps();
    const errno = this.host.hash(this);
    if (errno) {
      this.remote = NOWHERE;
      return errno;
    }
    this.host.counters.add('TcpActiveOpens');
    this.tell({ type: 'connect()' });
    return null;
  }

  /** Passive open: `inet_csk_listen_start`. @param queue where a connection that is ready waits for accept() */
  listen(queue: AcceptQueue<Acceptable>): Errno | null {
    const errno = this.host.hashListener(this);
    if (errno) return errno;
    this.queue = queue;
    this.tell({ type: 'listen()' });
    return null;
  }

  /** Takes the first connection that is ready, or undefined. */
  accept(): Acceptable | undefined {
    const taken = this.queue?.take();
    if (taken) this.diag.touch();
    return taken;
  }

  /**
   * The last descriptor is gone: `__tcp_close`.
   * @param aborts SO_LINGER with a time of 0
   */
  close(aborts = false): void {
    const isListener = this.sk_state === 'LISTEN';
    const isUnread = this.receiver.readable_bytes > 0 && !isListener;
    this.sk_shutdown = { rcv: true, send: true };
    if (isListener) this.#stopListening();
    if (isUnread && this.sk_state !== 'CLOSE')
      this.diag.record(
        'data-unread',
        `${this.receiver.readable_bytes} bytes have not been read, so the close is *a reset*.`,
        { ...reasonOf(WHY_UNREAD), beat: true },
      );
    if (isUnread && this.sk_state !== 'CLOSE') this.counters.add('TcpExtTCPAbortOnClose');
    else if (this.linger_s === 0 && !isListener && this.sk_state !== 'CLOSE')
      this.counters.add('TcpExtTCPAbortOnData');
    this.isOrphan = true;
    this.inode = 0;
    this.tell(
      isUnread
        ? { type: 'close(), data unread', decision: WHY_UNREAD }
        : aborts
          ? { type: 'close(), SO_LINGER 0', decision: this.linger_s === 0 ? WHY_LINGER : undefined }
          : { type: 'close()', decision: isListener ? WHY_LISTEN : undefined },
    );
    if (this.sk_state === 'FIN_WAIT2') this.keepFinWait2();
    else if (this.sk_state === 'CLOSE') this.#gone();
  }

  /** shutdown(SHUT_WR): `tcp_shutdown`. */
  shutdownWrite(): void {
    this.sk_shutdown.send = true;
    this.tell({ type: 'shutdown()' });
  }

  /** shutdown(SHUT_RD): reading is over; the peer is not told. */
  shutdownRead(): void {
    this.sk_shutdown.rcv = true;
    this.changed();
  }

  /** shutdown() in LISTEN or SYN_SENT: `tcp_disconnect`. The socket can be used again; what bind() has set stays. */
  disconnect(): void {
    if (this.sk_state === 'SYN_SENT') this.sk_err = 'ECONNRESET';
    else this.#stopListening();
    this.tell({ type: 'shutdown()' });
    this.queue = null;
    this.sk_shutdown = { rcv: false, send: false };
    this.local = { address: NOWHERE.address, port: this.isBound ? this.local.port : 0 };
    this.changed();
  }

  /** Bytes for the peer. @param more MSG_MORE @param isPart the same call has more, when there is room */
  send(bytes: number, more = false, isPart = false): void {
    this.sender.send(bytes, more, isPart);
  }

  /** Bytes from the peer, and the ACK that this may let out. @returns how many */
  read(most_bytes: number): number {
    const bytes = this.receiver.read(most_bytes);
    if (this.receiver.acksAfterRead(bytes, this.sk_shutdown.rcv)) this.acknowledging.afterRead();
    else this.diag.refresh();
    return bytes;
  }

  /** TCP_QUICKACK. */
  setQuickack(on: boolean): void {
    this.receiver.ack.setQuickack(on);
    const isUp = this.sk_state === 'ESTABLISHED' || this.sk_state === 'CLOSE_WAIT';
    if (on && isUp && this.receiver.acksAfterRead(1, this.sk_shutdown.rcv)) this.acknowledging.afterRead();
    this.acknowledging.signalMode();
  }

  /** setsockopt() has changed something. */
  optionsChanged(): void {
    this.diag.optionsChanged();
  }

  /** Calls `wake` at the next change that a program may wait for, after it. @returns a function that stops the wait */
  waitForChange(wake: () => void): () => void {
    return this.#waiting.add(wake);
  }

  // --- what a listener and its connections ask of each other ---

  /** A listener's SYN becomes a connection of its own: its LISTEN is not recorded, for it is the parent's. */
  request(parent: TcpSock, local: Endpoint, remote: Endpoint): void {
    this.parent = parent;
    this.local = local;
    this.remote = remote;
    this.host.hash(this);
    this.#inherit(parent);
    this.diag.isMute = true;
    this.tell({ type: 'listen()' });
    this.diag.isMute = false;
    parent.requests.add(this);
  }

  /** What a program has set at the listener (`sk_clone_lock`). */
  #inherit(parent: TcpSock): void {
    this.family = parent.family;
    this.linger_s = parent.linger_s;
    this.sndtimeo_ms = parent.sndtimeo_ms;
    this.rcvtimeo_ms = parent.rcvtimeo_ms;
    this.icsk_user_timeout_ms = parent.icsk_user_timeout_ms;
    this.icsk_rto_min = parent.icsk_rto_min;
    this.icsk_delack_max = parent.icsk_delack_max;
    this.sender.inherit(parent.sender);
    this.receiver.buffer.inherit(parent.receiver.buffer);
  }

  handshakeEnded(): void {
    this.parent?.requests.delete(this);
  }

  offerToListener(): void {
    this.parent?.offer(this);
  }

  /** A connection is up and waits for accept(). */
  offer(connection: Acceptable): void {
    this.queue?.add(connection);
    this.diag.touch();
    // Who accepts runs before what else is due at this moment: it waits for arrivals alone.
    this.changed('arrival');
  }

  /** Whether one connection more would be too many: `sk_acceptq_is_full`. */
  get isAcceptQueueFull(): boolean {
    return this.queue?.isFull ?? false;
  }

  hangUp(): void {
    this.close(true);
  }

  /** `inet_csk_listen_stop`: whatever waits for accept() is reset, and handshakes are forgotten without a word. */
  #stopListening(): void {
    for (let next = this.queue?.take(); next; next = this.queue?.take()) next.hangUp();
    for (const request of this.requests) request.#drop();
  }

  #drop(): void {
    this.diag.isMute = true;
    this.chart.setState('CLOSE');
  }

  // --- what the network brings ---

  /** A segment for this socket: `tcp_rcv_state_process`. */
  receive(segment: Segment, number: number): void {
    const packet = packetName(segment);
    const size = segment.payload_bytes ? `, ${segment.payload_bytes} bytes,` : '';
    this.diag.record('packet-received', `The ${packet}${size} arrives.`, { data: { number, packet } });
    this.#count(segment);
    this.#incoming.take(segment);
    this.diag.refresh();
  }

  /** `tcp_segs_in`. A request counts nothing: its socket begins with the SYN and the ACK that made it. */
  #count({ payload_bytes }: Segment): void {
    const { counts } = this;
    const isRequest = this.parent !== null && (this.sk_state === 'LISTEN' || this.sk_state === 'SYN_RECV');
    counts.segs_in = isRequest ? 2 : counts.segs_in + 1;
    if (payload_bytes > 0) counts.data_segs_in += 1;
  }

  /**
   * An ICMP error about a segment of this socket: `tcp_v4_err`, `tcp_v6_err`. While connect() still owns the socket,
   * which lasts no time here and so matters only without a round-trip time, the error is only noted.
   *
   * @param about the segment that it is about @param isLocal this host made the error itself, for want of an address
   */
  receiveError(code: UnreachableCode, about: Segment, isLocal = false): void {
    const { snd_una, snd_nxt } = this.sender.queue;
    const position = this.snd.position(about.seq, snd_una);
    if (position < snd_una || position > Math.max(snd_nxt, 1)) {
      this.host.counters.add('TcpExtOutOfWindowIcmps');
      return;
    }
    const family = familyOf(about.to.address);
    // ipv6_icmp_error asks for IPV6_RECVERR, which nobody sets here; ip_icmp_error asks nothing.
    const isQueued = family === 'inet' && this.kernel.queuesIcmpErrors;
    if (this.sk_state === 'SYN_SENT' && this.syn.elapsed_ms === 0) {
      if (isQueued) this.sk_error_queue++;
      const { errno } = icmpFailure(code, family);
      this.sk_err_soft = errno;
      this.diag.record(
        'error-noted',
        `The error comes back while connect() still holds the socket, so *Linux only notes ${errno}* and goes on.`,
        { data: { errno }, ...errorIsNoted(family), beat: true },
      );
      this.changed();
      return;
    }
    // tcp_v6_err takes a doubling back in the synchronized states alone.
    const isRoute = family === 'inet' && (code === 'net' || code === 'host');
    if (this.sk_state === 'SYN_SENT' && isRoute && this.syn.revert(about) === 'expired')
      this.tell({ type: 'give up' });
    if (this.sk_state === 'SYN_SENT' && isQueued) this.sk_error_queue++;
    this.tell({ type: 'ICMP error', code, family, isLocal });
  }

  /** `tcp_abort`: root destroys the socket from outside. */
  abort(): void {
    this.tell({ type: 'tcp_abort()' });
  }

  // --- what the parts ask of the whole ---

  /** Gives the statechart an event, unless it is over. */
  tell(event: ConnectionEvent): void {
    this.chart.tell(event);
  }

  /** Who waits for a change may look. */
  changed(rank: Rank = 'timer'): void {
    this.#waiting.wake(rank);
  }

  closed(): void {
    this.sk_shutdown = { rcv: true, send: true };
    this.sender.queue.purge();
    this.#endWaits();
    if (this.isOrphan || this.parent) this.#gone();
    else this.host.unhash(this);
  }

  /** An orphan whose FIN is acknowledged waits for the peer's as a record. */
  keepFinWait2(): void {
    this.keep('FIN_WAIT2', this.host.sysctl.tcp_fin_timeout * 1000);
  }

  keep(substate: 'FIN_WAIT2' | 'TIME_WAIT', timeout_ms: number): void {
    this.#end();
    this.host.keepRecord(
      this,
      {
        local: this.local,
        remote: this.remote,
        cookie: this.cookie,
        substate,
        snd: this.snd,
        rcv: this.rcv,
        snd_nxt: this.sender.queue.snd_nxt,
        rcv_nxt: this.receiver.rcv_nxt,
        rcv_wnd: this.receiver.rcv_wnd,
        ts_recent: this.rx_opt.timestamps ? this.ts_recent : null,
      },
      timeout_ms,
    );
    this.changed();
  }

  /** Nothing of the socket is left. */
  #gone(): void {
    this.host.unhash(this);
    this.#end();
  }

  #endWaits(): void {
    this.chart.timerEnded();
    this.acknowledging.stop();
    this.holding.stop();
  }

  #end(): void {
    this.#endWaits();
    this.chart.stop();
    this.diag.end();
  }
}
