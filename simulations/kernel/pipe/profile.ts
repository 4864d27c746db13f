/**
 * Kernel versions that treat a pipe differently.
 *
 * Left out: before 5.5 every read that freed a slot woke every writer, and a slot that was being filled again could
 * not merge. Before 5.14 a pipe past the soft limit got one slot.
 */

export interface PipeProfile {
  /** Whether a read of a full pipe wakes a writer although no slot is free after it. */
  readonly wakesWhileFull: boolean;
  /** The function that a blocked writer sleeps in, as `/proc/PID/wchan` names it. */
  readonly wchan: string;
  readonly help: string;
}

export const PIPE_KERNELS = {
  '6.12': {
    wakesWhileFull: true,
    wchan: 'pipe_write',
    help: 'a read of a full pipe wakes a writer even when it has freed no slot (5.5 to 6.13)',
  },
  '6.18': {
    wakesWhileFull: false,
    wchan: 'anon_pipe_write',
    help: 'only a read that frees a slot wakes a writer (6.14 and later); the recordings were made on it',
  },
} as const satisfies Record<string, PipeProfile>;

export type PipeKernel = keyof typeof PIPE_KERNELS;
