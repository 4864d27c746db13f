/** The tools whose output a trace can be printed as, by simulation. */
import type { Tool } from './line.ts';
import { serverTools } from './server/catalogue.ts';
import { ss } from './ss.ts';
import { strace } from './strace.ts';
import { tcpdump } from './tcpdump.ts';
import { transcript } from './transcript.ts';

/** Of a simulation with packets and a client's socket. */
export const tools: readonly Tool[] = [tcpdump, strace, ss, transcript];

/** Simulations that have neither. */
const OWN: Readonly<Record<string, readonly Tool[]>> = {
  'close-wait-pipe': [...serverTools, transcript],
  'pipe-buffer': [transcript],
};

/** The tools of a simulation, by its name. */
export const toolsOf = (simulation: string): readonly Tool[] => OWN[simulation] ?? tools;
