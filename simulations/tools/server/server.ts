/**
 * The server of a trace as the tools see it: its process, addresses, threads and connections. It is `server.py`, and
 * whoever reads its standard error is a process of its own.
 *
 * Inode numbers are made up, and the same for the same connection in every tool.
 */
import type { ActorState, Trace, WorldState } from '../../engine/trace.ts';
import { count } from '../../engine/wording.ts';
import { oneAtATime, type ToolLine, timeOfDay } from '../line.ts';

export const SERVER = '10.1.5.60';
export const PORT = 8080;
/** A proxy: it is what connects. */
export const CLIENT = '10.1.5.20';
export const PROGRAM = 'python3';
export const PIPE_INODE = 5_397_679;
export const LISTENER_INODE = 5_397_681;
export const socketInode = (client: number): number => LISTENER_INODE + client;

/** Connections of a group that are printed one by one. */
export const SHOWN = 3;

interface Sample {
  readonly client: number;
  readonly port: number;
  readonly fd: number | null;
}

/** Connections that look alike. */
export interface Group {
  readonly server: string;
  readonly recv_q_bytes: number;
  readonly holder: string;
  readonly count: number;
  readonly samples: readonly Sample[];
}

export interface ServerThread {
  readonly name: string;
  readonly tid: number;
  readonly status: string;
  /** The connection that it works on, or null: what it logs is about that, or about accept(). */
  readonly fd: number | null;
}

export const groupsOf = ({ connections = {} }: WorldState): readonly Group[] =>
  (connections.groups ?? []) as unknown as readonly Group[];

/** The threads of the process, the first of which gives it its number. */
export const threadsOf = (world: WorldState): readonly ServerThread[] =>
  Object.entries(world)
    .filter(([name]) => name === 'main' || name.startsWith('worker '))
    .map(([name, { tid, status, fd }]) => ({
      name,
      tid: Number(tid),
      status: String(status),
      fd: typeof fd === 'number' ? fd : null,
    }));

export const pidOf = (world: WorldState): number => Number(world.main?.tid);

export const isRunning = ({ main }: WorldState): boolean => main?.status !== 'dead';

/** What holds the pipe's read end, or null. */
export function readerOf({
  pipe,
  sshd,
  reader,
}: WorldState): { name: string; pid: number; fd: number } | null {
  if (pipe?.readers !== 'open') return null;
  const { tid } = (sshd ?? reader ?? {}) as ActorState;
  return sshd ? { name: 'sshd', pid: Number(tid), fd: 9 } : { name: 'reader', pid: Number(tid), fd: 0 };
}

/** A comment in place of lines that would be alike. @param left how many @param of what they are like */
export const more = (left: number, of: string): string => `# … and ${count(left)} more ${of}`;

/** Every so-manieth event between two beats: a command that is run again and again. */
const EVERY = 6;

/** A command that is run at each beat, and a few times between two. @param print its output at a moment of the run */
export function again(trace: Trace, print: (world: WorldState, trace: Trace) => string): readonly ToolLine[] {
  const lines: ToolLine[] = [];
  let before = '';
  for (const { index, at_us, beat } of trace.events) {
    if (!beat && index % EVERY !== 0) continue;
    const printed = print(trace.stateAt(index), trace);
    if (printed === before) continue;
    before = printed;
    lines.push({ event: index, text: `# ${timeOfDay(at_us)}\n${printed}` });
  }
  return oneAtATime(lines);
}
