/**
 * Signals, and what each does to a process that does not handle it (`kernel/signal.c`, signal(7)).
 *
 * Left out: signals that stop a process or leave a core dump, and real-time signals.
 */
const DEFAULT_ACTION = {
  SIGHUP: 'ends',
  SIGINT: 'ends',
  SIGKILL: 'ends',
  SIGUSR1: 'ends',
  SIGUSR2: 'ends',
  SIGPIPE: 'ends',
  SIGALRM: 'ends',
  SIGTERM: 'ends',
  SIGCHLD: 'nothing',
  SIGCONT: 'nothing',
  SIGURG: 'nothing',
  SIGWINCH: 'nothing',
} as const;

export type Signal = keyof typeof DEFAULT_ACTION;

/** Not a signal: kill() only looks whether the process is there. */
const NO_SIGNAL = '0';

/** What kill() takes. */
export const SIGNALS: readonly string[] = [NO_SIGNAL, ...Object.keys(DEFAULT_ACTION)];

export const isSignal = (name: string): name is Signal => Object.hasOwn(DEFAULT_ACTION, name);

/** Whether it ends a process that does not handle it. */
export const isDeadly = (signal: Signal): boolean => DEFAULT_ACTION[signal] === 'ends';
