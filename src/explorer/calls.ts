/** Which calls make sense at an end now, and why the others do not. */
import { transitionOf } from '#simulations/kernel/tcp/transitions.ts';
import { CALLS, type CallName } from '#simulations/reference/tcp-states/parameters.ts';
import type { EndMoment } from './moment.ts';

export const CALL_WORDS = Object.keys(CALLS) as CallName[];

const CAN_SEND = new Set(['ESTABLISHED', 'CLOSE_WAIT', 'CLOSE']);
const HANDSHAKE = new Set(['SYN_SENT', 'SYN_RECV']);

/** @returns why the call makes no sense, or null when it does */
export function obstacle(call: CallName, end: EndMoment): string | null {
  const { holdsConnection, holdsListener, queued, socket } = end;
  const state = end.connection ?? 'CLOSE';
  if (call === 'connect' || call === 'listen') {
    if (holdsConnection) return 'The program holds a connection: close() it first.';
    return holdsListener ? 'The program listens: close() the listener first.' : null;
  }
  if (call === 'accept') {
    if (!holdsListener) return 'Nothing listens here.';
    if (holdsConnection) return 'The program has accepted a connection: close() it first.';
    return queued > 0 ? null : 'No connection waits in the accept queue.';
  }
  if (call === 'close')
    return holdsConnection || holdsListener ? null : 'The program holds no descriptor to close.';
  if (!holdsConnection)
    return queued > 0 ? 'accept() the connection first.' : 'The program holds no connection.';
  if (call === 'abort') return null;
  if (call === 'send') {
    if (HANDSHAKE.has(state)) return 'Not connected yet.';
    return CAN_SEND.has(state) ? null : 'This end has said that it sends no more.';
  }
  if (call === 'shutdown') {
    if (state === 'CLOSE') return 'The connection is over.';
    // In SYN_RECV the call is remembered, and the FIN goes out once the handshake is over.
    if (transitionOf(state, 'shutdown()') || state === 'SYN_RECV') return null;
    return 'This end has sent its FIN, or is about to.';
  }
  if (HANDSHAKE.has(state)) return 'Not connected yet.';
  // The end of the stream can be read as often as one likes, also where only a record is left of it.
  const hasEnd = state === 'CLOSE' || state === 'CLOSE_WAIT' || state === 'TIME_WAIT';
  return (socket?.recv_q_bytes ?? 0) > 0 || hasEnd ? null : 'Nothing has arrived.';
}
