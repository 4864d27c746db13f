/**
 * What a socket does with a segment: the order of `tcp_rcv_state_process` and `tcp_rcv_synsent_state_process`
 * (`net/ipv4/tcp_input.c`). First the sequence numbers, then RST, SYN and ACK, then data and FIN.
 *
 * Left out: PAWS, urgent data, header prediction.
 */
import type { TcpStateName } from '../../machine/state.ts';
import type { Segment } from '../../network/packet.ts';
import { and, comparison, type Decision, reasonOf } from '../../trace/decision.ts';
import type { Counted } from '../counters.ts';
import type { Errno } from '../errno.ts';
import type { ConnectionEvent } from './connection.ts';
import { type ArrivalRule, TCP_ATO_MIN, TCP_MSS_DEFAULT_bytes } from './delayed-ack.ts';
import type { Diag, SegmentCounts } from './diag.ts';
import type { Outgoing } from './outgoing.ts';
import type { Receiver } from './receiver.ts';
import { JIFFY_ms, TCP_TIMEOUT_MIN } from './rto-min.ts';
import type { Sender } from './sender.ts';
import { Sequence } from './sequence.ts';
import { type TcpHost, TIMESTAMPS_bytes } from './tcp-host.ts';
import { type Agreed, agreed } from './tcp-options.ts';

/** The socket that a segment is for. */
export interface IncomingSocket {
  readonly now_us: number;
  readonly sk_state: TcpStateName;
  /** The listener that has made it, or null. */
  readonly parent: { readonly isAcceptQueueFull: boolean } | null;
  /** No program holds it. */
  readonly isOrphan: boolean;
  /** The MSS that the device allows, and that less the timestamps. */
  readonly host: Pick<TcpHost, 'mss_bytes' | 'kernel' | 'sysctl' | 'timestamp'>;
  readonly advmss_bytes: number;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly syn: {
    readonly isFirst: boolean;
    readonly elapsed_ms: number;
    state(): { readonly retransmits: number };
  };
  readonly chart: {
    readonly synAck: { readonly retransmits: number; readonly sent_us: number };
    synAcknowledged(): void;
    setTimer(timer_ms: number, kind: 'retransmission'): void;
  };
  readonly acknowledging: { signalMode(): void };
  readonly outgoing: Outgoing;
  readonly counters: Pick<Counted, 'add'>;
  readonly counts: SegmentCounts;
  readonly diag: Diag;
  /** The numbers of this end's stream, and of the peer's, which its SYN brings. */
  readonly snd: Sequence;
  rcv: Sequence;
  ts_recent: number;
  /** The options that both ends have agreed on. */
  rx_opt: Agreed;
  sk_err: Errno | null;
  sk_err_soft: Errno | null;
  readonly sk_shutdown: { rcv: boolean; send: boolean };
  tell(event: ConnectionEvent): void;
  /** Who waits for a change may look. */
  changed(): void;
  /** An orphan whose FIN is acknowledged waits for the peer's as a record. */
  keepFinWait2(): void;
}

/** A segment in positions. */
interface Read {
  readonly seq: number;
  readonly end_seq: number;
  readonly ack: number;
  readonly isSyn: boolean;
  readonly isFin: boolean;
  readonly isRst: boolean;
  readonly hasAck: boolean;
}

/** Data for a socket that nobody can read any more. */
const WHY_AFTER_CLOSE = and(
  'tcp_rcv_state_process:after-close',
  [
    ['sk->sk_shutdown & RCV_SHUTDOWN', true],
    ['TCP_SKB_CB(skb)->end_seq != TCP_SKB_CB(skb)->seq', true],
    ['after(TCP_SKB_CB(skb)->end_seq - th->fin, tp->rcv_nxt)', true],
  ],
  'a reset answers it',
);

const whyDuplicate = (end_seq: number, rcv_nxt: number): Decision =>
  comparison(
    'tcp_data_queue:duplicate',
    end_seq <= rcv_nxt,
    [
      ['TCP_SKB_CB(skb)->end_seq', end_seq],
      ['tp->rcv_nxt', rcv_nxt],
    ],
    'an ACK says what is wanted',
  );

export class Incoming {
  readonly #sk: IncomingSocket;

  constructor(sk: IncomingSocket) {
    this.#sk = sk;
  }

