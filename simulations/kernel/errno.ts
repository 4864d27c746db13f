/** The errors that a socket call can return, with Linux's numbers (x86-64, arm64) and glibc's words. */
export const ERRNO = {
  EPERM: { number: 1, text: 'Operation not permitted' },
  EINTR: { number: 4, text: 'Interrupted system call' },
  EBADF: { number: 9, text: 'Bad file descriptor' },
  EAGAIN: { number: 11, text: 'Resource temporarily unavailable' },
  EBUSY: { number: 16, text: 'Device or resource busy' },
  EINVAL: { number: 22, text: 'Invalid argument' },
  EPIPE: { number: 32, text: 'Broken pipe' },
  EADDRINUSE: { number: 98, text: 'Address already in use' },
  EADDRNOTAVAIL: { number: 99, text: 'Cannot assign requested address' },
  ENETUNREACH: { number: 101, text: 'Network is unreachable' },
  ECONNABORTED: { number: 103, text: 'Software caused connection abort' },
  ECONNRESET: { number: 104, text: 'Connection reset by peer' },
  EISCONN: { number: 106, text: 'Transport endpoint is already connected' },
  ENOTCONN: { number: 107, text: 'Transport endpoint is not connected' },
  ETIMEDOUT: { number: 110, text: 'Connection timed out' },
  ECONNREFUSED: { number: 111, text: 'Connection refused' },
  EHOSTUNREACH: { number: 113, text: 'No route to host' },
  EALREADY: { number: 114, text: 'Operation already in progress' },
  EINPROGRESS: { number: 115, text: 'Operation now in progress' },
} as const;

/** An errno by its name. */
export type Errno = keyof typeof ERRNO;
