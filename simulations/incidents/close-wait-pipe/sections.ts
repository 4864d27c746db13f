/** The parts of a pile-up, in the order in which they came. */
import type { EventKind, TraceEvent } from '../../trace/event.ts';
import './events.ts';
import type { CloseWaitPipeParameters } from './parameters.ts';

/** The part that begins when something happens for the first time. */
const PARTS: Partial<Record<EventKind, string>> = {
  'ssh-stopped': 'the pipe fills',
  asleep: 'workers fall asleep',
  'all-asleep': 'all workers sleep',
  'gave-up': 'the pile grows',
  emfile: 'no descriptors left',
  'syn-dropped': 'the accept queue is full',
  drained: 'somebody reads again',
  cleared: 'the pile is gone',
  'reader-gone': 'the reader is gone',
  signal: 'the server is gone',
};

/** What the beginning is like. */
const FIRST: Readonly<Record<string, string>> = {
  stalled: 'the pipe fills',
  'stalled-ssh': 'sshd still reads',
  draining: 'requests are answered',
  none: 'nobody can read',
  dies: 'the pipe fills',
};

/** Names the part that begins with an event: `the pile grows`. */
export function sectionsOf({
  reader,
  accepting,
}: CloseWaitPipeParameters): (event: TraceEvent) => string | null {
  const told = new Set<string>();
  return ({ index, kind }) => {
    const isAlone = kind === 'asleep' && accepting === 'inline';
    const name = index === 0 ? FIRST[reader] : isAlone ? 'the thread sleeps' : PARTS[kind];
    if (name === undefined || told.has(name)) return null;
    told.add(name);
    return name;
  };
}
