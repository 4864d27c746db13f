/**
 * What one user's pipes take together (`user->pipe_bufs`), and what that allows: `alloc_pipe_info` and the checks of
 * `pipe_set_size` in `fs/pipe.c`.
 *
 * Left out: `fs.pipe-user-pages-hard` (off unless set), CAP_SYS_RESOURCE without CAP_SYS_ADMIN or the other way
 * round, no memory.
 */
import type { KernelMark } from '../../trace/event.ts';
import {
  PAGE_SIZE_bytes,
  PIPE_DEF_BUFFERS,
  PIPE_MAX_SIZE_bytes,
  PIPE_MIN_DEF_BUFFERS,
  PIPE_USER_PAGES_SOFT,
  roundPipeSize,
} from './size.ts';

/** Slots that were granted, or the error instead, and the line that decided it. */
export type Granted =
  | { readonly slots: number; readonly errno: null; readonly mark: KernelMark }
  | { readonly slots: null; readonly errno: 'EINVAL' | 'EPERM'; readonly mark: KernelMark };

/** A user (`struct user_struct`) as far as pipes go. */
export class PipeUser {
  /** CAP_SYS_RESOURCE or CAP_SYS_ADMIN. */
  readonly privileged: boolean;
  /** Slots of all this user's pipes. */
  pipe_bufs: number;

  constructor(options: { privileged?: boolean; pipe_bufs?: number } = {}) {
    this.privileged = options.privileged ?? false;
    this.pipe_bufs = options.pipe_bufs ?? 0;
  }

  /** `alloc_pipe_info`: the slots of a new pipe; they count from now on. */
  allocate(): Granted & { slots: number } {
    this.pipe_bufs += PIPE_DEF_BUFFERS;
    if (!this.#isPastSoftLimit())
      return { slots: PIPE_DEF_BUFFERS, errno: null, mark: 'alloc_pipe_info:account' };
    this.pipe_bufs += PIPE_MIN_DEF_BUFFERS - PIPE_DEF_BUFFERS;
    return { slots: PIPE_MIN_DEF_BUFFERS, errno: null, mark: 'alloc_pipe_info:soft-limit' };
  }

  /** `free_pipe_info`: a pipe of so many slots is gone. */
  free(slots: number): void {
    this.pipe_bufs -= slots;
  }

  /**
   * `pipe_set_size`, up to the ring itself. What is granted counts at once; give it back with {@link free} when
   * the ring refuses. @param slots what the pipe has now @param size_bytes what F_SETPIPE_SZ asks for
   */
  resize(slots: number, size_bytes: number): Granted {
    const rounded_bytes = roundPipeSize(size_bytes);
    const wanted = rounded_bytes / PAGE_SIZE_bytes;
    if (wanted === 0) return { slots: null, errno: 'EINVAL', mark: 'pipe_set_size:round' };
    if (wanted > slots && rounded_bytes > PIPE_MAX_SIZE_bytes && !this.privileged)
      return { slots: null, errno: 'EPERM', mark: 'pipe_set_size:max-size' };
    this.pipe_bufs += wanted - slots;
    if (wanted > slots && this.#isPastSoftLimit()) {
      this.pipe_bufs -= wanted - slots;
      return { slots: null, errno: 'EPERM', mark: 'pipe_set_size:soft-limit' };
    }
    return { slots: wanted, errno: null, mark: 'pipe_set_size:round' };
  }

  /** `too_many_pipe_buffers_soft` and `pipe_is_unprivileged_user`. */
  #isPastSoftLimit(): boolean {
    return this.pipe_bufs > PIPE_USER_PAGES_SOFT && !this.privileged;
  }
}
