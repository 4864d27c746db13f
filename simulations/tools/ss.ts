/** `ss -tanop` on the client: the socket's state, who holds it, and the timer that runs. */
import { type Tool, type ToolLine, timeOfDay } from './line.ts';

const HEADER = 'State    Recv-Q Send-Q Local Address:Port   Peer Address:Port Process';

/** A duration as ss prints it: `960ms`, `1.500ms` (that is 1.5 s), `32sec`, `1min59sec`. */
export function timerText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = minutes > 9 ? 0 : Math.floor(ms / 1000) % 60;
  const rest = minutes || seconds > 9 ? 0 : Math.floor(ms % 1000);
  const head = minutes ? `${minutes}min` : '';
  const middle = seconds ? `${seconds}${rest ? '.' : 'sec'}` : '';
  return head + middle + (rest ? `${String(rest).padStart(3, '0')}ms` : '');
}

export const ss: Tool = {
  name: 'ss',
  command: 'ss -tanop',
  lines(trace) {
    const shown: { event: number; text: string }[] = [];
    for (const { index, at_us, actor, kind } of trace.events) {
      if (actor !== 'client' || (kind !== 'state-changed' && kind !== 'timer-set')) continue;
      const { sk_state, icsk_retransmits, timer_due_us, local, remote } = trace.stateAt(index).client ?? {};
      const state = { SYN_SENT: 'SYN-SENT', ESTABLISHED: 'ESTAB' }[String(sk_state)];
      const left_ms = timer_due_us === null ? 0 : (Number(timer_due_us) - at_us) / 1000;
      const pid = trace.events.find(({ kind }) => kind === 'syscall')?.data.pid;
      const users = ` users:(("worker",pid=${pid},fd=3))`;
      const timer = left_ms ? ` timer:(on,${timerText(left_ms)},${icsk_retransmits})` : '';
      const socket = state
        ? `${state.padEnd(8)} 0      ${state === 'ESTAB' ? 0 : 1} ${String(local).padStart(18)} ${String(remote).padStart(19)}${users}${timer}`
        : '';
      shown.push({ event: index, text: `# ${timeOfDay(at_us)}\n${HEADER}\n${socket}`.trimEnd() });
    }
    return shown.map((line, i): ToolLine => {
      const next = shown[i + 1];
      return next ? { ...line, until: next.event } : line;
    });
  },
};
