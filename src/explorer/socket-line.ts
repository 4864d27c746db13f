/** What `ss -tano` prints at an end: the listener and the connection, in ss’s own spelling. */
import { SS_STATES as LISTED, timerText } from '#simulations/tools/ss.ts';
import type { EndMoment } from './moment.ts';

export const SS_HEADER = 'State       Recv-Q Send-Q Local Address:Port  Peer Address:Port';

/** States as ss spells them, with that of a socket it lists only where a program still holds it. */
export const SS_STATES: Readonly<Record<string, string>> = { CLOSE: 'UNCONN', ...LISTED };

/** The backlog of the explorer’s listeners: ss shows it as Send-Q. */
const BACKLOG = 1;

const row = (state: string, recv: number, send: number, local: string, peer: string, timer = ''): string =>
  `${state.padEnd(11)} ${String(recv).padEnd(6)} ${String(send).padEnd(6)} ${local.padEnd(19)} ${peer.padEnd(17)} ${timer}`.trimEnd();

/** The lines of an end; none where it has no socket. @param at_us now */
export function socketLines(end: EndMoment, at_us: number): string[] {
  const lines: string[] = [];
  const port = end.name === 'client' ? 40000 : 80;
  if (end.hasListener) lines.push(row('LISTEN', end.queued, BACKLOG, `0.0.0.0:${port}`, '0.0.0.0:*'));
  const { connection, sock } = end;
  if (connection === null || connection === 'CLOSE') return lines;
  const isRecord = end.recordDue_us !== null;
  // A request has no queues yet; a record has none any more.
  const isBare = isRecord || connection === 'SYN_RECV';
  const recv = isBare ? 0 : Number(sock.recv_q_bytes ?? 0);
  const send = isBare ? 0 : connection === 'SYN_SENT' ? 1 : Number(sock.send_q_bytes ?? 0);
  lines.push(
    row(
      SS_STATES[connection] ?? connection,
      recv,
      send,
      String(sock.local),
      String(sock.remote),
      timer(end, at_us),
    ),
  );
  return lines;
}

function timer({ recordDue_us, sock }: EndMoment, at_us: number): string {
  if (recordDue_us !== null) return `timer:(timewait,${timerText((recordDue_us - at_us) / 1000)},0)`;
  const due_us = typeof sock.timer_due_us === 'number' ? sock.timer_due_us : null;
  if (due_us === null || due_us < at_us || sock.retransmission === 'idle') return '';
  const name = sock.retransmission === 'probing' ? 'persist' : 'on';
  return `timer:(${name},${timerText((due_us - at_us) / 1000)},${sock.icsk_retransmits ?? 0})`;
}
