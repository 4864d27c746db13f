/**
 * What a socket tells of itself: its events, and its state in the snapshot (`struct tcp_info`, `tcp_diag_get_info`,
 * `inet_sk_diag_fill`).
 *
 * Left out: `SK_MEMINFO`.
 */
import type {
  Cookie,
  Inode,
  Regions,
  SocketOptions,
  SocketState,
  SynState,
  TcpInfo,
  TcpState,
  TcpStateName,
  TimerState,
} from '../../machine/state.ts';
import type { Endpoint } from '../../network/packet.ts';
import type { Details, EventKind, Happening } from '../../trace/event.ts';
import type { Cell, Shelf, Source } from '../../trace/history.ts';
import type { Recorder } from '../../trace/recorder.ts';
import type { Wait, Waiter } from '../../trace/wait.ts';
import type { Errno } from '../errno.ts';
import { TCP_NAGLE_CORK, TCP_NAGLE_OFF } from './nagle.ts';
import type { Receiver } from './receiver.ts';
import { JIFFY_ms } from './rto-min.ts';
import type { Sender } from './sender.ts';
import type { Agreed } from './tcp-options.ts';

/** What has gone over the wire: `struct tcp_info`. */
export interface SegmentCounts {
  total_retrans: number;
  bytes_sent: number;
  bytes_retrans: number;
  bytes_acked: number;
  bytes_received: number;
  segs_out: number;
  segs_in: number;
  data_segs_out: number;
  data_segs_in: number;
  last_data_sent_us: number;
  last_ack_recv_us: number;
}

/** Nothing has gone over the wire. */
export const noSegments = (): SegmentCounts => ({
  total_retrans: 0,
  bytes_sent: 0,
  bytes_retrans: 0,
  bytes_acked: 0,
  bytes_received: 0,
  segs_out: 0,
  segs_in: 0,
  data_segs_out: 0,
  data_segs_in: 0,
  last_data_sent_us: 0,
  last_ack_recv_us: 0,
});

/** `include/net/tcp_states.h`, from 1 on. */
const TCP_STATES: readonly TcpStateName[] = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
];
/** IPv4's header and TCP's. */
const HEADERS_bytes = 40;
const TCP_INFINITE_SSTHRESH = 0x7fffffff;

/** What is read of the socket. */
export interface DiagSocket {
  readonly cookie: Cookie;
  readonly inode: Inode;
  readonly uid: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly reuses: boolean;
  readonly linger_s: number | null;
  readonly sndtimeo_ms: number | null;
  readonly rcvtimeo_ms: number | null;
  readonly icsk_syn_retries: number;
  readonly icsk_user_timeout_ms: number;
  readonly sk_state: TcpStateName;
  readonly sk_err: Errno | null;
  readonly sk_shutdown: { readonly rcv: boolean; readonly send: boolean };
  /** For a listener: who waits for accept(). */
  readonly queue: { readonly sk_ack_backlog: number; readonly sk_max_ack_backlog: number } | null;
  /** The listener that has made it, or null. */
  readonly parent: object | null;
  /** The statechart's regions and its timer, in µs. */
  readonly chart: {
    readonly regions: Regions;
    readonly timerSet_us: number;
    readonly timerDue_us: number;
    readonly synAck: { readonly retransmits: number };
  };
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly syn: { state(): SynState };
  readonly acknowledging: { readonly set_us: number };
  readonly advmss_bytes: number;
  readonly rx_opt: Agreed;
  readonly counts: SegmentCounts;
}

/** Whom it is told to. */
export interface DiagHost {
  readonly name: string;
  readonly tells: boolean;
  readonly mss_bytes: number;
  readonly recorder: Recorder;
  readonly sockets: Shelf<Cookie, SocketState>;
}

export class Diag implements Source<TcpState> {
  /** Nothing is told for now: what happens belongs to another socket's story. */
  isMute = false;
  /** Whom it tells of. */
  readonly sk: DiagSocket;
  readonly #host: DiagHost;
  readonly #cell: Cell<TcpState>;
  #options: SocketOptions | null = null;
  #who: Waiter | null = null;
  #isOver = false;

  constructor(sk: DiagSocket, host: DiagHost) {
    this.sk = sk;
    this.#host = host;
    this.#cell = host.sockets.open(sk.cookie, this) as Cell<TcpState>;
  }

