/**
 * Sends the ACKs that `delayed-ack.ts` decides on, and says why: `tcp_send_delayed_ack`, `tcp_event_ack_sent`,
 * `tcp_event_data_sent` and `tcp_delack_timer_handler`.
 *
 * Left out: compressed ACKs.
 */
import { duration } from '../../engine/duration.ts';
import type { Regions, TcpStateName } from '../../machine/state.ts';
import type { Flag, Segment } from '../../network/packet.ts';
import {
  and,
  comparison,
  type Decision,
  formula,
  type Reason,
  reasonOf,
  type Why,
} from '../../trace/decision.ts';
import type { KernelMark } from '../../trace/event.ts';
import type { Counted } from '../counters.ts';
import type { ConnectionEvent } from './connection.ts';
import type { Diag } from './diag.ts';
import type { Receiver } from './receiver.ts';
import { JIFFY_ms } from './rto-min.ts';

/** The socket that acknowledges. */
export interface AcknowledgingSocket {
  readonly now_us: number;
  readonly tcp_pingpong_thresh: number;
  /** The least RTO, in µs, and how long the socket lets ACKs wait at most, in jiffies. */
  readonly rto_min_us: number;
  readonly icsk_delack_max: number;
  readonly sk_state: TcpStateName;
  readonly regions: Regions;
  readonly receiver: Receiver;
  readonly outgoing: {
    transmit(flags: readonly Flag[], says: string | (() => string), why?: Why, beat?: boolean): void;
  };
  readonly counters: Pick<Counted, 'add'>;
  readonly diag: Diag;
  tell(event: ConnectionEvent): void;
}

export class Acknowledging {
  /** When the delayed ACK began to wait, in µs. */
  set_us = 0;
  readonly #sk: AcknowledgingSocket;
  #wait: number | null = null;

  constructor(sk: AcknowledgingSocket) {
    this.#sk = sk;
  }

  /** How long the delayed ACK may still wait, in ms. */
  get delack_ms(): number {
    return Math.max(0, ((this.#sk.receiver.ack.timeout_us ?? this.#sk.now_us) - this.#sk.now_us) / 1000);
  }

  /** An ACK for what a state answers at once: a FIN after ours, a SYN that crossed ours. */
  sendAck(): void {
    const marks: Partial<Record<string, KernelMark>> = {
      FIN_WAIT1: 'tcp_fin:ack-closing',
      FIN_WAIT2: 'tcp_fin:ack',
    };
    this.#sk.outgoing.transmit(
      ['ACK'],
      'An ACK answers it at once.',
      marks[this.#sk.sk_state] ?? 'tcp_data_queue:duplicate',
    );
  }

  /** An ACK without delay: the other end of `__tcp_ack_snd_check`. */
  ackNow(): void {
    const { receiver, outgoing } = this.#sk;
    const { reason, quick, decision } = receiver.whyAckNow;
    const why = () =>
      ({
        full: 'more than one full segment has come',
        route: 'the route asks for it',
        quick: `quick, ${quick} left before it and ${receiver.ack.quick} after`,
        now: 'a hole is filled',
        hole: 'the peer must know what is missing',
      })[reason];
    outgoing.transmit(['ACK'], () => `An ACK goes out at once: ${why()}.`, reasonOf(decision), true);
  }

  /** The program's reading lets an ACK out. */
  afterRead(): void {
    this.#sk.outgoing.transmit(
      ['ACK'],
      'The program has read it all: an ACK goes out.',
      reasonOf(and('__tcp_cleanup_rbuf:ack', [['time_to_ack', true]], 'an ACK goes out')),
    );
  }

  /** `tcp_send_delayed_ack`. */
  sendDelayedAck(): void {
    const { ack } = this.#sk.receiver;
    const due_us = ack.timeout_us;
    if (!ack.setTimer()) {
      this.#sk.outgoing.transmit(
        ['ACK'],
        'An earlier delay is nearly over: the ACK goes out.',
        reasonOf(this.#whyNow(due_us ?? this.#sk.now_us)),
      );
      return;
    }
    if (ack.timeout_us === due_us) return;
    this.set_us = this.#sk.now_us;
    const wait = duration(this.delack_ms * 1000);
    const isCapped = ack.delay < ack.wanted;
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
      : isCapped
        ? `${why}, so the ACK waits for data to ride on, but *no longer than ${wait}*: a limit on the delay of ACKs cuts its ${duration(ack.wanted * JIFFY_ms * 1000)}.`
        : `${why}, so the ACK *waits up to ${wait}* for data to ride on.`;
    this.#sk.diag.record('ack-delayed', says, {
      data: { delay_ms: this.delack_ms },
      ...this.#whyDelayed(wait),
      beat: !isAtOnce,
    });
    this.stop();
    if (isAtOnce) return;
    const timer = { name: 'delayed ACK', set_us: this.set_us, due_us: ack.timeout_us ?? this.set_us };
    this.#wait = this.#sk.diag.beginWait('delayed-ack', 'data to ride on', timer);
  }

