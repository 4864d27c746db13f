/** What can be printed of a pipe-buffer run. */
import type { Tool } from '#simulations/tools/line.ts';
import { transcriptIn } from '#simulations/tools/transcript.ts';
import { clock } from './live.ts';

export const tools: readonly Tool[] = [transcriptIn(clock)];
