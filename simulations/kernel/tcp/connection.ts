/**
 * A TCP connection as one statechart: RFC 9293's states in one region, the retransmission timer in
 * another. The site draws its diagrams from this definition.
 *
 * Left out so far: everything after ESTABLISHED, and the acknowledgement and sending regions.
 */
import { raise, setup } from 'xstate';
import type { UnreachableCode } from '../../network/packet.ts';

/** What the statechart asks of the socket around it (`struct sock`). */
export interface ConnectionActions {
  /** How long the retransmission timer is set for, in ms. */
  readonly timer_ms: number;
  /** Whether the attempt is over now that the timer has fired; asks only, changes nothing. */
  expired(): boolean;
  setState(state: string): void;
  sendSyn(): void;
  sendSynAck(): void;
  sendChallengeAck(): void;
  /** Resends what is unacknowledged and backs off. */
  retransmit(): void;
  finishConnect(): void;
  becomeEstablished(): void;
  /** Ends with the error of a reset, an ICMP error or the timer. */
  fail(event: ConnectionEvent): void;
}

export type ConnectionEvent =
  | { type: 'connect()' }
  | { type: 'listen()' }
  | { type: 'close()' }
  | { type: 'SYN' }
  | { type: 'SYN-ACK' }
  | { type: 'ACK' }
  | { type: 'RST' }
  | { type: 'ICMP error'; code: UnreachableCode; isLocal: boolean }
  | { type: 'give up' }
  | { type: 'set timer' }
  | { type: 'clear timer' };

export const connectionMachine = setup({
  types: {
    context: {} as { sk: ConnectionActions },
    input: {} as { sk: ConnectionActions },
    events: {} as ConnectionEvent,
  },
  delays: { icsk_timeout: ({ context }) => context.sk.timer_ms },
  guards: { expired: ({ context }) => context.sk.expired() },
  actions: {
    setState: ({ context }, { state }: { state: string }) => context.sk.setState(state),
    sendSyn: ({ context }) => context.sk.sendSyn(),
    sendSynAck: ({ context }) => context.sk.sendSynAck(),
    sendChallengeAck: ({ context }) => context.sk.sendChallengeAck(),
    retransmit: ({ context }) => context.sk.retransmit(),
    finishConnect: ({ context }) => context.sk.finishConnect(),
    becomeEstablished: ({ context }) => context.sk.becomeEstablished(),
    fail: ({ context, event }) => context.sk.fail(event),
    setTimer: raise({ type: 'set timer' }),
    clearTimer: raise({ type: 'clear timer' }),
    giveUp: raise({ type: 'give up' }),
  },
}).createMachine({
  id: 'connection',
  type: 'parallel',
  context: ({ input }) => ({ sk: input.sk }),
  states: {
    connection: {
      initial: 'CLOSE',
      states: {
        CLOSE: {
          entry: [{ type: 'setState', params: { state: 'CLOSE' } }, 'clearTimer'],
          on: { 'connect()': 'SYN_SENT', 'listen()': 'LISTEN' },
        },
        LISTEN: {
          entry: { type: 'setState', params: { state: 'LISTEN' } },
          on: { SYN: 'SYN_RECV', 'close()': 'CLOSE' },
        },
        SYN_SENT: {
          entry: [{ type: 'setState', params: { state: 'SYN_SENT' } }, 'sendSyn', 'setTimer'],
          on: {
            'SYN-ACK': { target: 'ESTABLISHED', actions: 'finishConnect' },
            RST: { target: 'CLOSE', actions: 'fail' },
            'ICMP error': { target: 'CLOSE', actions: 'fail' },
            'give up': { target: 'CLOSE', actions: 'fail' },
            'close()': 'CLOSE',
          },
        },
        SYN_RECV: {
          entry: [{ type: 'setState', params: { state: 'SYN_RECV' } }, 'sendSynAck', 'setTimer'],
          on: {
            SYN: { actions: ['sendSynAck', 'setTimer'] },
            ACK: { target: 'ESTABLISHED', actions: 'becomeEstablished' },
            RST: 'CLOSE',
            'give up': 'CLOSE',
          },
        },
        ESTABLISHED: {
          entry: [{ type: 'setState', params: { state: 'ESTABLISHED' } }, 'clearTimer'],
          on: { SYN: { actions: 'sendChallengeAck' }, 'SYN-ACK': { actions: 'sendChallengeAck' } },
        },
      },
    },
    retransmission: {
      initial: 'idle',
      states: {
        idle: { on: { 'set timer': 'pending' } },
        pending: {
          after: {
            icsk_timeout: [
              { guard: 'expired', target: 'idle', actions: 'giveUp' },
              { target: 'pending', reenter: true, actions: 'retransmit' },
            ],
          },
          on: { 'clear timer': 'idle', 'set timer': { target: 'pending', reenter: true } },
        },
      },
    },
  },
});
