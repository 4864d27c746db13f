/**
 * epoll (`fs/eventpoll.c`): a file that watches files, level-triggered, edge-triggered (EPOLLET) or once (EPOLLONESHOT).
 *
 * A file goes from the list with the last descriptor that leads to it, not with the one that was watched.
 *
 * Left out: epoll within epoll, EPOLLEXCLUSIVE, EPOLLWAKEUP, EPERM for files that cannot be polled.
 */
import type { VirtualClock } from '../engine/clock.ts';
import type { File, OpenFile, PollEvent } from '../machine/file.ts';
import type { Answer, Waiting } from '../machine/program.ts';
import type { FileRef, Inode } from '../machine/state.ts';
import type { Thread } from '../machine/thread.ts';
import { and, reasonOf } from '../trace/decision.ts';
import { failure, type Reasoned, success } from './answer.ts';
import { reventsOf, watch } from './poll.ts';
import { WaitSet } from './wait-set.ts';

/** How a descriptor is watched. */
export interface Interest {
  readonly events: readonly PollEvent[];
  /** EPOLLET: told once for each change. */
  readonly edge: boolean;
  /** EPOLLONESHOT: told once, until it is asked for again. */
  readonly once: boolean;
}

interface Watched extends Interest {
  readonly file: File;
  isOff: boolean;
  stop: () => void;
}

/** What `ep_poll` asks in its loop. */
const SLEEPS = reasonOf(
  and('ep_poll:sleep', [['!eavail', true]], 'epoll_wait() sleeps until something is ready'),
);
const IS_LATE = reasonOf(and('ep_poll:timeout', [['timed_out', true]], 'epoll_wait() returns 0'));
const whySent = (res: number) => reasonOf(and('ep_poll:sent', [['res', res]], `epoll_wait() returns ${res}`));

export class Epoll implements File {
  nonblocking = false;
  readonly #inode: Inode;
  readonly #clock: VirtualClock;
  readonly #watched = new Map<number, Watched>();
  /** `rdllist`: those that may be ready, the one that has waited longest first. */
  readonly #ready = new Set<number>();
  readonly #sleepers: WaitSet;
  #ref: FileRef;

  constructor(inode: Inode, clock: VirtualClock) {
    this.#inode = inode;
    this.#clock = clock;
    this.#sleepers = new WaitSet(clock);
    this.#ref = { kind: 'epoll', inode, watches: [] };
  }

  get ref(): FileRef {
    return this.#ref;
  }

  /** `do_epoll_ctl`. @param interest null for EPOLL_CTL_DEL */
  control(
    op: 'EPOLL_CTL_ADD' | 'EPOLL_CTL_MOD' | 'EPOLL_CTL_DEL',
    fd: number,
    open: OpenFile,
    interest: Interest | null,
    thread: Thread,
  ): Reasoned {
    const known = this.#watched.get(fd);
    if (op === 'EPOLL_CTL_ADD' && known) return failure('EEXIST');
    if (op !== 'EPOLL_CTL_ADD' && !known) return failure('ENOENT');
    known?.stop();
    this.#watched.delete(fd);
    this.#ready.delete(fd);
    if (op !== 'EPOLL_CTL_DEL' && interest) {
      const { file } = open;
      const watched: Watched = { ...interest, file, isOff: false, stop: () => {} };
      const wake = () => {
        this.#ready.add(fd);
        this.#sleepers.wake('arrival');
      };
      const unsubscribe = file.subscribe(wake, thread);
      const forget = () => this.#forget(fd, watched);
      open.onRelease.add(forget);
      watched.stop = () => {
        unsubscribe();
        open.onRelease.delete(forget);
      };
      this.#watched.set(fd, watched);
      // Who sleeps in epoll_wait() hears of what is ready when it is added.
      if (reventsOf(watched).length > 0) {
        this.#ready.add(fd);
        this.#sleepers.wake('arrival');
      }
    }
    this.#changed();
    return success();
  }

  /** The file that was watched is closed: `eventpoll_release_file`. */
  #forget(fd: number, watched: Watched): void {
    watched.stop();
    this.#watched.delete(fd);
    this.#ready.delete(fd);
    this.#changed();
  }

  #changed(): void {
    this.#ref = { kind: 'epoll', inode: this.#inode, watches: [...this.#watched.keys()] };
  }

  /** `ep_poll`. `out.events`: for each that is ready its fd and events */
  wait(thread: Thread, maxevents: number, timeout_ms: number): Answer | Waiting {
    const attempt = (): Answer | null => {
      const found: { fd: number; events: readonly PollEvent[] }[] = [];
      for (const fd of [...this.#ready]) {
        if (found.length === maxevents) break;
        this.#ready.delete(fd);
        const watched = this.#watched.get(fd);
        if (!watched || watched.isOff) continue;
        const events = reventsOf(watched);
        if (events.length === 0) continue;
        watched.isOff = watched.once;
        // Watched by level it is asked again the next time, after all others: `ep_send_events`.
        if (!watched.edge && !watched.once) this.#ready.add(fd);
        found.push({ fd, events });
      }
      return found.length
        ? { ...success(found.length, whySent(found.length)), out: { events: found } }
        : null;
    };
    return watch({
      clock: this.#clock,
      thread,
      files: [this],
      timeout_ms,
      name: 'epoll_wait',
      wchan: 'do_epoll_wait',
      asleep: SLEEPS,
      attempt,
      over: () => ({ ...success(0, IS_LATE), out: { events: [] } }),
    });
  }

  read(): Reasoned {
    return failure('EINVAL');
  }

  write(): Reasoned {
    return failure('EINVAL');
  }

  poll(): readonly PollEvent[] {
    const isReady = [...this.#watched.values()].some((each) => !each.isOff && reventsOf(each).length > 0);
    return isReady ? ['POLLIN'] : [];
  }

  subscribe(wake: () => void): () => void {
    return this.#sleepers.add(wake);
  }

  close(): Reasoned {
    for (const { stop } of this.#watched.values()) stop();
    this.#watched.clear();
    this.#ready.clear();
    return success();
  }
}
