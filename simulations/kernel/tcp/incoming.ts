/**
 * What a socket does with a segment: the order of `tcp_rcv_state_process` and `tcp_rcv_synsent_state_process`
 * (`net/ipv4/tcp_input.c`). First the sequence numbers, then RST, SYN and ACK, then data and FIN.
 *
 * Left out: PAWS, urgent data, header prediction.
 */
import type { Segment } from '../../network/packet.ts';
import { WINDOW_SCALE_bytes } from './receiver.ts';
import { Sequence } from './sequence.ts';
import type { TcpSock } from './sock.ts';
import { TIMESTAMPS_bytes } from './tcp-host.ts';

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

export class Incoming {
  readonly #sk: TcpSock;

  constructor(sk: TcpSock) {
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
    this.#takeSyn(segment);
    this.#sk.tell({ type: 'SYN' });
  }

  /** The peer's SYN: where its stream begins, and what it can take. */
  #takeSyn(segment: Segment): void {
    this.#sk.rcv = new Sequence(segment.seq);
    const peer_mss_bytes = segment.mss_bytes ?? 1460;
    this.#sk.ts_recent = segment.timestamps?.value ?? 0;
    this.#sk.sender.mss_bytes = Math.min(peer_mss_bytes, this.#sk.host.mss_bytes) - TIMESTAMPS_bytes;
    this.#sk.receiver.established(this.#sk.synWindow(true), this.#sk.sender.mss_bytes);
  }

  /** `tcp_rcv_synsent_state_process`. */
  #inSynSent(segment: Segment): void {
    const { flags } = segment;
    const hasAck = flags.includes('ACK');
    const isMine = hasAck && this.#sk.snd.position(segment.ack, 1) === 1;
    if (hasAck && !isMine) {
      if (!flags.includes('RST')) this.#sk.reset(segment);
      return;
    }
    if (flags.includes('RST')) {
      if (hasAck) this.#sk.tell({ type: 'RST' });
      return;
    }
    if (!flags.includes('SYN')) return;
    this.#takeSyn(segment);
    this.#sk.receiver.established(this.#sk.synWindow(false), this.#sk.sender.mss_bytes);
    this.#sk.sender.established(segment.window_bytes, 0);
    if (!hasAck) {
      this.#sk.tell({ type: 'SYN' });
      return;
    }
    if (this.#sk.syn.isFirst) this.#sk.sender.rtt.sample(Math.max(1, this.#sk.syn.elapsed_ms * 1000), 1, 1);
    this.#sk.tell({ type: 'SYN-ACK' });
  }

  #inOtherStates(segment: Segment): void {
    const read = this.#read(segment);
    // tcp_check_req: for a request a wrong acknowledgement comes before a wrong window.
    if (this.#sk.sk_state === 'SYN_RECV' && this.#sk.parent && read.hasAck && !read.isRst && read.ack !== 1) {
      this.#sk.reset(segment);
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
      if (read.isSyn) this.#sk.challenge();
      else {
        const hasData = read.end_seq !== read.seq;
        if (!hasData && this.#sk.isTooSoon()) return false;
        if (hasData && read.seq < receiver.rcv_nxt) receiver.ack.enterQuickackMode();
        this.#sk.answer('It is outside the window: an ACK says what is wanted.', 'tcp_send_dupack:ack');
      }
      return false;
    }
    if (read.isRst) {
      if (read.seq === receiver.rcv_nxt || isAtFin) this.#sk.tell({ type: 'RST' });
      else this.#sk.challenge();
      return false;
    }
    if (read.isSyn) {
      const isCrossed = sk_state === 'SYN_RECV' && !this.#sk.parent && read.hasAck && read.seq === 0;
      if (!isCrossed) {
        this.#sk.challenge();
        return false;
      }
    }
    if (segment.timestamps && read.seq <= receiver.rcv_wup) this.#sk.ts_recent = segment.timestamps.value;
    return true;
  }

  /** The end of the handshake for the side that has sent a SYN-ACK. @returns whether the connection is up */
  #completes(segment: Segment, read: Read): boolean {
    if (read.ack !== 1) {
      this.#sk.reset(segment);
      return false;
    }
    if (this.#sk.parent?.isAcceptQueueFull) {
      this.#sk.record(
        'accept-queue-full',
        'The accept queue is full: *the ACK is ignored*, and the SYN-ACK will go out again.',
        {
          mark: 'tcp_v4_syn_recv_sock:overflow',
          beat: true,
        },
      );
      return false;
    }
    const window_bytes = read.isSyn ? segment.window_bytes : segment.window_bytes * WINDOW_SCALE_bytes;
    this.#sk.sender.established(window_bytes, read.seq);
    if (this.#sk.synAck.retransmits === 0)
      this.#sk.sender.rtt.sample(this.#sk.now_us - this.#sk.synAck.sent_us, 1, 1);
    const isShut = this.#sk.sk_shutdown.send;
    this.#sk.tell({ type: read.isSyn ? 'SYN-ACK' : 'ACK' });
    if (isShut) this.#sk.tell({ type: 'shutdown()' });
    return true;
  }

  /** Step 5: the ACK, and the states that wait for one. @returns whether the segment's text is looked at */
  #acknowledged(segment: Segment, { ack, seq, end_seq, isFin, isSyn }: Read): boolean {
    const window_bytes = isSyn ? segment.window_bytes : segment.window_bytes * WINDOW_SCALE_bytes;
    const hasData = end_seq > seq;
    const result = this.#sk.sender.acknowledged({ ack, seq, window_bytes, hasData });
    if (result === 'not sent yet') {
      if (this.#sk.sk_state !== 'ESTABLISHED') this.#sk.challenge();
      return false;
    }
    const isFinAcknowledged = this.#sk.sender.queue.isFinQueued && ack === this.#sk.sender.queue.write_seq;
    if (!isFinAcknowledged) return true;
    if (this.#sk.sk_state !== 'FIN_WAIT1') {
      if (this.#sk.sk_state !== 'CLOSING' && this.#sk.sk_state !== 'LAST_ACK') return true;
      this.#sk.tell({ type: 'ACK of FIN' });
      return false;
    }
    this.#sk.tell({ type: 'ACK of FIN' });
    this.#sk.sk_shutdown.send = true;
    if (!this.#sk.isOrphan) return true;
    if (end_seq - (isFin ? 1 : 0) > this.#sk.receiver.rcv_nxt && hasData) {
      this.#sk.tell({ type: 'data after close()' });
      this.#sk.reset(segment);
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
      this.#sk.tell({ type: 'data after close()' });
      this.#sk.reset(segment);
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
    if (queued === 'in order' && segment.payload_bytes > 0) this.#noteArrival(segment);
    else if (queued === 'out of order')
      this.#sk.record('out-of-order', `Something before it is missing: it waits from byte ${seq} on.`, {
        data: { seq, rcv_nxt: before },
        mark: 'tcp_data_queue:out-of-order',
      });
    else if (queued === 'duplicate')
      this.#sk.record('duplicate', 'All of it has been here before.', { mark: 'tcp_data_queue:duplicate' });
    if (queued === 'in order' && (hasFin || isBehindFin)) this.#takeFin();
    if (queued === 'in order') this.#sk.changed();
    this.#sk.signalMode();
  }

  /** `tcp_event_data_recv`, told when it changes something. */
  #noteArrival(segment: Segment): void {
    const { ack } = this.#sk.receiver;
    const before = { quick: ack.quick, ato: ack.ato };
    const arrival = {
      payload_bytes: segment.payload_bytes,
      hasPush: segment.flags.includes('PSH'),
      hasFin: segment.flags.includes('FIN'),
      options_bytes: segment.timestamps ? TIMESTAMPS_bytes : 0,
    };
    const rule = this.#sk.receiver.dataReceived(arrival, this.#sk.advmss_bytes);
    if (rule === 'as before' || (before.ato === ack.ato && before.quick === ack.quick)) return;
    const says = {
      first: `The first data of this connection: the next ${ack.quick} ACKs are *quick*.`,
      fast: `Data comes fast: the delay of ACKs becomes ${ack.ato * 4} ms.`,
      average: `The delay of ACKs follows the pause between segments: ${ack.ato * 4} ms.`,
      gap: `A pause longer than the retransmission timeout: the next ${ack.quick} ACKs are quick again.`,
    }[rule];
    this.#sk.record('ato-updated', says, {
      data: { rule, ato_ms: ack.ato * 4, quick: ack.quick },
      mark: `tcp_event_data_recv:${rule}`,
    });
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
