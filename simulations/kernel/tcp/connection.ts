/**
 * A TCP connection as one statechart of four parallel regions: RFC 9293's states, the one timer of
 * retransmissions and probes, acknowledgement, and sending. The site draws its diagrams and its
 * table of transitions from this definition.
 *
 * A transition's `meta` says what it puts on the wire and which kernel line decides it.
 *
 * Which regions decide: `connection` decides the state and what a change of it sends. `retransmission` runs the timer and
 * decides, when it fires, between another try and the end. `acknowledgement` decides between an ACK now and a delayed one,
 * and runs that timer. The rest only reports: `quick`, `pingpong` and `plain` say how `delayed-ack.ts` counts at the
 * moment, and all of `sending` says what `nagle.ts` and `sender.ts` have decided.
 *
 * Left out: Fast Open, TCP_NEW_SYN_RECV (a request is a whole socket here), keepalive, MPTCP, `tcp_abort` (ss -K) in
 * states other than SYN_SENT.
 */
import { raise, setup } from 'xstate';
import type { TcpStateName } from '../../machine/state.ts';
import type { Family, UnreachableCode } from '../../network/packet.ts';
import type { Decision } from '../../trace/decision.ts';
import type { KernelMark } from '../../trace/event.ts';

/** What the statechart asks of the socket around it (`struct sock`). */
export interface ConnectionActions {
  /** How long the timer of retransmissions is set for, in ms. */
  readonly timer_ms: number;
  /** How long a delayed ACK may still wait, in ms. */
  readonly delack_ms: number;
  /** Whether the attempt is over now that the timer has fired; asks only, changes nothing. */
  expired(): boolean;
  /** Whether the peer's window has had its last probe; asks only, changes nothing. */
  probesSpent(): boolean;
  /** `__tcp_ack_snd_check`: whether what has arrived is to be acknowledged at once. */
  acksNow(): boolean;
  /** `inet_csk_in_pingpong_mode`. */
  inPingpongMode(): boolean;
  /** Whether the count of quick ACKs is above zero. */
  hasQuick(): boolean;
  /** The kernel line of the transition that is being made, and what it decided on where the event knows. */
  because(mark: KernelMark, decision?: Decision): void;
  setState(state: TcpStateName): void;
  /** A region other than the connection's is in a state. */
  setRegion(region: 'retransmission' | 'acknowledgement' | 'sending', state: string): void;
  sendSyn(): void;
  sendSynAck(): void;
  /** Resends what is unacknowledged and backs off. */
  retransmit(): void;
  /** `tcp_send_probe0`. */
  probe(): void;
  /** The timer was cleared. */
  timerEnded(): void;
  finishConnect(): void;
  becomeEstablished(): void;
  sendFin(): void;
  sendAck(): void;
  /** Acknowledges what has arrived without delay. */
  ackNow(): void;
  sendDelayedAck(): void;
  /** `tcp_delack_timer_handler`. */
  delackTimer(): void;
  sendReset(): void;
  /** Hands what is left to a record (`inet_timewait_sock`). */
  timeWait(): void;
  /** Ends with the error of a reset, an ICMP error or the timer. */
  fail(event: ConnectionEvent): void;
}

/** What happens to a connection: calls, segments, errors, timers; then what its other regions tell each other. */
export type ConnectionEvent = { readonly decision?: Decision | undefined } & (
  | { type: 'connect()' }
  | { type: 'listen()' }
  | { type: 'close()' }
  | { type: 'shutdown()' }
  | { type: 'close(), SO_LINGER 0' }
  | { type: 'close(), data unread' }
  | { type: 'SYN' }
  | { type: 'SYN-ACK' }
  | { type: 'ACK' }
  | { type: 'ACK of FIN' }
  | { type: 'FIN' }
  | { type: 'RST' }
  | { type: 'data after close()' }
  | { type: 'tcp_abort()' }
  | { type: 'ICMP error'; code: UnreachableCode; family: Family; isLocal: boolean }
  | { type: 'give up' }
  | { type: 'timeout' }
  | { type: 'set timer' }
  | { type: 'set probe timer' }
  | { type: 'clear timer' }
  | { type: 'ack check' }
  | { type: 'ack sent' }
  | { type: 'mode changed' }
  | { type: 'Nagle holds' }
  | { type: 'cork holds' }
  | { type: 'window holds' }
  | { type: 'nothing held' }
);

