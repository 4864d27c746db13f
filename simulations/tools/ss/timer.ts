/** A timer as `ss -o` prints it. */
import type { TimerState } from '../../machine/state.ts';

/** A duration as ss prints it: `960ms`, `1.500ms` (that is 1.5 s), `32sec`, `1min59sec`; nothing for 0. */
export function timerText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = minutes > 9 ? 0 : Math.floor(ms / 1000) % 60;
  const rest = minutes || seconds > 9 ? 0 : Math.floor(ms % 1000);
  const head = minutes ? `${minutes}min` : '';
  const middle = seconds ? `${seconds}${rest ? '.' : 'sec'}` : '';
  return head + middle + (rest ? `${String(rest).padStart(3, '0')}ms` : '');
}

/** ` timer:(on,960ms,1)`, or nothing. */
export function timerField(timer: TimerState | null, at_us: number): string {
  if (!timer) return '';
  const left_ms = Math.max(0, (timer.due_us - at_us) / 1000);
  return ` timer:(${timer.name},${timerText(left_ms)},${timer.retransmits})`;
}
