/** The kernel versions that treat a pipe differently, and what sets them apart. */
import type { KernelVersion } from '../profile.ts';

export const PIPE_KERNELS = {
  '6.12': 'a read of a full pipe wakes a writer even when it has freed no slot (5.5 to 6.13)',
  '6.18': 'only a read that frees a slot wakes a writer (6.14 and later); the recordings were made on it',
} as const satisfies Partial<Record<KernelVersion, string>>;

export type PipeKernel = keyof typeof PIPE_KERNELS;
