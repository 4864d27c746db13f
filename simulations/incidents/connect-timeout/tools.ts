/** What can be printed of a connect-timeout run: the client's packets, the worker's calls, its socket. */
import { tcpdump } from '../../tools/tcpdump.ts';
import { commandTool, straceTool, type Tool } from '../../tools/tool.ts';
import { transcript } from '../../tools/transcript.ts';
import { WORKER_PID } from './simulation.ts';

export const tools: readonly Tool[] = [
  tcpdump,
  straceTool({ name: 'strace', pid: WORKER_PID }),
  commandTool({ name: 'ss', kind: 'ss', machine: 'client', command: 'ss -tanop' }),
  transcript,
];