/** What a transition's `meta` says of it. */
export interface TransitionMeta {
  /** What it puts on the wire, in a reader's words; absent when nothing. */
  readonly sends?: string;
  /** The kernel line that makes it. */
  readonly mark: KernelMark;
}

type Act = 'fail' | 'sendReset' | 'finishConnect' | 'becomeEstablished' | 'sendAck';

/** A transition of the connection region. */
const go = <T extends string>(
  target: T,
  mark: KernelMark,
  rest: { sends?: string; actions?: readonly Act[] } = {},
) => ({
  target,
  actions: [{ type: 'because' as const, params: { mark } }, ...(rest.actions ?? [])],
  meta: { mark, ...(rest.sends && { sends: rest.sends }) } satisfies TransitionMeta,
});

const entering = (state: TcpStateName) => ({ type: 'setState' as const, params: { state } });

const lighting = (region: 'retransmission' | 'acknowledgement' | 'sending', state: string) => ({
  type: 'setRegion' as const,
  params: { region, state },
});

const FAILS = { actions: ['fail'] as const };
const RESETS = { sends: 'RST', actions: ['sendReset'] as const };
/** What ends any synchronized state. */
const ends = {
  RST: go('CLOSE', 'tcp_reset:reset', FAILS),
  'give up': go('CLOSE', 'tcp_write_err:errno', FAILS),
  'close(), data unread': go('CLOSE', '__tcp_close:unread', RESETS),
  'close(), SO_LINGER 0': go('CLOSE', '__tcp_close:linger', RESETS),
};
/** The same once both FINs are out: zero linger then drops the connection without a word (`tcp_need_reset`). */
const endsQuietly = { ...ends, 'close(), SO_LINGER 0': go('CLOSE', '__tcp_close:linger') };
const FIN = { sends: 'FIN' };

