/**
 * poll() and select() on many descriptors (`do_poll`, `do_select` in `fs/select.c`): they look at every file, and sleep
 * until one of them has changed or the time is up.
 *
 * Left out: signal masks (ppoll, pselect), busy polling.
 */
import type { VirtualClock } from '../engine/clock.ts';
import { duration } from '../engine/duration.ts';
import type { File, PollEvent } from '../machine/file.ts';
import type { Answer, Waiting } from '../machine/program.ts';
import type { Thread } from '../machine/thread.ts';
import { type Decision, or, type Reason, reasonOf } from '../trace/decision.ts';
import { failure, success } from './answer.ts';

/** One entry of poll()'s array. */
export interface Polled {
  /** Undefined where the descriptor is not open, null where it is negative and so left alone. */
  readonly file: File | null | undefined;
  readonly events: readonly PollEvent[];
}

/** What is reported whether it was asked for or not. */
const ALWAYS: readonly PollEvent[] = ['POLLERR', 'POLLHUP', 'POLLNVAL'];

const NOTHING: readonly PollEvent[] = [];

/** The events of one entry, now. */
export function reventsOf({ file, events }: Polled): readonly PollEvent[] {
  if (file === null) return NOTHING;
  if (!file) return ['POLLNVAL'];
  const now = file.poll();
  return now.length === 0 ? NOTHING : now.filter((event) => events.includes(event) || ALWAYS.includes(event));
}

/** What a call that watches files needs to sleep. */
export interface Watch {
  readonly clock: VirtualClock;
  readonly thread: Thread;
  readonly files: readonly File[];
  /** −1 waits for ever. */
  readonly timeout_ms: number;
  readonly name: 'poll' | 'select' | 'epoll_wait';
  readonly wchan: string;
  /** Why it sleeps where there is no answer. */
  readonly asleep: Required<Reason>;
  /** The answer, or null while there is none. @param isLate its time is up */
  attempt(isLate: boolean): Answer | null;
  /** The answer when the time is up and still nothing has happened. */
  over(): Answer;
}

/** Looks, and sleeps until there is an answer. */
export function watch(options: Watch): Answer | Waiting {
  const { clock, thread, files, timeout_ms, name, wchan, asleep, attempt, over } = options;
  const now = attempt(timeout_ms === 0);
  if (now || timeout_ms === 0) return now ?? over();
  const until_us = timeout_ms > 0 ? clock.now_us + timeout_ms * 1000 : null;
  return {
    wchan,
    until_us,
    wait: (done) => {
      const limit = duration(timeout_ms * 1000);
      thread.sleeps({
        ...asleep,
        says:
          timeout_ms > 0
            ? `${name}() goes to sleep, for ${limit} at most: *the program bounds the wait*.`
            : `${name}() goes to sleep *until something happens*.`,
        until_us,
      });
      let isOver = false;
      const end = () => {
        isOver = true;
        clock.clearTimeout(timer);
        for (const stop of stops) stop();
      };
      const timer =
        timeout_ms > 0
          ? clock.after(
              timeout_ms * 1000,
              () => {
                end();
                // do_poll looks once more when its time is up.
                done(attempt(true) ?? over());
              },
              'hrtimer',
            )
          : undefined;
      // Two files that change at one moment wake it twice.
      const look = () => {
        const found = isOver ? null : attempt(false);
        if (!found) return;
        end();
        done(found);
      };
      const stops = files.map((file) => file.subscribe(look, thread));
      return end;
    },
    interrupted: () => failure('EINTR'),
  };
}

/** What `do_poll` asks each time that it has looked. */
const whyPolled = (count: number, isLate: boolean): Decision =>
  or(
    'do_poll:timeout',
    [
      ['count', count],
      ['timed_out', isLate],
    ],
    count > 0 || isLate ? `poll() returns ${count}` : 'poll() sleeps until something happens',
  );

