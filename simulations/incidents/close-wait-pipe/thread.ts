/** A thread of the server, or the process at the other end of its standard error. */
import { setup } from 'xstate';
import { Chart } from '../../engine/chart.ts';
import type { ActorState } from '../../engine/trace.ts';
import type { Sleeper } from '../../kernel/pipe/sleeper.ts';
import type { Connection } from './connections.ts';

/** What a thread waits for. It works in no time, so it is almost always found waiting. */
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

/** The states in which a thread waits, by the event that leads there. */
export type Wait = 'ACCEPT' | 'GET' | 'SLEEP' | 'READ' | 'REST';

export class Thread {
  readonly name: string;
  /** Its place among the threads: the process id for the first. */
  readonly tid: number;
  readonly end: 'read' | 'write';
  readonly sleeper: Sleeper;
  readonly #chart = new Chart(threadMachine);
  /** The connection that it works on, or null. */
  connection: Connection | null = null;
  /** When it last began to wait. */
  since_us = 0;
  /** Whether a client was there to take its last response. */
  answered = false;
  /** What is left of the line that it writes. */
  left_bytes = 0;

  constructor(name: string, tid: number, end: 'read' | 'write', sleeper: Sleeper) {
    this.name = name;
    this.tid = tid;
    this.end = end;
    this.sleeper = sleeper;
  }

  get status(): string {
    return this.#chart.state();
  }

  get isAsleepInWrite(): boolean {
    return this.status === 'asleep in write()';
  }

  wait(event: Wait, now_us: number): void {
    this.since_us = now_us;
    this.#chart.send(event);
  }

  wake(): void {
    this.#chart.send('WAKE');
  }

  kill(): void {
    this.#chart.send('KILL');
    this.sleeper.end();
  }

  /** What the page shows of it. */
  fields(): ActorState {
    const { tid, status, since_us, left_bytes, connection } = this;
    return {
      tid,
      status,
      since_us,
      left_bytes,
      fd: connection?.fd ?? null,
      client: connection?.number ?? null,
      port: connection?.port ?? null,
    };
  }
}