  /** Records an event of the socket. */
  record<K extends EventKind>(kind: K, says: string, rest: Details<K>): void {
    const { tells, recorder, name } = this.#host;
    if (tells) recorder.record({ actor: name, kind, says, ...rest } as unknown as Happening);
    // After it: what the socket becomes with this event and because of it is this event's.
    this.refresh();
  }

  /** The socket waits, from the event recorded last. @param timer what ends it at the latest @returns its number */
  beginWait(
    kind: 'held' | 'delayed-ack' | 'timer',
    reason: string,
    timer: Wait['timer'] = null,
  ): number | null {
    const { tells, recorder, name } = this.#host;
    if (!tells || this.isMute) return null;
    const { cookie, local, remote } = this.sk;
    if (this.#who?.local !== local || this.#who.remote !== remote)
      this.#who = { machine: name, socket: cookie, local, remote };
    return recorder.beginWait({ who: this.#who, kind, for: reason, timer });
  }

  /** The wait is over, with the event recorded last. @param wait its number, or null for none @returns none */
  endWait(wait: number | null): null {
    if (wait !== null) this.#host.recorder.endWait(wait);
    return null;
  }

  /** What the socket becomes from here on is the next event's. */
  settle(): void {
    this.#host.recorder.settle();
  }

  /** The snapshot looks at the socket again. */
  refresh(): void {
    if (!this.isMute && !this.#isOver) this.#cell.touch();
  }

  /** The same, also while nothing is told. */
  touch(): void {
    this.#cell.touch();
  }

  /** setsockopt() has changed something. */
  optionsChanged(): void {
    this.#options = null;
    this.refresh();
  }

  /** Nothing of the socket is left to look at. */
  end(): void {
    this.#isOver = true;
    this.#cell.end();
  }

  /** What the snapshot says of the socket. */
  state(): TcpState {
    const { sender, receiver, sk_state, queue, parent } = this.sk;
    const isListener = sk_state === 'LISTEN';
    const isHandshaking = sk_state === 'SYN_SENT' || sk_state === 'SYN_RECV';
    return {
      kind: 'tcp',
      weight: sk_state === 'SYN_RECV' && parent ? 'request' : 'full',
      cookie: this.sk.cookie,
      inode: this.sk.inode,
      uid: this.sk.uid,
      state: sk_state,
      local: this.sk.local,
      remote: this.sk.remote,
      recv_q_bytes: isListener ? (queue?.sk_ack_backlog ?? 0) : receiver.recv_q_bytes,
      sk_shutdown: { ...this.sk.sk_shutdown },
      // The SYN counts as a byte that is not acknowledged.
      send_q_bytes: isListener
        ? (queue?.sk_max_ack_backlog ?? 0)
        : sk_state === 'SYN_SENT'
          ? 1
          : sender.queue.write_seq - sender.queue.snd_una,
      timer: this.#timer(),
      error: this.sk.sk_err,
      options: this.#optionsNow(),
      regions: { ...this.sk.chart.regions },
      info: isListener || isHandshaking || sk_state === 'CLOSE' ? null : this.#info(),
      syn: sk_state === 'SYN_SENT' || sk_state === 'CLOSE' ? this.sk.syn.state() : null,
      memory: null,
    };
  }

  /** `tcp_get_info`: what `struct tcp_info` tells, by its fields' names. */
  tcpInfo(): Readonly<Record<string, number>> {
    const { sk_state, sender, advmss_bytes } = this.sk;
    const { snd_mss, rcv_mss, snd_cwnd, snd_ssthresh, rto_ms, ato_ms, ...info } = this.#info();
    return {
      // What a socket in TIME_WAIT was goes on in a record; the socket itself is in CLOSE.
      tcpi_state: TCP_STATES.indexOf(sk_state === 'TIME_WAIT' ? 'CLOSE' : sk_state) + 1,
      tcpi_ca_state: sender.ca_state,
      tcpi_retransmits: info.retransmits,
      tcpi_probes: info.probes,
      tcpi_backoff: info.backoff,
      tcpi_rto: rto_ms * 1000,
      tcpi_ato: ato_ms * 1000,
      tcpi_snd_mss: snd_mss,
      tcpi_rcv_mss: rcv_mss,
      tcpi_unacked: info.unacked,
      tcpi_lost: sender.lost_out,
      tcpi_retrans: sender.retrans_out,
      tcpi_pmtu: this.#host.mss_bytes + HEADERS_bytes,
      tcpi_rcv_ssthresh: info.rcv_ssthresh,
      tcpi_rtt: info.srtt_us,
      tcpi_rttvar: info.rttvar_us,
      tcpi_snd_ssthresh: Math.min(snd_ssthresh, TCP_INFINITE_SSTHRESH),
      tcpi_snd_cwnd: snd_cwnd,
      tcpi_advmss: advmss_bytes,
      tcpi_total_retrans: info.total_retrans,
      tcpi_min_rtt: info.min_rtt_us,
      tcpi_notsent_bytes: info.notsent_bytes,
      tcpi_bytes_acked: info.bytes_acked,
      tcpi_bytes_received: info.bytes_received,
      tcpi_bytes_sent: info.bytes_sent,
      tcpi_bytes_retrans: info.bytes_retrans,
      tcpi_segs_out: info.segs_out,
      tcpi_segs_in: info.segs_in,
      tcpi_data_segs_out: info.data_segs_out,
      tcpi_data_segs_in: info.data_segs_in,
      tcpi_snd_wnd: info.snd_wnd,
      tcpi_rcv_wnd: info.rcv_wnd,
    };
  }

  #timer(): TimerState | null {
    const { timerSet_us, timerDue_us, regions } = this.sk.chart;
    if (regions.retransmission === 'idle') return null;
    const isProbing = regions.retransmission === 'probing';
    return {
      name: isProbing ? 'persist' : 'on',
      set_us: timerSet_us,
      due_us: timerDue_us,
      retransmits: isProbing ? this.sk.sender.icsk_probes_out : this.#retransmits(),
    };
  }

  #retransmits(): number {
    const { sk_state, syn, chart, sender } = this.sk;
    if (sk_state === 'SYN_SENT') return syn.state().retransmits;
    return sk_state === 'SYN_RECV' ? chart.synAck.retransmits : sender.icsk_retransmits;
  }

  #optionsNow(): SocketOptions {
    const sk = this.sk;
    this.#options ??= {
      nodelay: (sk.sender.nonagle & TCP_NAGLE_OFF) !== 0,
      cork: (sk.sender.nonagle & TCP_NAGLE_CORK) !== 0,
      reuseaddr: sk.reuses,
      linger_s: sk.linger_s,
      user_timeout_ms: sk.icsk_user_timeout_ms,
      sndtimeo_ms: sk.sndtimeo_ms,
      rcvtimeo_ms: sk.rcvtimeo_ms,
      syncnt: sk.icsk_syn_retries,
    };
    return this.#options;
  }

