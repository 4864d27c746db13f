/**
 * What a thread of the server is doing, as the page shows it. The chart only reports: what a thread does is decided by
 * its program and by the calls that it makes; a test holds the one to the other.
 */
import { setup } from 'xstate';
import type { ThreadState } from '../../machine/state.ts';

/** A thread works in no time, so it is almost always found waiting. */
export const threadMachine = setup({
  types: { events: {} as { type: 'ACCEPT' | 'GET' | 'SLEEP' | 'READ' | 'REST' | 'WAKE' | 'KILL' } },
}).createMachine({
  id: 'thread',
  initial: 'working',
  on: { KILL: '.dead' },
  states: {
    working: {
      on: {
        ACCEPT: 'in accept()',
        GET: 'waiting for work',
        SLEEP: 'asleep in write()',
        READ: 'asleep in read()',
        REST: 'resting',
      },
    },
    'in accept()': { on: { WAKE: 'working' } },
    'waiting for work': { on: { WAKE: 'working' } },
    'asleep in write()': { on: { WAKE: 'working' } },
    'asleep in read()': { on: { WAKE: 'working' } },
    resting: { on: { WAKE: 'working' } },
    dead: { type: 'final' },
  },
});

export type ThreadStatus =
  | 'working'
  | 'in accept()'
  | 'waiting for work'
  | 'asleep in write()'
  | 'asleep in read()'
  | 'resting'
  | 'dead';

/** The call that a thread sleeps in → the state of the chart. */
const STATUS: Readonly<Record<string, ThreadStatus>> = {
  accept4: 'in accept()',
  futex: 'waiting for work',
  write: 'asleep in write()',
  read: 'asleep in read()',
  nanosleep: 'resting',
  pause: 'resting',
};

/** The state of a thread, from the snapshot. */
export function statusOf({ runs, call }: Pick<ThreadState, 'runs' | 'call'>): ThreadStatus {
  if (runs === 'dead') return 'dead';
  return call ? (STATUS[call.name] ?? 'working') : 'working';
}
