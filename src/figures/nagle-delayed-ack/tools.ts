/** What can be printed of a nagle-delayed-ack run: each end's calls and sockets have a pane of their own. */
import type { Tool } from '#simulations/tools/line.ts';
import { ssInfoOf } from '#simulations/tools/ss-info.ts';
import { straceOf } from '#simulations/tools/strace.ts';
import { tcpdump } from '#simulations/tools/tcpdump.ts';
import { transcriptIn } from '#simulations/tools/transcript.ts';
import { clock } from './live.ts';
import { CLIENT_PROCESS } from './requests.ts';

export const tools: readonly Tool[] = [
  tcpdump,
  straceOf(CLIENT_PROCESS, 'client'),
  straceOf('server process', 'server'),
  ssInfoOf('client'),
  ssInfoOf('server'),
  transcriptIn(clock),
];
