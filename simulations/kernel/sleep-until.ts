/** A call that sleeps on a file until there is an answer, or until its time is up: SO_RCVTIMEO, SO_SNDTIMEO. */
import type { VirtualClock } from '../engine/clock.ts';
import type { Answer, Waiting } from '../machine/program.ts';
import type { Sleep } from '../machine/sleep.ts';
import type { Thread } from '../machine/thread.ts';
import type { Reason } from '../trace/decision.ts';
import { failure } from './answer.ts';

export interface Sleeping {
  /** Why it sleeps, and what is said of it. */
  readonly sleep: Omit<Sleep, 'until_us'>;
  /** The kernel function that it sleeps in. */
  readonly wchan: string;
  /** How long, in ms, or null for no limit; then the answer is EAGAIN. */
  readonly timeo_ms: number | null;
  /** The line behind that EAGAIN. */
  readonly late?: Reason;
  /** The answer, or null where there is none yet. */
  attempt(): Answer | null;
  /** Calls `wake` at each change that may bring one. @returns a function that ends that */
  watch(wake: () => void): () => void;
}

export function sleepUntil(
  clock: VirtualClock,
  thread: Thread,
  { sleep, wchan, timeo_ms, late, attempt, watch }: Sleeping,
): Waiting {
  const until_us = timeo_ms === null ? null : clock.now_us + timeo_ms * 1000;
  return {
    wchan,
    until_us,
    wait: (done) => {
      thread.sleeps({ ...sleep, until_us });
      const end = (answer: Answer) => {
        stop();
        done(answer);
      };
      const timer =
        timeo_ms === null ? undefined : clock.after(timeo_ms * 1000, () => end(failure('EAGAIN', late)));
      const forget = watch(() => {
        const answer = attempt();
        if (answer) end(answer);
      });
      const stop = () => {
        clock.clearTimeout(timer);
        forget();
      };
      return stop;
    },
    interrupted: () => failure('EINTR'),
  };
}