  /** No ACK waits any more. */
  stop(): void {
    this.#wait = this.#sk.diag.endWait(this.#wait);
  }

  /** `tcp_delack_timer_handler`. */
  delackTimer(): void {
    const { ack } = this.#sk.receiver;
    ack.timeout_us = null;
    const wait = duration(this.#sk.now_us - this.set_us);
    if (!ack.isScheduled || this.#sk.sk_state === 'CLOSE') {
      this.stop();
      this.#sk.tell({ type: 'ack sent' });
      return;
    }
    const wasPingpong = ack.missed() === 'left pingpong mode';
    const isAtOnce = this.#sk.now_us === this.set_us;
    this.#sk.diag.record(
      'delayed-ack-fired',
      isAtOnce
        ? 'The next tick is there.'
        : wasPingpong
          ? `Nothing came to ride on for ${wait}: the ACK goes alone, and *the session no longer counts as interactive*.`
          : `Nothing came to ride on for ${wait}: the ACK goes alone, and the next one may wait ${ack.delay * JIFFY_ms} ms.`,
      {
        data: { waited_ms: (this.#sk.now_us - this.set_us) / 1000, ato_ms: ack.ato * 4 },
        ...reasonOf(
          and(
            'tcp_delack_timer_handler:is-pingpong',
            [['!inet_csk_in_pingpong_mode(sk)', !wasPingpong]],
            wasPingpong
              ? 'the session no longer counts as interactive, and the ACK goes alone'
              : 'the next ACK may wait longer, and this one goes alone',
          ),
          wasPingpong ? 'tcp_delack_timer_handler:pingpong' : 'tcp_delack_timer_handler:inflate',
        ),
        beat: !isAtOnce,
      },
    );
    this.stop();
    this.#sk.counters.add('TcpExtDelayedACKs');
    this.#sk.outgoing.transmit(['ACK'], 'The delayed ACK goes out.', 'tcp_delack_timer_handler:send');
    // The last word, also when no segment with an ACK could leave.
    if (this.#sk.regions.acknowledgement === 'delayed') this.#sk.tell({ type: 'ack sent' });
  }

  /** `tcp_event_ack_sent`, then `tcp_event_data_sent`. */
  leaves(segment: Segment): void {
    const { ack } = this.#sk.receiver;
    ack.ackSent();
    if (segment.payload_bytes > 0 && ack.dataSent())
      this.#sk.diag.record('reply-counted', this.#replySentence(), {
        data: { pingpong: ack.pingpong, thresh: this.#sk.tcp_pingpong_thresh },
        ...reasonOf(this.#whyReply()),
        // Its own departure is what makes the next ACK wait.
        beat: ack.pingpong === this.#sk.tcp_pingpong_thresh,
      });
    if (this.#sk.regions.acknowledgement === 'delayed') this.#sk.tell({ type: 'ack sent' });
  }

  /** How long the ACK waits, and what cut it. @param wait in words */
  #whyDelayed(wait: string): Reason {
    const { ack } = this.#sk.receiver;
    if (ack.delay === ack.wanted)
      return reasonOf(
        formula(
          'tcp_send_delayed_ack:timer',
          wait,
          [['timeout', this.delack_ms, 'ms']],
          'the ACK waits that long for data to ride on',
        ),
      );
    const { rto_min_us, icsk_delack_max } = this.#sk;
    return reasonOf(
      formula(
        'tcp_delack_max:cap',
        wait,
        [
          ['tcp_rto_min(sk)', rto_min_us / 1000, 'ms'],
          ['inet_csk(sk)->icsk_delack_max', icsk_delack_max * JIFFY_ms, 'ms'],
        ],
        'the ACK waits no longer for data to ride on',
      ),
      'tcp_send_delayed_ack:limit',
    );
  }

  /** An earlier delay that is nearly over. @param due_us when it is, in µs */
  #whyNow(due_us: number): Decision {
    return comparison(
      'tcp_send_delayed_ack:now',
      true,
      [
        ['icsk->icsk_ack.timeout', due_us / 1000, 'ms'],
        ['jiffies', this.#sk.now_us / 1000, 'ms'],
        ['ato >> 2', (this.#sk.receiver.ack.delay >> 2) * JIFFY_ms, 'ms'],
      ],
      'the ACK goes out now',
    );
  }

  /** What a reply counts towards. */
  #replySentence(): string {
    const { sinceReceived, ato, pingpong } = this.#sk.receiver.ack;
    const thresh = this.#sk.tcp_pingpong_thresh;
    const count =
      pingpong < thresh
        ? `That is ${pingpong} of the ${thresh} that make the session interactive`
        : `The session counts as *interactive*, as ${thresh === 1 ? 'one quick reply is' : `${thresh} quick replies are`} enough: ACKs wait now`;
    return `This data leaves ${sinceReceived * JIFFY_ms} ms after the last data came. Less than ${ato * JIFFY_ms} ms (ato) makes it *a quick reply*. ${count}.`;
  }

  #whyReply(): Decision {
    const { ack } = this.#sk.receiver;
    return comparison(
      'tcp_event_data_sent:reply',
      true,
      [
        ['now - icsk->icsk_ack.lrcvtime', ack.sinceReceived * JIFFY_ms, 'ms'],
        ['icsk->icsk_ack.ato', ack.ato * JIFFY_ms, 'ms'],
      ],
      'it counts as a reply',
    );
  }

  /** A segment with an ACK has left. */
  hasLeft(): void {
    this.stop();
    this.signalMode();
  }

  /** Tells the statechart when ACKs have begun to be treated in another way. */
  signalMode(): void {
    const { acknowledgement } = this.#sk.regions;
    const { ack } = this.#sk.receiver;
    const mode = ack.inPingpongMode ? 'pingpong' : ack.quick > 0 ? 'quick' : 'plain';
    if (acknowledgement !== 'delayed' && acknowledgement !== mode) this.#sk.tell({ type: 'mode changed' });
  }

  /** The kernel line with which ACKs begin to be treated so. */
  reasonOf(mode: string): Reason {
    const { receiver } = this.#sk;
    if (mode === 'plain') return { mark: 'tcp_dec_quickack_mode:last' };
    if (mode === 'pingpong')
      return { mark: receiver.fin_seq === null ? 'tcp_event_data_sent:reply' : 'tcp_fin:pingpong' };
    const { quick, inPingpongMode } = receiver.ack;
    return reasonOf(
      and(
        'tcp_in_quickack_mode:quick',
        [
          ['icsk->icsk_ack.quick', quick],
          ['!inet_csk_in_pingpong_mode(sk)', !inPingpongMode],
        ],
        'what comes is acknowledged at once',
      ),
    );
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