/** By how many are ready: programs poll a hundred thousand times. */
const FOUND: Reason[] = [];
const foundBy = (count: number, isLate: boolean): Reason => {
  if (isLate) return reasonOf(whyPolled(count, true));
  FOUND[count] ??= reasonOf(whyPolled(count, false));
  return FOUND[count];
};

const POLL_SLEEPS = reasonOf(whyPolled(0, false), 'do_poll:sleep');
const POLL_IS_LATE = reasonOf(whyPolled(0, true));

/** `do_sys_poll`. @param timeout_ms −1 waits for ever. `out.revents`: the events of each entry, in their order */
export function poll(
  clock: VirtualClock,
  thread: Thread,
  entries: readonly Polled[],
  timeout_ms: number,
): Answer | Waiting {
  const attempt = (isLate: boolean): Answer | null => {
    const revents = entries.map(reventsOf);
    const ready = revents.filter(({ length }) => length > 0).length;
    if (ready === 0) return null;
    const broken = entries.find((_, i) => revents[i]?.includes('POLLERR'))?.file?.whyError;
    return { ...success(ready, broken ?? foundBy(ready, isLate)), out: { revents } };
  };
  return watch({
    clock,
    thread,
    files: entries.flatMap(({ file }) => file ?? []),
    timeout_ms,
    name: 'poll',
    wchan: 'poll_schedule_timeout.constprop.0',
    asleep: POLL_SLEEPS,
    attempt,
    over: () => ({ ...success(0, POLL_IS_LATE), out: { revents: entries.map(() => []) } }),
  });
}

/** The three sets of select(), as lists of descriptors. */
export interface Sets {
  readonly read: readonly number[];
  readonly write: readonly number[];
  readonly except: readonly number[];
}

/** What select() takes as readable, writable, exceptional (`POLLIN_SET`, `POLLOUT_SET`, `POLLEX_SET`). */
const READY: Readonly<Record<keyof Sets, readonly PollEvent[]>> = {
  read: ['POLLIN', 'POLLHUP', 'POLLERR'],
  write: ['POLLOUT', 'POLLERR'],
  except: [],
};

/** What `do_select` asks each time that it has looked. */
const whySelected = (retval: number, isLate: boolean): Decision =>
  or(
    'do_select:done',
    [
      ['retval', retval],
      ['timed_out', isLate],
      ['signal_pending(current)', false],
    ],
    retval > 0 || isLate ? `select() returns ${retval}` : 'select() sleeps until something happens',
  );

const SELECT_SLEEPS = reasonOf(whySelected(0, false), 'do_select:sleep');

/** `core_sys_select`. @param fileOf the file of a descriptor. EBADF where one of a set is not open. `out`: the sets */
export function select(
  clock: VirtualClock,
  thread: Thread,
  sets: Sets,
  fileOf: (fd: number) => File | undefined,
  timeout_ms: number,
): Answer | Waiting {
  const all = [...new Set([...sets.read, ...sets.write, ...sets.except])];
  if (all.some((fd) => !fileOf(fd))) return failure('EBADF');
  const ready = (set: keyof Sets): number[] =>
    sets[set].filter((fd) =>
      fileOf(fd)
        ?.poll()
        .some((event) => READY[set].includes(event)),
    );
  const attempt = (isLate: boolean): Answer | null => {
    const out = { read: ready('read'), write: ready('write'), except: ready('except') };
    const count = out.read.length + out.write.length + out.except.length;
    return count ? { ...success(count, reasonOf(whySelected(count, isLate))), out } : null;
  };
  return watch({
    clock,
    thread,
    files: all.flatMap((fd) => fileOf(fd) ?? []),
    timeout_ms,
    name: 'select',
    wchan: 'poll_schedule_timeout.constprop.0',
    asleep: SELECT_SLEEPS,
    attempt,
    over: () => ({ ...success(0, reasonOf(whySelected(0, true))), out: { read: [], write: [], except: [] } }),
  });
}
