/** What can be printed of a pipe-buffer run. */
import type { Tool } from '../../tools/tool.ts';
import { transcript } from '../../tools/transcript.ts';

export const tools: readonly Tool[] = [transcript];
