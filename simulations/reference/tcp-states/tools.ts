/** What can be printed of a walk through the states: the client's packets, its calls, its sockets. */
import { tcpdump } from '../../tools/tcpdump.ts';
import { commandTool, straceTool, type Tool } from '../../tools/tool.ts';
import { transcript } from '../../tools/transcript.ts';
import { CLIENT_PID } from './simulation.ts';

export const tools: readonly Tool[] = [
  tcpdump,
  straceTool({ name: 'strace', pid: CLIENT_PID }),
  commandTool({ name: 'ss', kind: 'ss', machine: 'client', command: 'ss -tanop' }),
  transcript,
];
