/**
 * Makes the segments of a socket and hands them to the host: `__tcp_transmit_skb`, `__tcp_send_ack`,
 * `tcp_send_challenge_ack` and `tcp_v4_send_reset`. What arrives is in `incoming.ts`.
 *
 * Left out: SACK blocks; the timestamp of a reset.
 */
import type { TcpStateName } from '../../machine/state.ts';
import type { Endpoint, Flag, Segment } from '../../network/packet.ts';
import { resetFor } from '../../network/reset.ts';
import type { Why } from '../../trace/decision.ts';
import type { Details, EventKind } from '../../trace/event.ts';
import type { CounterName } from '../counters.ts';
import type { SegmentCounts } from './diag.ts';
import { tcp_select_initial_window, U16_MAX } from './receive-buffer.ts';
import type { Receiver } from './receiver.ts';
import { bytesOf, type SendQueue, type Sent } from './send-queue.ts';
import type { Sequence } from './sequence.ts';
import { type HostedSocket, type TcpHost, TIMESTAMPS_bytes } from './tcp-host.ts';
import { type Agreed, offered } from './tcp-options.ts';
import { TCP_INVALID_RATELIMIT_us } from './time-wait.ts';

/** What a segment says of its socket, and who hears that it leaves. */
export interface OutgoingSocket extends HostedSocket {
  readonly now_us: number;
  readonly local: Endpoint;
  readonly sk_state: TcpStateName;
  /** The numbers of this end's stream, and of the peer's. */
  readonly snd: Sequence;
  readonly rcv: Sequence;
  /** The peer's last timestamp, in ms. */
  readonly ts_recent: number;
  readonly sender: { readonly queue: SendQueue };
  readonly receiver: Receiver;
  /** Looks the route up again. */
  setupCaps(): void;
  readonly acknowledging: { leaves(segment: Segment): void; hasLeft(): void };
  /** The listener that has made it, or null. */
  readonly parent: object | null;
  readonly rx_opt: Agreed;
  readonly counts: SegmentCounts;
  readonly diag: {
    settle(): void;
    refresh(): void;
    record<K extends EventKind>(kind: K, says: string, rest: Details<K>): void;
  };
}

type Host = Pick<TcpHost, 'mss_bytes' | 'kernel' | 'sysctl' | 'timestamp' | 'transmit' | 'counters'>;

export class Outgoing {
  readonly #sk: OutgoingSocket;
  readonly #host: Host;
  /** When an ACK last answered what does not fit, in µs. */
  #last_oow_us = Number.NEGATIVE_INFINITY;
  readonly #syns = new Set<'SYN' | 'SYN-ACK'>();

  constructor(sk: OutgoingSocket, host: Host) {
    this.#sk = sk;
    this.#host = host;
  }