  #info(): TcpInfo {
    const { sender, receiver, advmss_bytes, rx_opt, counts, acknowledging } = this.sk;
    const { ack } = receiver;
    const { rtt, queue } = sender;
    return {
      rto_ms: sender.icsk_rto_ms,
      srtt_us: rtt.srtt_us >> 3,
      rttvar_us: rtt.mdev_us >> 2,
      min_rtt_us: Number.isFinite(rtt.min_rtt_us) ? rtt.min_rtt_us : 0,
      snd_mss: sender.mss_bytes,
      rcv_mss: ack.rcv_mss,
      advmss: advmss_bytes,
      snd_cwnd: sender.congestion.snd_cwnd,
      snd_ssthresh: sender.congestion.snd_ssthresh,
      snd_wnd: sender.snd_wnd,
      rcv_wnd: receiver.rcv_wnd,
      rcv_ssthresh: receiver.buffer.rcv_ssthresh,
      unacked: sender.packets_out,
      notsent_bytes: queue.unsent_bytes,
      retransmits: sender.icsk_retransmits,
      probes: sender.icsk_probes_out,
      backoff: sender.icsk_backoff,
      retrans_out: sender.queue.sent.filter(({ retransmitted }) => retransmitted).length,
      ...counts,
      last_data_recv_us: ack.lrcvtime_us,
      ...rx_opt,
      quick: ack.quick,
      pingpong: ack.pingpong,
      ato_ms: ack.tcpi_ato * JIFFY_ms,
      delack: ack.timeout_us === null ? null : { set_us: acknowledging.set_us, due_us: ack.timeout_us },
    };
  }
}