  /** A segment for the socket, whatever state it is in. */
  take(segment: Segment): void {
    const { sk_state } = this.#sk;
    if (sk_state === 'LISTEN') this.#inListen(segment);
    else if (sk_state === 'SYN_SENT') this.#inSynSent(segment);
    else this.#inOtherStates(segment);
  }

  #inListen(segment: Segment): void {
    this.#takeSyn(segment, true);
    this.#sk.tell({ type: 'SYN' });
  }

  /** The peer's SYN: where its stream begins, and what it can take. @param isRequest it came to a listener */
  #takeSyn(segment: Segment, isRequest: boolean): void {
    const { host, outgoing, sender, receiver } = this.#sk;
    this.#sk.rcv = new Sequence(segment.seq);
    this.#sk.rx_opt = agreed(segment, host.sysctl, outgoing.rcv_wscale);
    const { timestamps, rcv_wscale } = this.#sk.rx_opt;
    const peer_mss_bytes = segment.mss_bytes ?? TCP_MSS_DEFAULT_bytes;
    this.#sk.ts_recent = segment.timestamps?.value ?? 0;
    sender.mss_bytes = Math.min(peer_mss_bytes, host.mss_bytes) - (timestamps ? TIMESTAMPS_bytes : 0);
    receiver.established(outgoing.synWindow(isRequest && timestamps), sender.mss_bytes, rcv_wscale);
  }

  /** `tcp_rcv_synsent_state_process`. */
  #inSynSent(segment: Segment): void {
    const { flags } = segment;
    const hasAck = flags.includes('ACK');
    const isMine = hasAck && this.#sk.snd.position(segment.ack, 1) === 1;
    if (hasAck && !isMine) {
      // What it answers may have swallowed the SYN, so that is soon tried again.
      if (this.#sk.syn.state().retransmits === 0)
        this.#sk.chart.setTimer(TCP_TIMEOUT_MIN * JIFFY_ms, 'retransmission');
      if (!flags.includes('RST')) this.#sk.outgoing.reset(segment);
      return;
    }
    if (flags.includes('RST')) {
      if (hasAck) this.#sk.tell({ type: 'RST' });
      return;
    }
    if (!flags.includes('SYN')) return;
    this.#takeSyn(segment, false);
    this.#sk.sender.established(segment.window_bytes, 0);
    if (!hasAck) {
      this.#sk.tell({ type: 'SYN' });
      return;
    }
    this.#synAcknowledged();
    const { syn, sender } = this.#sk;
    const echo_us = this.#echo_us(segment);
    this.#measure(syn.isFirst ? Math.max(1, syn.elapsed_ms * 1000) : echo_us);
    // tcp_init_transfer: two SYNs without an answer, and no timestamp says that the answer is to the first.
    const isSpurious = echo_us !== null && echo_us === Math.max(1, Math.round(syn.elapsed_ms)) * 1000;
    if (syn.state().retransmits > 1 && !isSpurious) sender.congestion.snd_cwnd = 1;
    this.#sk.tell({ type: 'SYN-ACK' });
  }

  /** The SYN takes a place in the stream (`tcp_snd_una_update`), and an answer takes back what was noted (`tcp_ack`). */
  #synAcknowledged(): void {
    this.#sk.sk_err_soft = null;
    this.#sk.counts.bytes_acked = 1;
    this.#sk.counts.last_ack_recv_us = this.#sk.now_us;
  }

  /** The round trip that an echoed timestamp tells, in µs, or null: `tcp_rtt_tsopt_us`. */
  #echo_us({ timestamps }: Segment): number | null {
    if (!this.#sk.rx_opt.timestamps || !timestamps?.echo) return null;
    return Math.max(1, (this.#sk.host.timestamp() - timestamps.echo) | 0) * 1000;
  }

  /** The handshake's round trip, in µs, or null where it gives none: `tcp_synack_rtt_meas`, `tcp_init_metrics`. */
  #measure(rtt_us: number | null): void {
    const { rtt } = this.#sk.sender;
    if (rtt_us === null) rtt.unmeasured();
    else rtt.sample(rtt_us, 1, 1);
  }

  /** The window that a segment offers, in bytes: a SYN's is not scaled. */
  #windowOf({ window_bytes }: Segment, isSyn: boolean): number {
    return isSyn ? window_bytes : window_bytes * 2 ** (this.#sk.rx_opt.snd_wscale ?? 0);
  }

  #inOtherStates(segment: Segment): void {
    const read = this.#read(segment);
    // tcp_check_req: for a request a wrong acknowledgement comes before a wrong window.
    if (this.#sk.sk_state === 'SYN_RECV' && this.#sk.parent && read.hasAck && !read.isRst && read.ack !== 1) {
      this.#sk.outgoing.reset(segment);
      return;
    }
    if (!this.#validates(segment, read)) return;
    if (!read.hasAck) return;
    if (this.#sk.sk_state === 'SYN_RECV' && !this.#completes(segment, read)) return;
    if (!this.#acknowledged(segment, read)) return;
    this.#takeText(segment, read);
  }

  #read({ seq, ack, flags, payload_bytes }: Segment): Read {
    const start = this.#sk.rcv.position(seq, this.#sk.receiver.rcv_nxt);
    const isSyn = flags.includes('SYN');
    const isFin = flags.includes('FIN');
    const hasAck = flags.includes('ACK');
    return {
      seq: start,
      end_seq: start + payload_bytes + (isSyn ? 1 : 0) + (isFin ? 1 : 0),
      ack: hasAck ? this.#sk.snd.position(ack, this.#sk.sender.queue.snd_una) : 0,
      isSyn,
      isFin,
      isRst: flags.includes('RST'),
      hasAck,
    };
  }

  /** `tcp_validate_incoming`. @returns whether the segment is looked at any further */
  #validates(segment: Segment, read: Read): boolean {
    const { receiver, sk_state } = this.#sk;
    if (sk_state === 'SYN_RECV' && this.#sk.parent && read.isSyn && !read.hasAck && read.seq === 0) {
      this.#sk.tell({ type: 'SYN' });
      return false;
    }
    // tcp_reset_check: a peer that has sent its FIN may reset with the FIN's own number.
    const isAtFin =
      ['CLOSE_WAIT', 'LAST_ACK', 'CLOSING'].includes(sk_state) && read.seq === receiver.rcv_nxt - 1;
    if (!receiver.accepts(read)) {
      if (read.isRst && isAtFin) this.#sk.tell({ type: 'RST' });
      if (read.isRst) return false;
      if (read.isSyn) this.#sk.outgoing.challenge();
      else {
        const hasData = read.end_seq !== read.seq;
        if (!hasData && this.#sk.outgoing.isTooSoon('TcpExtTCPACKSkippedSeq')) return false;
        if (hasData && read.seq < receiver.rcv_nxt) {
          this.#sk.counters.add('TcpExtDelayedACKLost');
          receiver.ack.enterQuickackMode();
        }
        this.#sk.outgoing.answer(
          'It is outside the window: an ACK says what is wanted.',
          'tcp_send_dupack:ack',
        );
      }
      return false;
    }
    if (read.isRst) {
      if (read.seq === receiver.rcv_nxt || isAtFin) this.#sk.tell({ type: 'RST' });
      else this.#sk.outgoing.challenge();
      return false;
    }
    if (read.isSyn) {
      const isCrossed = sk_state === 'SYN_RECV' && !this.#sk.parent && read.hasAck && read.seq === 0;
      if (!isCrossed) {
        this.#sk.outgoing.challenge();
        return false;
      }
    }
    if (this.#sk.rx_opt.timestamps && segment.timestamps && read.seq <= receiver.rcv_wup)
      this.#sk.ts_recent = segment.timestamps.value;
    return true;
  }

  /** The end of the handshake for the side that has sent a SYN-ACK. @returns whether the connection is up */
  #completes(segment: Segment, read: Read): boolean {
    if (read.ack !== 1) {
      this.#sk.outgoing.reset(segment);
      return false;
    }
    if (this.#sk.parent?.isAcceptQueueFull) {
      this.#sk.counters.add('TcpExtListenOverflows');
      this.#sk.counters.add('TcpExtListenDrops');
      this.#sk.diag.record(
        'accept-queue-full',
        'The accept queue is full: *the ACK is ignored*, and the SYN-ACK will go out again.',
        {
          ...reasonOf(
            and(
              'tcp_v4_syn_recv_sock:overflow',
              [['sk_acceptq_is_full(sk)', true]],
              'the connection stays a request',
            ),
          ),
          beat: true,
        },
      );
      return false;
    }
    this.#sk.sender.established(this.#windowOf(segment, read.isSyn), read.seq);
    const { retransmits, sent_us } = this.#sk.chart.synAck;
    this.#measure(retransmits === 0 ? this.#sk.now_us - sent_us : this.#echo_us(segment));
    // A request's SYN-ACK was never its socket's.
    if (!this.#sk.parent) this.#synAcknowledged();
    const isShut = this.#sk.sk_shutdown.send;
    this.#sk.tell({ type: read.isSyn ? 'SYN-ACK' : 'ACK' });
    if (isShut) this.#sk.tell({ type: 'shutdown()' });
    return true;
  }

  /** Step 5: the ACK, and the states that wait for one. @returns whether the segment's text is looked at */
  #acknowledged(segment: Segment, { ack, seq, end_seq, isFin, isSyn }: Read): boolean {
    const window_bytes = this.#windowOf(segment, isSyn);
    const hasData = end_seq > seq;
    const echo_us = this.#echo_us(segment);
    const result = this.#sk.sender.acknowledged({ ack, seq, window_bytes, hasData, echo_us });
    if (result === 'not sent yet') {
      const { sk_state, host, outgoing } = this.#sk;
      if (sk_state !== 'ESTABLISHED' || host.kernel.answersUnsentAck) outgoing.challenge();
      return false;
    }
    this.#sk.chart.synAcknowledged();
    const isFinAcknowledged = this.#sk.sender.queue.isFinQueued && ack === this.#sk.sender.queue.write_seq;
    if (!isFinAcknowledged) return true;
    if (this.#sk.sk_state !== 'FIN_WAIT1') {
      if (this.#sk.sk_state !== 'CLOSING' && this.#sk.sk_state !== 'LAST_ACK') return true;
      this.#sk.tell({ type: 'ACK of FIN' });
      return false;
    }
    this.#sk.tell({ type: 'ACK of FIN', decision: this.#whyFinWait2() });
    this.#sk.sk_shutdown.send = true;
    if (!this.#sk.isOrphan) return true;
    if (end_seq - (isFin ? 1 : 0) > this.#sk.receiver.rcv_nxt && hasData) {
      this.#sk.counters.add('TcpExtTCPAbortOnData');
      this.#sk.tell({ type: 'data after close()', decision: WHY_AFTER_CLOSE });
      this.#sk.outgoing.reset(segment);
      return false;
    }
    if (isFin) return true;
    this.#sk.keepFinWait2();
    return false;
  }

  /** Step 7: data and FIN, then what may be sent and what must be acknowledged. */
  #takeText(segment: Segment, read: Read): void {
    const { receiver } = this.#sk;
    const { seq, end_seq, isFin } = read;
    const isClosed = this.#sk.sk_state === 'FIN_WAIT1' || this.#sk.sk_state === 'FIN_WAIT2';
    if (
      isClosed &&
      this.#sk.sk_shutdown.rcv &&
      end_seq > seq &&
      end_seq - (isFin ? 1 : 0) > receiver.rcv_nxt
    ) {
      this.#sk.sk_err = 'ECONNRESET';
      this.#sk.counters.add('TcpExtTCPAbortOnData');
      this.#sk.tell({ type: 'data after close()', decision: WHY_AFTER_CLOSE });
      this.#sk.outgoing.reset(segment);
      return;
    }
    if (end_seq > seq && !read.isSyn) this.#takeData(segment, read);
    if (this.#sk.sk_state === 'CLOSE' || this.#sk.sk_state === 'TIME_WAIT') return;
    this.#sk.sender.push();
    if (receiver.ack.isScheduled) this.#sk.tell({ type: 'ack check' });
  }

  #takeData(segment: Segment, { seq, end_seq, isFin }: Read): void {
    const { receiver } = this.#sk;
    const before = receiver.rcv_nxt;
    const { queued, hasFin } = receiver.queue({ seq, end_seq, hasFin: isFin });
    const isBehindFin = hasFin && !isFin;
    this.#sk.counts.bytes_received += receiver.rcv_nxt - before;
    if (queued === 'out of order') this.#sk.counters.add('TcpExtTCPOFOQueue');
    if (queued === 'duplicate') this.#sk.counters.add('TcpExtDelayedACKLost');
    if (queued === 'in order' && segment.payload_bytes > 0) this.#noteArrival(segment);
    else if (queued === 'out of order')
      this.#sk.diag.record('out-of-order', `Something before it is missing: it waits from byte ${seq} on.`, {
        data: { seq, rcv_nxt: before },
        mark: 'tcp_data_queue:out-of-order',
      });
    else if (queued === 'duplicate')
      this.#sk.diag.record(
        'duplicate',
        'All of it has been here before.',
        reasonOf(whyDuplicate(end_seq, before)),
      );
    if (queued === 'in order' && (hasFin || isBehindFin)) this.#takeFin();
    if (queued === 'in order') this.#sk.changed();
    this.#sk.acknowledging.signalMode();
  }

  /** `tcp_event_data_recv`, told when it changes something. */
  #noteArrival(segment: Segment): void {
    const { ack } = this.#sk.receiver;
    const before = { quick: ack.quick, ato: ack.ato, m: ack.sinceReceived };
    const arrival = {
      payload_bytes: segment.payload_bytes,
      hasPush: segment.flags.includes('PSH'),
      hasFin: segment.flags.includes('FIN'),
      options_bytes: segment.timestamps ? TIMESTAMPS_bytes : 0,
    };
    const rule = this.#sk.receiver.dataReceived(arrival, this.#sk.advmss_bytes);
    if (rule === 'as before' || (before.ato === ack.ato && before.quick === ack.quick)) return;
    const isCut = ack.tcpi_ato < ack.ato;
    const delay = `${ack.ato * JIFFY_ms} ms${isCut ? `, of which a limit leaves ${ack.tcpi_ato * JIFFY_ms} ms` : ''}`;
    const says = {
      first: `The first data of this connection: the next ${ack.quick} ACKs are *quick*.`,
      fast: `Data comes fast: the delay of ACKs becomes ${delay}.`,
      average: `The delay of ACKs follows the pause between segments: ${delay}.`,
      gap: `A pause longer than the retransmission timeout: the next ${ack.quick} ACKs are quick again.`,
    }[rule];
    this.#sk.diag.record('ato-updated', says, {
      data: { rule, ato_ms: ack.ato * 4, quick: ack.quick },
      ...reasonOf(this.#whyRule(rule, before), `tcp_event_data_recv:${rule}`),
    });
  }

  /** @param before the delay, and how long nothing had come, both in jiffies */
  #whyRule(
    rule: Exclude<ArrivalRule, 'as before'>,
    before: { readonly ato: number; readonly m: number },
  ): Decision {
    const m = ['m', before.m * JIFFY_ms, 'ms'] as const;
    switch (rule) {
      case 'first':
        return and(
          'tcp_event_data_recv:is-first',
          [['!icsk->icsk_ack.ato', before.ato === 0]],
          'the first ACKs are quick',
        );
      case 'fast':
        return comparison(
          'tcp_event_data_recv:is-fast',
          true,
          [m, ['TCP_ATO_MIN / 2', (TCP_ATO_MIN / 2) * JIFFY_ms, 'ms']],
          'the delay of ACKs goes half the way to the shortest',
        );
      case 'average':
        return comparison(
          'tcp_event_data_recv:is-average',
          true,
          [m, ['icsk->icsk_ack.ato', before.ato * JIFFY_ms, 'ms']],
          'the delay of ACKs follows the pause',
        );
      case 'gap':
        return comparison(
          'tcp_event_data_recv:is-gap',
          true,
          [m, ['icsk->icsk_rto', this.#sk.sender.icsk_rto_ms, 'ms']],
          'the next ACKs are quick again',
        );
    }
  }

  /** Whether all that was sent is acknowledged, the FIN included. */
  #whyFinWait2(): Decision {
    const { snd_una, write_seq } = this.#sk.sender.queue;
    return comparison(
      'tcp_rcv_state_process:fin-wait2',
      snd_una !== write_seq,
      [
        ['tp->snd_una', snd_una],
        ['tp->write_seq', write_seq],
      ],
      'the FIN is acknowledged',
    );
  }

  /** `tcp_fin`. */
  #takeFin(): void {
    this.#sk.receiver.ack.isScheduled = true;
    this.#sk.sk_shutdown.rcv = true;
    const isAtOnce = this.#sk.sk_state === 'FIN_WAIT1' || this.#sk.sk_state === 'FIN_WAIT2';
    this.#sk.tell({ type: 'FIN' });
    if (!isAtOnce) this.#sk.receiver.ack.enterPingpongMode();
  }
}
