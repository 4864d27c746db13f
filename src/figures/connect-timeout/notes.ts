/** What the worker calls and hears, beside the ladder. */
import { type Note, once } from '../../views/scene.ts';
import { wordsIn } from '../words-in.ts';
import type { Attempt } from './attempt.ts';

const AIDS: Readonly<Record<string, string>> = {
  'ss-kill': 'ss -K',
  'route-unreachable': 'unreachable route',
  sysctl: 'tcp_syn_retries',
};

/** A call that returns at once is one word with the call before it. */
export const notes = once(({ events, parameters }: Attempt): Note[] => {
  const found: Note[] = [];
  for (const event of events) {
    if (event.kind === 'syscall' && (event.data.call === 'connect' || event.data.call === 'poll')) {
      const { call } = event.data;
      const together = found.find(({ event: { at_us }, tone }) => tone === 'plain' && at_us === event.at_us);
      if (together) together.text += `, ${call}()`;
      else found.push({ event, text: `${call}()`, tone: 'plain' });
    } else if (event.kind === 'syscall-return' && event.beat && event.data.blocked_us > 0) {
      const { call, errno, out } = event.data;
      const what = call === 'poll' ? pollText(wordsIn(out.revents)) : (errno ?? 'connected');
      found.push({ event, text: `${call}(): ${what}`, tone: errno ? 'decide' : 'ok' });
    } else if (event.kind === 'syscall-return' && event.data.call === 'getsockopt') {
      const [error = 'none'] = wordsIn(event.data.out.error);
      found.push({ event, text: `SO_ERROR: ${error}`, tone: 'decide' });
    } else if (event.kind === 'first-aid')
      found.push({ event, text: `root: ${AIDS[String(parameters.first_aid)] ?? ''}`, tone: 'decide' });
    else if (event.kind === 'heartbeat-missed')
      found.push({ event, text: 'supervisor kills the worker', tone: 'decide' });
  }
  return found;
});

const pollText = (revents: readonly string[]): string =>
  revents.length ? revents.map((name) => name.slice(4)).join('|') : 'timed out';
