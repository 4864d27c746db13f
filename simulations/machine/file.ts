/**
 * What a descriptor refers to: an open file (`struct file`, `struct file_operations`). Sockets, the ends of pipes, epoll
 * and devices are files, and nothing else knows what they are.
 */
import type { Json } from '../engine/json.ts';
import type { Reasoned } from '../kernel/answer.ts';
import type { Errno } from '../kernel/errno.ts';
import type { Endpoint, Family } from '../network/packet.ts';
import type { Reason } from '../trace/decision.ts';
import type { Answer, Waiting } from './program.ts';
import type { FileRef } from './state.ts';
import type { Thread } from './thread.ts';

/** The names of the events of poll(2) that are used here. */
export type PollEvent = 'POLLIN' | 'POLLOUT' | 'POLLERR' | 'POLLHUP' | 'POLLRDHUP' | 'POLLNVAL';

/** Flags of one read or write: those of recv() and send(). */
export interface Flags {
  readonly MSG_DONTWAIT?: boolean;
  readonly MSG_MORE?: boolean;
  readonly MSG_PEEK?: boolean;
  readonly MSG_NOSIGNAL?: boolean;
}

/**
 * What a descriptor refers to (`struct file_operations`): sockets, the ends of a pipe, epoll, devices. A call finds its
 * file by descriptor and leaves the rest to it. What must sleep gives `Waiting` in place of an answer.
 */
export interface File {
  /** What the snapshot says of it. */
  readonly ref: FileRef;
  /** O_NONBLOCK. */
  nonblocking: boolean;
  /** Takes up to so many bytes; 0 is the end of the file. */
  read(thread: Thread, bytes: number, flags?: Flags): Reasoned | Waiting;
  write(thread: Thread, bytes: number, flags?: Flags): Reasoned | Waiting;
  /** All that poll() could report now. */
  poll(): readonly PollEvent[];
  /** The line behind a POLLERR that it reports now, where it is known. */
  readonly whyError?: Reason;
  /** Calls `wake` at each change that poll() may have to look at. @returns a function that ends that */
  subscribe(wake: () => void, thread: Thread): () => void;
  /** The last descriptor is gone: `release`. @param thread who closed it, or null where its process has ended */
  close(thread: Thread | null): Reasoned | Waiting;
}

/** How a socket is opened. */
export interface NewSocket {
  readonly nonblocking: boolean;
  readonly uid: number;
  /** AF_INET when left out; what accept() returns has its listener's. */
  readonly family?: Family;
}

/** A socket (`struct proto_ops`). What its kind leaves out is EOPNOTSUPP, as of `sock_no_listen`. */
export interface Socket extends File {
  /** A local end for it; EINVAL where it has one, or where it is a connection. */
  bind(local: Endpoint): Reasoned;
  connect(remote: Endpoint, thread: Thread): Reasoned | Waiting;
  listen?(backlog: number): Reasoned;
  /** @param as O_NONBLOCK and the user of the new file @param install gives it its descriptor */
  accept?(thread: Thread, as: NewSocket, install: (file: File) => Answer): Answer | Waiting;
  shutdown?(how: 'SHUT_RD' | 'SHUT_WR' | 'SHUT_RDWR'): Reasoned;
  setsockopt(option: string, value: number): Reasoned;
  getsockopt(option: string): Reasoned;
  /** @param to where to, or null for the peer of a connected socket @param content what is in it */
  sendto?(bytes: number, to: Endpoint | null, content?: Json): Reasoned;
  /** ioctl(): SIOCINQ and SIOCOUTQ, in bytes. */
  queued?(request: string): number | Errno;
}

/** Whether it takes the calls of a socket; on any other file they are ENOTSOCK. */
export const isSocket = (file: File): file is Socket => file.ref.kind === 'socket';

/** An open file, and how many descriptors of all processes refer to it. */
export class OpenFile {
  readonly file: File;
  refs = 0;
  /** Who is told that the last descriptor is gone (`eventpoll_release`). */
  readonly onRelease = new Set<() => void>();

  constructor(file: File) {
    this.file = file;
  }
}
