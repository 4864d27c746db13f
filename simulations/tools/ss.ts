/** `ss -tanop` on the client: the socket's state, who holds it, and the timer that runs. */
import type { ActorState, Trace } from '../engine/trace.ts';
import { oneAtATime, type Tool, type ToolLine, timeOfDay } from './line.ts';

const HEADER = 'Recv-Q Send-Q Local Address:Port   Peer Address:Port Process';
/** As wide as the longest state that a client shows while it connects; a whole life needs two letters more. */
const STATE_WIDTH = 8;

/** A duration as ss prints it: `960ms`, `1.500ms` (that is 1.5 s), `32sec`, `1min59sec`. */
export function timerText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = minutes > 9 ? 0 : Math.floor(ms / 1000) % 60;
  const rest = minutes || seconds > 9 ? 0 : Math.floor(ms % 1000);
  const head = minutes ? `${minutes}min` : '';
  const middle = seconds ? `${seconds}${rest ? '.' : 'sec'}` : '';
  return head + middle + (rest ? `${String(rest).padStart(3, '0')}ms` : '');
}

/** The states as ss spells them. A socket in CLOSE is not listed. */
export const SS_STATES: Readonly<Record<string, string>> = {
  LISTEN: 'LISTEN',
  SYN_SENT: 'SYN-SENT',
  SYN_RECV: 'SYN-RECV',
  ESTABLISHED: 'ESTAB',
  FIN_WAIT1: 'FIN-WAIT-1',
  FIN_WAIT2: 'FIN-WAIT-2',
  CLOSE_WAIT: 'CLOSE-WAIT',
  CLOSING: 'CLOSING',
  LAST_ACK: 'LAST-ACK',
  TIME_WAIT: 'TIME-WAIT',
};

/** What runs in the name of `icsk_timeout`, as ss -o spells it. */
function timerOf({ sk_state, retransmission, icsk_retransmits, timer_due_us }: ActorState, at_us: number) {
  const left_ms = timer_due_us === null ? 0 : (Number(timer_due_us) - at_us) / 1000;
  if (!(left_ms > 0)) return '';
  const kind = sk_state === 'TIME_WAIT' ? 'timewait' : retransmission === 'probing' ? 'persist' : 'on';
  return ` timer:(${kind},${timerText(left_ms)},${kind === 'timewait' ? 0 : (icsk_retransmits ?? 0)})`;
}

/**
 * The line of a socket, or nothing when there is none to list.
 * @param users who holds it, as `-p` prints it @param width of the column of states
 */
export function socketLine(state: ActorState, at_us: number, users: string, width = STATE_WIDTH): string {
  const { sk_state, local, remote, recv_q_bytes = 0, send_q_bytes = 0 } = state;
  const name = SS_STATES[String(sk_state)];
  if (!name) return '';
  // The SYN counts as a byte that is not acknowledged.
  const send_q = sk_state === 'SYN_SENT' ? 1 : send_q_bytes;
  const queues = `${String(recv_q_bytes).padEnd(6)} ${send_q}`;
  return `${name.padEnd(width)} ${queues}${String(local).padStart(27 - queues.length)} ${String(remote).padStart(19)}${users}${timerOf(state, at_us)}`;
}

/** A moment of ss: the time as a comment, the header, the socket. */
export const shownAt = (at_us: number, socket: string, width = STATE_WIDTH): string =>
  `# ${timeOfDay(at_us)}\n${'State'.padEnd(width)} ${HEADER}\n${socket}`.trimEnd();

/** The process that holds the client's socket. */
function clientProcess({ events }: Trace): string {
  const call = events.find(({ kind, data }) => kind === 'syscall' && data.call === 'socket' && data.pid);
  const connects = events.find(({ kind, data }) => kind === 'syscall' && data.call === 'connect');
  const { actor = 'worker', data } = connects ?? call ?? {};
  return ` users:(("${actor.replace(' process', '')}",pid=${data?.pid},fd=3))`;
}

export const ss: Tool = {
  name: 'ss',
  kind: 'ss',
  command: 'ss -tanop',
  repeats: true,
  lines(trace) {
    const users = clientProcess(trace);
    const shown: ToolLine[] = [];
    for (const { index, at_us, actor, kind } of trace.events) {
      if (actor !== 'client' || (kind !== 'state-changed' && kind !== 'timer-set')) continue;
      const socket = socketLine(trace.stateAt(index).client ?? {}, at_us, users);
      shown.push({ event: index, text: shownAt(at_us, socket) });
    }
    return oneAtATime(shown);
  },
};