export const connectionMachine = setup({
  types: {
    context: {} as { sk: ConnectionActions },
    input: {} as { sk: ConnectionActions },
    events: {} as ConnectionEvent,
  },
  delays: {
    icsk_timeout: ({ context }) => context.sk.timer_ms,
    'icsk_ack.timeout': ({ context }) => context.sk.delack_ms,
  },
  guards: {
    expired: ({ context }) => context.sk.expired(),
    probesSpent: ({ context }) => context.sk.probesSpent(),
    acksNow: ({ context }) => context.sk.acksNow(),
    inPingpongMode: ({ context }) => context.sk.inPingpongMode(),
    hasQuick: ({ context }) => context.sk.hasQuick(),
  },
  actions: {
    because: ({ context, event }, { mark }: { mark: KernelMark }) => context.sk.because(mark, event.decision),
    setState: ({ context }, { state }: { state: TcpStateName }) => context.sk.setState(state),
    setRegion: (
      { context },
      { region, state }: { region: 'retransmission' | 'acknowledgement' | 'sending'; state: string },
    ) => context.sk.setRegion(region, state),
    sendSyn: ({ context }) => context.sk.sendSyn(),
    sendSynAck: ({ context }) => context.sk.sendSynAck(),
    retransmit: ({ context }) => context.sk.retransmit(),
    probe: ({ context }) => context.sk.probe(),
    finishConnect: ({ context }) => context.sk.finishConnect(),
    becomeEstablished: ({ context }) => context.sk.becomeEstablished(),
    sendFin: ({ context }) => context.sk.sendFin(),
    sendAck: ({ context }) => context.sk.sendAck(),
    ackNow: ({ context }) => context.sk.ackNow(),
    sendDelayedAck: ({ context }) => context.sk.sendDelayedAck(),
    delackTimer: ({ context }) => context.sk.delackTimer(),
    sendReset: ({ context }) => context.sk.sendReset(),
    timerEnded: ({ context }) => context.sk.timerEnded(),
    timeWait: ({ context }) => context.sk.timeWait(),
    fail: ({ context, event }) => context.sk.fail(event),
    setTimer: raise({ type: 'set timer' }),
    clearTimer: raise({ type: 'clear timer' }),
    giveUp: raise({ type: 'give up' }),
  },
}).createMachine({
  id: 'connection',
  type: 'parallel',
  context: ({ input }) => input,
  states: {
    connection: {
      initial: 'CLOSE',
      states: {
        CLOSE: {
          entry: [entering('CLOSE'), 'clearTimer'],
          on: {
            'connect()': go('SYN_SENT', '__inet_stream_connect:connect', { sends: 'SYN' }),
            'listen()': go('LISTEN', 'inet_csk_listen_start:listen'),
          },
        },
        LISTEN: {
          entry: entering('LISTEN'),
          on: {
            SYN: go('SYN_RECV', 'tcp_conn_request:synack', { sends: 'SYN-ACK' }),
            'close()': go('CLOSE', '__tcp_close:listen'),
            'shutdown()': go('CLOSE', 'inet_shutdown:disconnect'),
          },
        },
        SYN_SENT: {
          entry: [entering('SYN_SENT'), 'sendSyn', 'setTimer'],
          on: {
            'SYN-ACK': go('ESTABLISHED', 'tcp_rcv_synsent_state_process:established', {
              sends: 'ACK',
              actions: ['finishConnect'],
            }),
            SYN: go('SYN_RECV', 'tcp_rcv_synsent_state_process:crossed', { sends: 'SYN-ACK' }),
            RST: go('CLOSE', 'tcp_reset:refused', FAILS),
            'ICMP error': go('CLOSE', 'tcp_v4_err:errno', FAILS),
            'tcp_abort()': go('CLOSE', 'tcp_diag_destroy:destroy', FAILS),
            'give up': go('CLOSE', 'tcp_write_err:errno', FAILS),
            'close()': go('CLOSE', '__tcp_close:state'),
            'shutdown()': go('CLOSE', 'inet_shutdown:disconnect'),
            'close(), SO_LINGER 0': go('CLOSE', '__tcp_close:linger'),
          },
        },
        SYN_RECV: {
          entry: [entering('SYN_RECV'), 'sendSynAck', 'setTimer'],
          on: {
            SYN: { actions: ['sendSynAck', 'setTimer'] },
            ACK: go('ESTABLISHED', 'tcp_rcv_state_process:established', { actions: ['becomeEstablished'] }),
            'SYN-ACK': go('ESTABLISHED', 'tcp_rcv_state_process:established', {
              sends: 'ACK',
              actions: ['becomeEstablished', 'sendAck'],
            }),
            'close()': go('FIN_WAIT1', 'tcp_close_state:next', FIN),
            RST: ends.RST,
            'give up': ends['give up'],
            'close(), SO_LINGER 0': ends['close(), SO_LINGER 0'],
          },
        },
        ESTABLISHED: {
          entry: [entering('ESTABLISHED'), 'clearTimer'],
          on: {
            FIN: go('CLOSE_WAIT', 'tcp_fin:close-wait', { sends: 'ACK' }),
            'close()': go('FIN_WAIT1', 'tcp_close_state:next', FIN),
            'shutdown()': go('FIN_WAIT1', 'tcp_close_state:next', FIN),
            ...ends,
          },
        },
        FIN_WAIT1: {
          entry: [entering('FIN_WAIT1'), 'sendFin'],
          on: {
            'ACK of FIN': go('FIN_WAIT2', 'tcp_rcv_state_process:fin-wait2'),
            FIN: go('CLOSING', 'tcp_fin:closing', { sends: 'ACK', actions: ['sendAck'] }),
            'data after close()': go('CLOSE', 'tcp_rcv_state_process:after-close', { sends: 'RST' }),
            ...ends,
          },
        },
        FIN_WAIT2: {
          entry: entering('FIN_WAIT2'),
          on: {
            FIN: go('TIME_WAIT', 'tcp_fin:time-wait', { sends: 'ACK', actions: ['sendAck'] }),
            'data after close()': go('CLOSE', 'tcp_rcv_state_process:after-close', { sends: 'RST' }),
            timeout: go('CLOSE', 'tw_timer_handler:kill'),
            RST: ends.RST,
            'close(), data unread': ends['close(), data unread'],
            'close(), SO_LINGER 0': ends['close(), SO_LINGER 0'],
          },
        },
        CLOSE_WAIT: {
          entry: entering('CLOSE_WAIT'),
          on: {
            'close()': go('LAST_ACK', 'tcp_close_state:next', FIN),
            'shutdown()': go('LAST_ACK', 'tcp_close_state:next', FIN),
            ...ends,
            RST: go('CLOSE', 'tcp_reset:pipe', FAILS),
          },
        },
        CLOSING: {
          entry: entering('CLOSING'),
          on: { 'ACK of FIN': go('TIME_WAIT', 'tcp_rcv_state_process:closing'), ...endsQuietly },
        },
        LAST_ACK: {
          entry: [entering('LAST_ACK'), 'sendFin'],
          on: { 'ACK of FIN': go('CLOSE', 'tcp_rcv_state_process:last-ack'), ...endsQuietly },
        },
        TIME_WAIT: {
          entry: [entering('TIME_WAIT'), 'clearTimer', 'timeWait'],
          on: {
            FIN: go('TIME_WAIT', 'tcp_timewait_state_process:again', { sends: 'ACK' }),
            RST: go('CLOSE', 'tcp_timewait_state_process:rst'),
            timeout: go('CLOSE', 'tw_timer_handler:kill'),
          },
        },
      },
    },
    retransmission: {
      initial: 'idle',
      states: {
        idle: {
          entry: lighting('retransmission', 'idle'),
          on: { 'set timer': 'pending', 'set probe timer': 'probing' },
        },
        pending: {
          entry: lighting('retransmission', 'pending'),
          after: {
            icsk_timeout: [
              { guard: 'expired', target: 'idle', actions: 'giveUp' },
              { target: 'pending', reenter: true, actions: 'retransmit' },
            ],
          },
          on: {
            'clear timer': { target: 'idle', actions: 'timerEnded' },
            'set timer': { target: 'pending', reenter: true },
          },
        },
        probing: {
          entry: lighting('retransmission', 'probing'),
          after: {
            icsk_timeout: [
              { guard: 'probesSpent', target: 'idle', actions: 'giveUp' },
              { target: 'idle', actions: 'probe' },
            ],
          },
          on: {
            'clear timer': { target: 'idle', actions: 'timerEnded' },
            'set timer': 'pending',
            'set probe timer': { target: 'probing', reenter: true },
          },
        },
      },
    },
    acknowledgement: {
      initial: 'plain',
      states: {
        quick: {
          entry: lighting('acknowledgement', 'quick'),
          on: {
            'ack check': [{ guard: 'acksNow', actions: 'ackNow' }, { target: 'delayed' }],
            'mode changed': [{ guard: 'inPingpongMode', target: 'pingpong' }, { target: 'plain' }],
          },
        },
        pingpong: {
          entry: lighting('acknowledgement', 'pingpong'),
          on: {
            'ack check': [{ guard: 'acksNow', actions: 'ackNow' }, { target: 'delayed' }],
            'mode changed': [{ guard: 'hasQuick', target: 'quick' }, { target: 'plain' }],
          },
        },
        plain: {
          entry: lighting('acknowledgement', 'plain'),
          on: {
            'ack check': [{ guard: 'acksNow', actions: 'ackNow' }, { target: 'delayed' }],
            'mode changed': [{ guard: 'inPingpongMode', target: 'pingpong' }, { target: 'quick' }],
          },
        },
        delayed: {
          entry: [lighting('acknowledgement', 'delayed'), 'sendDelayedAck'],
          after: { 'icsk_ack.timeout': { actions: 'delackTimer' } },
          on: {
            'ack check': [
              { guard: 'acksNow', actions: 'ackNow' },
              { target: 'delayed', reenter: true },
            ],
            'ack sent': [
              { guard: 'inPingpongMode', target: 'pingpong' },
              { guard: 'hasQuick', target: 'quick' },
              { target: 'plain' },
            ],
          },
        },
      },
    },
    sending: {
      initial: 'open',
      states: {
        open: {
          entry: lighting('sending', 'open'),
          on: { 'Nagle holds': 'held by Nagle', 'cork holds': 'corked', 'window holds': 'window full' },
        },
        'held by Nagle': {
          entry: lighting('sending', 'held by Nagle'),
          on: { 'nothing held': 'open', 'cork holds': 'corked', 'window holds': 'window full' },
        },
        corked: {
          entry: lighting('sending', 'corked'),
          on: { 'nothing held': 'open', 'Nagle holds': 'held by Nagle', 'window holds': 'window full' },
        },
        'window full': {
          entry: lighting('sending', 'window full'),
          on: { 'nothing held': 'open', 'Nagle holds': 'held by Nagle', 'cork holds': 'corked' },
        },
      },
    },
  },
});
