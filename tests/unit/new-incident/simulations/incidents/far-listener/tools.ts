/** What can be printed of a far-listener run: the client's calls and its socket. */
import { commandTool, straceTool, type Tool } from '#simulations/tools/tool.ts';
import { transcript } from '#simulations/tools/transcript.ts';
import { CLIENT_PID } from './simulation.ts';

export const tools: readonly Tool[] = [
  straceTool({ name: 'strace', pid: CLIENT_PID }),
  commandTool({ name: 'ss', kind: 'ss', machine: 'client', command: 'ss -tan' }),
  transcript,
];
