/** The flags of an open file (`f_flags`, `include/uapi/asm-generic/fcntl.h`), as F_GETFL and /proc/PID/fdinfo say them. */
import type { FileRef } from './state.ts';

export const O = {
  RDONLY: 0,
  WRONLY: 0o1,
  RDWR: 0o2,
  NONBLOCK: 0o4000,
  LARGEFILE: 0o100000,
  CLOEXEC: 0o2000000,
} as const;

/** How it was opened; open() on a 64-bit machine adds O_LARGEFILE (`force_o_largefile`). */
function openedAs(of: FileRef): number {
  if (of.kind === 'pipe') return of.end === 'write' ? O.WRONLY : O.RDONLY;
  if (of.kind !== 'device') return O.RDWR;
  return O.LARGEFILE | { r: O.RDONLY, w: O.WRONLY, u: O.RDWR }[of.mode];
}

export const fileFlags = (of: FileRef, nonblocking: boolean): number =>
  openedAs(of) | (nonblocking ? O.NONBLOCK : 0);