  /** Puts a segment without data on its way. @param says made when the socket is as the segment leaves it */
  transmit(flags: readonly Flag[], says: string | (() => string), why?: Why, beat = false): void {
    // __tcp_send_ack: a connection that has been reset sends nothing more.
    if (this.#sk.sk_state === 'CLOSE' && !flags.includes('RST')) return;
    const position = flags.includes('SYN') ? 0 : this.#sk.sender.queue.snd_nxt || 1;
    this.#put(flags, position, 0, says, why, beat, flags.includes('SYN') && this.#isSynAgain(flags));
  }

  /** Puts data on its way, or the FIN, for the first time or again. */
  transmitData(sent: Sent, says: string, why: Why): void {
    const fin: Flag[] = sent.hasFin ? ['FIN'] : [];
    const push: Flag[] = sent.hasPush ? ['PSH'] : [];
    if (!sent.retransmitted) this.#host.counters.add('TcpExtTCPOrigDataSent');
    this.#put([...fin, ...push, 'ACK'], sent.seq, bytesOf(sent), says, why, true, sent.retransmitted);
  }

  /** A bare ACK with a sequence number that has been used: `tcp_xmit_probe_skb`. */
  transmitProbe(says: string, why: Why): void {
    this.#host.counters.add('TcpExtTCPWinProbe');
    this.#put(['ACK'], this.#sk.sender.queue.snd_una - 1, 0, says, why, true, false);
  }

  /** Tells the peer that the connection is gone: `tcp_send_active_reset`. */
  sendReset(): void {
    this.transmit(
      ['RST', 'ACK'],
      'A reset tells the peer that the connection is gone.',
      'tcp_send_active_reset:send',
    );
  }

  #put(
    flags: readonly Flag[],
    position: number,
    payload_bytes: number,
    says: string | (() => string),
    why: Why | undefined,
    beat: boolean,
    isAgain: boolean,
  ): void {
    const sk = this.#sk;
    const isSyn = flags.includes('SYN');
    const hasAck = flags.includes('ACK');
    sk.diag.settle();
    const isOffer = isSyn && !hasAck;
    const options = isOffer ? offered(this.#host.sysctl, this.rcv_wscale) : sk.rx_opt;
    const synWindow_bytes = isOffer ? this.synWindow(false) : Math.min(sk.receiver.rcv_wnd, U16_MAX);
    const window_bytes = isSyn ? synWindow_bytes : sk.receiver.offer();
    const segment: Segment = {
      protocol: 'tcp',
      from: sk.local,
      to: sk.remote,
      flags,
      seq: sk.snd.wire(position),
      ack: hasAck ? sk.rcv.wire(isSyn ? 1 : sk.receiver.rcv_nxt) : 0,
      window_bytes,
      payload_bytes,
      ...(isSyn && { mss_bytes: this.#host.mss_bytes }),
      ...(isSyn && options.rcv_wscale !== null && { wscale: options.rcv_wscale }),
      ...(isSyn && options.sack && { sackPermitted: true }),
      timestamps:
        flags.includes('RST') || !options.timestamps
          ? null
          : { value: this.#host.timestamp(), echo: hasAck ? sk.ts_recent : 0 },
    };
    if (hasAck && !isSyn) sk.acknowledging.leaves(segment);
    sk.setupCaps();
    this.#count(segment, isAgain);
    sk.diag.refresh();
    this.#host.transmit(segment, sk, typeof says === 'string' ? says : says(), why, beat);
    if (hasAck && !isSyn) sk.acknowledging.hasLeft();
  }

  /** Whether a SYN, or a SYN-ACK, has left before. */
  #isSynAgain(flags: readonly Flag[]): boolean {
    const kind = flags.includes('ACK') ? 'SYN-ACK' : 'SYN';
    const isAgain = this.#syns.has(kind);
    this.#syns.add(kind);
    return isAgain;
  }

  /** The socket's counts and the host's: `__tcp_transmit_skb`, `__tcp_retransmit_skb`, `tcp_make_synack`. */
  #count({ flags, payload_bytes }: Segment, isAgain: boolean): void {
    const { counts, parent, now_us } = this.#sk;
    const { counters } = this.#host;
    const isSyn = flags.includes('SYN');
    const isSynAck = isSyn && flags.includes('ACK');
    // A request has no socket yet that could count it.
    const isOfRequest = isSynAck && parent !== null;
    if (!isOfRequest) counts.segs_out++;
    if (payload_bytes > 0) {
      counts.data_segs_out++;
      counts.bytes_sent += payload_bytes;
      counts.last_data_sent_us = now_us;
    }
    if (isAgain) {
      counts.total_retrans++;
      counts.bytes_retrans += payload_bytes;
      counters.add('TcpRetransSegs');
      if (isSyn) counters.add('TcpExtTCPSynRetrans');
    }
    // What takes a place in the stream that has been used is no new segment, as a SYN-ACK after a SYN.
    if (isOfRequest || (!isAgain && !isSynAck)) counters.add('TcpOutSegs');
    if (flags.includes('RST')) counters.add('TcpOutRsts');
  }

  /** The first window. @param hasTimestamps whether it is known that timestamps take their share: of a SYN-ACK alone */
  synWindow(hasTimestamps: boolean): number {
    const { mss_bytes, kernel } = this.#host;
    const mss = hasTimestamps ? mss_bytes - TIMESTAMPS_bytes : mss_bytes;
    return tcp_select_initial_window(this.#sk.receiver.buffer.sk_rcvbuf_bytes, mss, kernel.init_rcv_wnd);
  }

  /** The window scale that this end offers. */
  get rcv_wscale(): number {
    return this.#sk.receiver.buffer.wscale(this.#host.sysctl.rmem_max);
  }

  /** An ACK for a segment that may be a stranger's (RFC 5961): `tcp_send_challenge_ack`. */
  challenge(): void {
    if (this.isTooSoon('TcpExtTCPACKSkippedChallenge')) return;
    this.#host.counters.add('TcpExtTCPChallengeACK');
    this.answer(
      this.#sk.sk_state === 'ESTABLISHED'
        ? 'The connection is up already: what comes late is answered with an ACK.'
        : 'It does not fit: an ACK says what is wanted.',
      'tcp_send_challenge_ack:ack',
    );
  }

  /** Whether an ACK of this kind went out less than half a second ago: `tcp_oow_rate_limited`. Else the time is noted. @param counter counts those that are skipped */
  isTooSoon(counter: CounterName): boolean {
    const { now_us, diag } = this.#sk;
    const isSoon = now_us - this.#last_oow_us < TCP_INVALID_RATELIMIT_us;
    if (isSoon) {
      this.#host.counters.add(counter);
      diag.record('ack-skipped', 'An ACK like this went out less than 500 ms ago: *this one is skipped*.', {
        mark: '__tcp_oow_rate_limited:limit',
      });
    } else this.#last_oow_us = now_us;
    return isSoon;
  }

  /** An ACK that says what is wanted. */
  answer(says: string, why: Why): void {
    this.transmit(['ACK'], says, why);
  }

  /** A reset for a segment that does not fit this socket. */
  reset(segment: Segment): void {
    this.#host.counters.add('TcpOutSegs');
    this.#host.counters.add('TcpOutRsts');
    this.#host.transmit(
      resetFor(segment),
      null,
      'It does not fit this connection: a reset answers it.',
      'tcp_v4_send_reset:reset',
    );
  }
}
