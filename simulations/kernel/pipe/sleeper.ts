/**
 * A writer's sleep: in write() on `wr_wait`, or in poll() (`wait_event_interruptible_exclusive`, `poll_wait`).
 *
 * One processor: whoever is woken runs when the one that runs now sleeps or ends, in the order of waking. On a machine
 * with more processors the two may meet, and either may be first.
 */
import { Chart } from '../../engine/chart.ts';
import type { VirtualClock } from '../../engine/clock.ts';
import type { Tid } from '../../machine/state.ts';
import type { Waiter } from '../wait-queue.ts';
import type { Pipe } from './pipe.ts';
import { type WriterActions, writerMachine } from './states.ts';

export class Sleeper implements WriterActions {
  readonly #pipe: Pipe;
  readonly #chart: Chart;
  readonly #inWrite: Waiter;
  readonly #inPoll: Waiter;
  #goOn: () => void = () => {};
  #again: () => void = () => {};

  constructor({ tid, name }: { readonly tid: Tid; readonly name: string }, pipe: Pipe, clock: VirtualClock) {
    this.#pipe = pipe;
    const wake = () => clock.after(0, () => this.#look(), 'arrival');
    this.#inWrite = { tid, name, exclusive: true, wake };
    this.#inPoll = { tid, name, exclusive: false, wake };
    this.#chart = new Chart(writerMachine, { writer: this as WriterActions });
  }

  /** `running`, `asleep` in write(), `polling` or `ended`. */
  get state(): string {
    return this.#chart.state();
  }

  get pipe_writable(): boolean {
    return this.#pipe.isWritable;
  }

  /** Sleeps. @param goOn runs once the pipe is writable @param again runs when it was woken and the pipe is not */
  sleep(where: 'SLEEP' | 'POLL', goOn: () => void, again: () => void): void {
    this.#goOn = goOn;
    this.#again = again;
    this.#chart.send(where);
  }

  /** The process is gone, from whatever it was in. */
  end(): void {
    this.#pipe.wr_wait.remove(this.#inWrite);
    this.#chart.send('END');
  }

  queue(): void {
    this.#pipe.sleepToWrite(this.#inWrite);
  }

  pollWait(): void {
    this.#pipe.sleepToWrite(this.#inPoll);
  }

  pollFree(): void {
    this.#pipe.wr_wait.remove(this.#inPoll);
  }

  #look(): void {
    const isAsleep = ['asleep', 'polling'].includes(this.state);
    if (!isAsleep) return;
    this.#chart.send('WAKE');
    if (this.state === 'running') this.#goOn();
    else this.#again();
  }
}
