/**
 * Which descriptors of a process are taken (`struct fdtable`, `alloc_fd` in `fs/file.c`).
 *
 * Left out: what they refer to; dup2(), close-on-exec; `fs.nr_open` and `fs.file-max`, which are higher than any limit
 * that can be set here.
 */

export class FileTable {
  readonly #limit: number;
  /** 1 is reserved, 2 is installed. */
  readonly #taken: Uint8Array;
  /** No descriptor below it is free. */
  #next_fd = 0;
  /** Descriptors in use, as /proc/PID/fd shows them; a reserved one is not among them. */
  open = 0;

  /** @param nofile RLIMIT_NOFILE */
  constructor(nofile: number) {
    this.#limit = nofile;
    this.#taken = new Uint8Array(nofile);
  }

  /** Reserves the lowest free descriptor (`get_unused_fd_flags`), or null where the limit leaves none: EMFILE. */
  alloc(): number | null {
    let fd = this.#next_fd;
    while (fd < this.#limit && this.#taken[fd]) fd++;
    this.#next_fd = fd;
    if (fd >= this.#limit) return null;
    this.#taken[fd] = 1;
    this.#next_fd++;
    return fd;
  }

  /** Gives a reserved descriptor its file: `fd_install`. */
  install(fd: number): void {
    this.#taken[fd] = 2;
    this.open++;
  }

  /** close(), or a descriptor that was only reserved. */
  free(fd: number): void {
    if (this.#taken[fd] === 2) this.open--;
    this.#taken[fd] = 0;
    this.#next_fd = Math.min(this.#next_fd, fd);
  }

  /** The process is gone: `exit_files`. */
  clear(): void {
    this.#taken.fill(0);
    this.#next_fd = 0;
    this.open = 0;
  }
}
