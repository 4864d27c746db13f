/** Why a call on a pipe sleeps, fails or wakes somebody: the conditions of `fs/pipe.c`. */
import { and, type Decision, or, type Reason, reasonOf } from '../../trace/decision.ts';

/** `pipe_writable`: what a sleeping writer waits for. */
export const whyWritable = (hasSlot: boolean, hasReaders: boolean): Decision =>
  or(
    'pipe_writable:condition',
    [
      ['!pipe_full(head, tail, max_usage)', hasSlot],
      ['!READ_ONCE(pipe->readers)', !hasReaders],
    ],
    hasSlot || !hasReaders ? 'the writer goes on' : 'the writer sleeps until one of them holds',
  );

/** A writer falls asleep, and one that was woken for nothing. */
export const WRITER_SLEEPS: Reason = reasonOf(whyWritable(false, true), 'pipe_write:sleep');
export const SLEEPS_AGAIN: Reason = reasonOf(whyWritable(false, true));

/** A reader falls asleep. */
export const READER_SLEEPS: Reason = reasonOf(
  or(
    'pipe_readable:condition',
    [
      ['!pipe_empty(head, tail)', false],
      ['!writers', false],
    ],
    'the reader sleeps until one of them holds',
  ),
  'pipe_read:sleep',
);

const whyAgain = (of: 'pipe_read:again' | 'pipe_write:is-nonblocking', follows: string): Decision =>
  or(
    of,
    [
      ['filp->f_flags & O_NONBLOCK', true],
      ['iocb->ki_flags & IOCB_NOWAIT', false],
    ],
    follows,
  );

/** O_NONBLOCK: a write that finds no free slot, and one that has written a part. */
export const WRITE_AGAIN: Reason = reasonOf(
  whyAgain('pipe_write:is-nonblocking', 'write() returns EAGAIN'),
  'pipe_write:again',
);
export const WRITE_SHORT: Reason = reasonOf(
  whyAgain('pipe_write:is-nonblocking', 'write() returns what it has written'),
  'pipe_write:again',
);

/** O_NONBLOCK: a read of an empty pipe. */
export const READ_AGAIN: Reason = reasonOf(whyAgain('pipe_read:again', 'read() returns EAGAIN'));

/** Nobody holds the read end. @param hasSlept whether the writer has slept in the call */
export const whyBroken = (hasSlept: boolean): Reason => (hasSlept ? BROKEN_LATER : BROKEN);

const BROKEN = reasonOf(
  and('pipe_write:no-readers', [['!pipe->readers', true]], 'SIGPIPE, and write() fails with EPIPE'),
  'pipe_write:epipe',
);
const BROKEN_LATER = reasonOf(
  and(
    'pipe_write:no-readers-later',
    [['!pipe->readers', true]],
    'SIGPIPE, and write() fails with EPIPE where it has written nothing',
  ),
  'pipe_write:epipe-later',
);

/** Nobody holds the write end. */
export const END_OF_FILE: Reason = reasonOf(
  and('pipe_read:end-of-file', [['!pipe->writers', true]], 'read() returns 0'),
);

/** A read wakes a writer where the pipe was full before it, whether a slot is free now or not. */
export const READ_WAKES: Reason = reasonOf(
  and('pipe_read:wake', [['was_full', true]], 'the first writer in the line is woken'),
);

/** A writer that has slept wakes the next when it leaves a free slot behind. */
export const WAKES_NEXT: Reason = reasonOf(
  and('pipe_write:wake-next', [['wake_next_writer', true]], 'the next writer in the line is woken'),
);

/** `pipe_poll` on the write end: whether a whole slot is free. */
export const whyPollout = (hasSlot: boolean): Reason => (hasSlot ? POLLOUT : NO_POLLOUT);

const whyHasSlot = (hasSlot: boolean, follows: string): Reason =>
  reasonOf(
    and('pipe_poll:is-writable', [['!pipe_full(head, tail, pipe->max_usage)', hasSlot]], follows),
    'pipe_poll:pollout',
  );
const POLLOUT = whyHasSlot(true, 'poll() reports POLLOUT');
const NO_POLLOUT = whyHasSlot(false, 'poll() does not report POLLOUT');

/** `pipe_poll` on the write end: nobody holds the read end. */
export const POLLERR: Reason = reasonOf(
  and('pipe_poll:no-readers', [['!pipe->readers', true]], 'poll() reports POLLERR'),
  'pipe_poll:pollerr',
);
