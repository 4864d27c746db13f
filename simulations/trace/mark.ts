/** A spot in the kernel's source. */

/** `excerpt:mark`, a spot in the kernel excerpts (`content/kernel.json`). */
export type KernelMark = `${string}:${string}`;
