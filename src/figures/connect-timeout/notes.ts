/** What the worker calls and hears, beside the ladder. */
import type { Trace, TraceEvent } from '#simulations/engine/trace.ts';
import { type Note, once } from '../../views/scene.ts';

/** A call that returns at once is one word with the call before it. */
export const notes = once(({ events }: Trace): Note[] => {
  const found: Note[] = [];
  for (const event of events) {
    const { kind, data } = event;
    if (kind === 'syscall' && (data.call === 'connect' || data.call === 'poll')) {
      const together = found.find(({ event: { at_us }, tone }) => tone === 'plain' && at_us === event.at_us);
      if (together) together.text += `, ${data.call}()`;
      else found.push({ event, text: `${data.call}()`, tone: 'plain' });
    } else if (kind === 'syscall-return' && event.beat && Number(data.blocked_us) > 0) {
      const what = data.call === 'poll' ? pollText(data) : (data.errno ?? 'connected');
      found.push({ event, text: `${data.call}(): ${what}`, tone: data.errno ? 'decide' : 'ok' });
    } else if (kind === 'syscall-return' && data.call === 'getsockopt')
      found.push({
        event,
        text: `SO_ERROR: ${(data.out as { error?: string }).error ?? 'none'}`,
        tone: 'decide',
      });
    else if (kind === 'heartbeat-missed')
      found.push({ event, text: 'supervisor kills the worker', tone: 'decide' });
  }
  return found;
});

function pollText(data: TraceEvent['data']): string {
  const revents = (data.out as { revents?: readonly string[] }).revents ?? [];
  return revents.length ? revents.map((name) => name.slice(4)).join('|') : 'timed out';
}
