/** The tools for a server with threads, the one that tells most first. */
import type { Tool } from '../line.ts';
import { lsof, pipeHolders } from './lsof.ts';
import { pySpy } from './py-spy.ts';
import { serverSs } from './ss.ts';
import { serverStrace } from './strace.ts';
import { wchan } from './wchan.ts';

export const serverTools: readonly Tool[] = [pySpy, serverSs, lsof, pipeHolders, wchan, serverStrace];
