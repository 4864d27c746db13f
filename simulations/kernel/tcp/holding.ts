/**
 * Says what keeps data in a socket, as `nagle.ts` and `sender.ts` have decided it: the statechart's `sending` region,
 * and the events that begin and end a hold.
 */
import type { Regions } from '../../machine/state.ts';
import { and, type Decision, reasonOf } from '../../trace/decision.ts';
import type { ConnectionEvent } from './connection.ts';
import type { Diag } from './diag.ts';
import type { NagleVerdict } from './nagle.ts';
import type { Hold, Sender } from './sender.ts';

/** The socket that keeps data back. */
export interface HoldingSocket {
  readonly regions: Regions;
  readonly sender: Sender;
  readonly diag: Diag;
  tell(event: ConnectionEvent): void;
}

/** What ends a hold. */
const AWAITED = {
  Nagle: 'the ACK of the small segment before it',
  cork: 'the cork to be taken out',
  window: 'an ACK that makes room',
} as const;

const REGIONS = { Nagle: 'held by Nagle', cork: 'corked', window: 'window full' } as const;

export class Holding {
  readonly #sk: HoldingSocket;
  #wait: number | null = null;

  constructor(sk: HoldingSocket) {
    this.#sk = sk;
  }

  /**
   * What keeps data back, after a try to send.
   * @param bytes that stay @param verdict of Nagle's rule, where it was asked @param hasSent whether anything left in that try
   */
  holds(hold: Hold | null, bytes: number, verdict: NagleVerdict | null, hasSent: boolean): void {
    const { diag, regions } = this.#sk;
    const region = hold === null ? 'open' : REGIONS[hold];
    const isEnded = regions.sending !== 'open' && (hasSent || hold === null);
    if (isEnded) {
      diag.record('hold-ended', 'What was kept back has left.', { data: { hold: regions.sending } });
      this.stop();
    }
    if (region === regions.sending && !isEnded) {
      diag.refresh();
      return;
    }
    if (hold === null) {
      this.#sk.tell({ type: 'nothing held' });
      return;
    }
    if (hold === 'window')
      diag.record('window-full', `${bytes} bytes *stay in the socket*: ${this.#windowSentence()}.`, {
        data: { bytes, hold },
        ...reasonOf(this.#whyFull()),
        beat: true,
      });
    else
      diag.record('segment-held', `${bytes} bytes *stay in the socket*: ${verdict?.because}.`, {
        data: { bytes, hold },
        ...(verdict ? reasonOf(verdict.decision) : { mark: 'tcp_write_xmit:transmit' as const }),
        beat: true,
      });
    this.stop();
    this.#wait = diag.beginWait('held', AWAITED[hold]);
    this.#sk.tell({ type: `${hold} holds` });
    // What the same call writes behind it is not in the count.
    diag.settle();
  }

  /** Nothing waits any more. */
  stop(): void {
    this.#wait = this.#sk.diag.endWait(this.#wait);
  }

  #whyFull(): Decision {
    const follows = 'what is left stays in the socket until an ACK makes room';
    return this.#sk.sender.isCongested
      ? and('tcp_write_xmit:cwnd', [['!cwnd_quota', true]], follows)
      : and('tcp_write_xmit:window', [['!tcp_snd_wnd_test(tp, skb, mss_now)', true]], follows);
  }

  #windowSentence(): string {
    const { isCongested, congestion, packets_out, snd_wnd } = this.#sk.sender;
    return isCongested
      ? `${packets_out} of ${congestion.snd_cwnd} segments of the congestion window are on their way`
      : `the peer’s window, ${snd_wnd} bytes, is full`;
  }
}
