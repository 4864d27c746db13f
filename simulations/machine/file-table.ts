/**
 * The descriptors of a process (`struct files_struct`, `alloc_fd` in `fs/file.c`).
 *
 * Left out: `fs.nr_open` and `fs.file-max`, which are higher than any limit that can be set here.
 */
import type { Cell, Shelf, Source } from '../trace/history.ts';
import { type File, OpenFile } from './file.ts';
import type { DescriptorState, Fd, Pid } from './state.ts';

/** A descriptor that has its file. */
export class Descriptor implements Source<DescriptorState> {
  readonly open: OpenFile;
  /** FD_CLOEXEC. */
  #closeOnExec: boolean;
  readonly inherited_from: Pid | null;
  #state: DescriptorState | null = null;

  constructor(open: OpenFile, closeOnExec: boolean, inherited_from: Pid | null) {
    this.open = open;
    this.#closeOnExec = closeOnExec;
    this.inherited_from = inherited_from;
    open.refs++;
  }

  get file(): File {
    return this.open.file;
  }

  get closeOnExec(): boolean {
    return this.#closeOnExec;
  }

  set closeOnExec(value: boolean) {
    this.#closeOnExec = value;
    this.#state = null;
  }

  state(): DescriptorState {
    const { ref, nonblocking } = this.file;
    if (this.#state?.nonblocking !== nonblocking || this.#state.file !== ref)
      this.#state = {
        file: ref,
        close_on_exec: this.#closeOnExec,
        nonblocking,
        inherited_from: this.inherited_from,
      };
    return this.#state;
  }
}

/** A descriptor that was reserved and has no file yet (`get_unused_fd_flags`). */
const RESERVED = Symbol('reserved');

export class FileTable {
  readonly nofile: number;
  readonly #shelf: Shelf<Fd, DescriptorState>;
  readonly #descriptors: (Descriptor | typeof RESERVED | null)[] = [];
  readonly #cells = new Map<Fd, Cell<DescriptorState>>();
  /** No descriptor below it is free. */
  #next_fd = 0;
  #open = 0;

  /** @param nofile RLIMIT_NOFILE @param shelf where the trace keeps the descriptors */
  constructor(nofile: number, shelf: Shelf<Fd, DescriptorState>) {
    this.nofile = nofile;
    this.#shelf = shelf;
  }

  /** Descriptors in use, as /proc/PID/fd shows them; a reserved one is not among them. */
  get open(): number {
    return this.#open;
  }

  /** Reserves the lowest free descriptor from `least` on (`alloc_fd`), or null where the limit leaves none: EMFILE. */
  alloc(least = 0): Fd | null {
    let fd = Math.max(least, this.#next_fd);
    while (fd < this.nofile && this.#descriptors[fd]) fd++;
    if (least <= this.#next_fd) this.#next_fd = fd;
    if (fd >= this.nofile) return null;
    this.#descriptors[fd] = RESERVED;
    return fd;
  }

  /** Gives a reserved descriptor its file: `fd_install`. */
  install(fd: Fd, descriptor: Descriptor): void {
    this.#descriptors[fd] = descriptor;
    this.#open++;
    this.#cells.set(fd, this.#shelf.open(fd, descriptor));
  }

  /** The lowest free descriptor gets a file, or null where there is none. */
  add(file: File, closeOnExec = false): Fd | null {
    const fd = this.alloc();
    if (fd !== null) this.install(fd, new Descriptor(new OpenFile(file), closeOnExec, null));
    return fd;
  }

  get(fd: Fd): Descriptor | undefined {
    const descriptor = this.#descriptors[fd];
    return descriptor instanceof Descriptor ? descriptor : undefined;
  }

  /** It has changed: O_NONBLOCK, FD_CLOEXEC. */
  changed(fd: Fd): void {
    this.#cells.get(fd)?.touch();
  }

  /** A descriptor is free again: of close(), or one that was only reserved. @returns what it referred to */
  free(fd: Fd): Descriptor | undefined {
    const descriptor = this.get(fd);
    this.#descriptors[fd] = null;
    this.#next_fd = Math.min(this.#next_fd, fd);
    if (!descriptor) return undefined;
    this.#open--;
    descriptor.open.refs--;
    this.#cells.get(fd)?.end();
    this.#cells.delete(fd);
    return descriptor;
  }

  /** The descriptors with their files, from the lowest on. */
  *entries(): Generator<readonly [Fd, Descriptor]> {
    for (const [fd, descriptor] of this.#descriptors.entries())
      if (descriptor instanceof Descriptor) yield [fd, descriptor] as const;
  }

  /** fork(): the other table gets the same files. */
  inheritTo(other: FileTable, from: Pid): void {
    for (const [fd, { open, closeOnExec }] of this.entries()) {
      other.#descriptors[fd] = RESERVED;
      other.install(fd, new Descriptor(open, closeOnExec, from));
    }
  }
}
