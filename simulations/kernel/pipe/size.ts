/**
 * How large a pipe may be (`fs/pipe.c`, `include/linux/pipe_fs_i.h`).
 *
 * Left out: pages of other sizes than 4 KiB; the sysctls at other values than their defaults.
 */

/** One slot holds one page. */
export const PAGE_SIZE_bytes = 4096;

/** Slots of a new pipe. */
export const PIPE_DEF_BUFFERS = 16;

/** Slots of a new pipe whose user is past the soft limit. */
export const PIPE_MIN_DEF_BUFFERS = 2;

/** sysctl `fs.pipe-max-size`, its default: the most that a user without privilege may ask for. */
export const PIPE_MAX_SIZE_bytes = 1_048_576;

/** sysctl `fs.pipe-user-pages-soft`, its default: pages in one user's pipes, all together. */
export const PIPE_USER_PAGES_SOFT = 16_384;

const LARGEST_bytes = 2 ** 31;

/** `round_pipe_size`: the next power of two, at least a page; 0 above 2³¹. @param size_bytes a whole number from 0 */
export function roundPipeSize(size_bytes: number): number {
  if (size_bytes > LARGEST_bytes) return 0;
  if (size_bytes < PAGE_SIZE_bytes) return PAGE_SIZE_bytes;
  return 2 ** Math.ceil(Math.log2(size_bytes));
}
