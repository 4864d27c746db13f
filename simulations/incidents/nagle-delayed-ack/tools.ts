/** What can be printed of a nagle-delayed-ack run: each end's calls and sockets by themselves. */
import { tcpdump } from '../../tools/tcpdump.ts';
import { commandTool, straceTool, type Tool } from '../../tools/tool.ts';
import { transcript } from '../../tools/transcript.ts';
import { CLIENT_PID, SERVER_PID } from './simulation.ts';

const SS = { kind: 'ss', command: 'ss -tanoi' } as const;
/** Buffers have sizes here, and no content. */
const SIZES = '-v -s 0';

export const tools: readonly Tool[] = [
  tcpdump,
  straceTool({ name: 'strace', title: 'strace client', pid: CLIENT_PID, words: SIZES }),
  straceTool({ name: 'strace-server', title: 'strace server', pid: SERVER_PID, words: SIZES }),
  commandTool({ ...SS, name: 'ss', title: 'ss client', machine: 'client' }),
  commandTool({ ...SS, name: 'ss-server', title: 'ss server', machine: 'server' }),
  transcript,
];
