/**
 * When a socket sends an ACK, and what it says of it: the hands of `delayed-ack.ts`, which has the rules.
 * `tcp_send_delayed_ack`, `tcp_event_ack_sent`, `tcp_event_data_sent` and `tcp_delack_timer_handler`.
 *
 * Left out: compressed ACKs.
 */
import { duration } from '../../engine/duration.ts';
import type { KernelMark } from '../../engine/trace.ts';
import type { Segment } from '../../network/packet.ts';
import type { TcpSock } from './sock.ts';

export class Acknowledging {
  /** When the delayed ACK began to wait, in µs. */
  set_us = 0;
  readonly #sk: TcpSock;

  constructor(sk: TcpSock) {
    this.#sk = sk;
  }

  /** How long the delayed ACK may still wait, in ms. */
  get delack_ms(): number {
    return Math.max(0, ((this.#sk.receiver.ack.timeout_us ?? this.#sk.now_us) - this.#sk.now_us) / 1000);
  }

  /** An ACK for what a state answers at once: a FIN after ours, a SYN that crossed ours. */
  sendAck(): void {
    const mark = { FIN_WAIT1: 'tcp_fin:ack-closing', FIN_WAIT2: 'tcp_fin:ack' }[this.#sk.sk_state];
    this.#sk.transmit(
      ['ACK'],
      'An ACK answers it at once.',
      (mark as KernelMark) ?? 'tcp_data_queue:duplicate',
    );
  }

  /** An ACK without delay: the other end of `__tcp_ack_snd_check`. */
  ackNow(): void {
    const { reason, quick } = this.#sk.receiver.whyAckNow;
    const why = {
      full: 'more than one full segment has come',
      quick: `quick, ${quick} left`,
      now: 'a hole is filled',
      hole: 'the peer must know what is missing',
    }[reason];
    const mark =
      reason === 'quick' ? 'tcp_in_quickack_mode:quick' : (`__tcp_ack_snd_check:${reason}` as const);
    this.#sk.transmit(['ACK'], `An ACK goes out at once: ${why}.`, mark, true);
  }

  /** The program's reading lets an ACK out. */
  afterRead(): void {
    this.#sk.transmit(['ACK'], 'The program has read it all: an ACK goes out.', '__tcp_cleanup_rbuf:ack');
  }

  /** `tcp_send_delayed_ack`. */
  sendDelayedAck(): void {
    const { ack } = this.#sk.receiver;
    const due_us = ack.timeout_us;
    if (!ack.setTimer()) {
      this.#sk.transmit(
        ['ACK'],
        'An earlier delay is nearly over: the ACK goes out.',
        'tcp_send_delayed_ack:now',
      );
      return;
    }
    if (ack.timeout_us === due_us) return;
    this.set_us = this.#sk.now_us;
    const wait = duration(this.delack_ms * 1000);
    const why =
      this.#sk.receiver.fin_seq !== null
        ? 'After a FIN the session counts as interactive'
        : ack.inPingpongMode
          ? 'The session counts as interactive'
          : ack.quick > 0
            ? 'Nothing asks for an ACK at once'
            : 'No quick ACKs are left';
    const isAtOnce = this.delack_ms === 0;
    const says = isAtOnce
      ? `${why}; no data has set a delay yet, so the ACK goes out *with the next tick*.`
      : `${why}, so the ACK *waits up to ${wait}* for data to ride on.`;
    this.#sk.record('ack-delayed', says, {
      data: { delay_ms: this.delack_ms },
      mark: 'tcp_send_delayed_ack:timer',
      beat: !isAtOnce,
      state: this.#sk.fields(),
    });
  }

  /** `tcp_delack_timer_handler`. */
  delackTimer(): void {
    const { ack } = this.#sk.receiver;
    ack.timeout_us = null;
    const wait = duration(this.#sk.now_us - this.set_us);
    if (!ack.isScheduled || this.#sk.sk_state === 'CLOSE') {
      this.#sk.tell({ type: 'ack sent' });
      return;
    }
    const wasPingpong = ack.missed() === 'left pingpong mode';
    const isAtOnce = this.#sk.now_us === this.set_us;
    this.#sk.record(
      'delayed-ack-fired',
      isAtOnce
        ? 'The next tick is there.'
        : wasPingpong
          ? `Nothing came to ride on for ${wait}: the ACK goes alone, and *the session no longer counts as interactive*.`
          : `Nothing came to ride on for ${wait}: the ACK goes alone, and the next one may wait ${ack.ato * 4} ms.`,
      {
        data: { waited_ms: (this.#sk.now_us - this.set_us) / 1000, ato_ms: ack.ato * 4 },
        mark: wasPingpong ? 'tcp_delack_timer_handler:pingpong' : 'tcp_delack_timer_handler:inflate',
        state: this.#sk.fields(),
        beat: !isAtOnce,
      },
    );
    this.#sk.transmit(['ACK'], 'The delayed ACK goes out.', 'tcp_delack_timer_handler:send');
    // The last word, also when no segment with an ACK could leave.
    if (this.#sk.regions.acknowledgement === 'delayed') this.#sk.tell({ type: 'ack sent' });
  }

  /** `tcp_event_ack_sent`, then `tcp_event_data_sent`. */
  leaves(segment: Segment): void {
    const { ack } = this.#sk.receiver;
    ack.ackSent();
    if (segment.payload_bytes > 0 && ack.dataSent())
      this.#sk.record(
        'reply-counted',
        `It leaves within ${ack.ato * 4} ms of the last data: *a reply*, number ${ack.pingpong}; from ${this.#sk.tcp_pingpong_thresh} on ACKs wait.`,
        {
          data: { pingpong: ack.pingpong, thresh: this.#sk.tcp_pingpong_thresh },
          mark: 'tcp_event_data_sent:reply',
          // Its own departure is what makes the next ACK wait.
          beat: ack.pingpong === this.#sk.tcp_pingpong_thresh,
        },
      );
    if (this.#sk.regions.acknowledgement === 'delayed') this.#sk.tell({ type: 'ack sent' });
  }

  /** Tells the statechart when ACKs have begun to be treated in another way. */
  signalMode(): void {
    const { acknowledgement } = this.#sk.regions;
    const { ack } = this.#sk.receiver;
    const mode = ack.inPingpongMode ? 'pingpong' : ack.quick > 0 ? 'quick' : 'plain';
    if (acknowledgement !== 'delayed' && acknowledgement !== mode) this.#sk.tell({ type: 'mode changed' });
  }

  /** The kernel line with which ACKs begin to be treated so. */
  markOf(mode: string): KernelMark {
    const { receiver } = this.#sk;
    if (mode === 'quick') return 'tcp_in_quickack_mode:quick';
    if (mode === 'plain') return 'tcp_dec_quickack_mode:last';
    return receiver.fin_seq === null ? 'tcp_event_data_sent:reply' : 'tcp_fin:pingpong';
  }

  /** What that means, in a sentence. */
  sentenceOf(mode: string): string {
    const { ack } = this.#sk.receiver;
    if (mode === 'pingpong')
      return 'The session counts as *interactive*: from now on ACKs wait for data to ride on.';
    if (mode === 'quick') return `ACKs are *quick* now: the next ${ack.quick} go out at once.`;
    return 'No quick ACKs are left.';
  }
}
