/** Every tool whose output a trace can be printed as, by name. */
import type { Tool } from './line.ts';
import { ss } from './ss.ts';
import { strace } from './strace.ts';
import { tcpdump } from './tcpdump.ts';
import { transcript } from './transcript.ts';

export const tools: readonly Tool[] = [tcpdump, strace, ss, transcript];
