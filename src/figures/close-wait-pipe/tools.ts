/** What can be printed of a close-wait-pipe run. */
import type { Tool } from '#simulations/tools/line.ts';
import { serverTools } from '#simulations/tools/server/catalogue.ts';
import { transcriptIn } from '#simulations/tools/transcript.ts';
import { clock } from '../clock.ts';

export const tools: readonly Tool[] = [...serverTools, transcriptIn(clock)];
