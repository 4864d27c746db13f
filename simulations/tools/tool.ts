/** What a page and the command line can print of a run: a command of a machine, at the moments of the run. */
import type { Pid } from '../machine/state.ts';
import type { Trace } from '../trace/trace.ts';
import { again } from './again.ts';
import { oneAtATime, type ToolLine, timeOfDay } from './line.ts';
import { wchanCounts } from './proc/wchan-counts.ts';
import { straceLines } from './strace/strace.ts';

/** A tool: text from a trace, in the real tool's format. */
export interface Tool {
  /** Its own among the tools of a simulation, and its name as a format: `strace`, `strace-server`. */
  readonly name: string;
  /** What it is called where there is more than one of the kind; its name when left out. */
  readonly title?: string | undefined;
  /** The real tool, or `words`. */
  readonly kind: 'tcpdump' | 'strace' | 'ss' | 'lsof' | 'py-spy' | 'wchan' | 'words';
  /** The command whose output it is. */
  readonly command: string;
  /** The command is run again and again, and each line is what it printed then. */
  readonly repeats?: boolean;
  lines(trace: Trace): readonly ToolLine[];
}

interface Named {
  readonly name: string;
  readonly title?: string;
  readonly kind: Tool['kind'];
}

/** A command that reads the snapshot, run again and again on a machine. */
export interface CommandTool extends Named {
  readonly machine: string;
  /** As it is typed: `ss -tanp`. */
  readonly command: string;
  /** What the page shows in its place, where it says more. */
  readonly shown?: string;
  /** Of what looks alike, so many are printed one by one. */
  readonly most_alike?: number;
}

export const commandTool = ({
  name,
  title,
  kind,
  machine,
  command,
  shown,
  most_alike,
}: CommandTool): Tool => ({
  name,
  title,
  kind,
  command: shown ?? command,
  repeats: true,
  lines: (trace) => again(trace, machine, command, most_alike === undefined ? {} : { most_alike }),
});

/** `strace` of a process from the start of a run. */
export const straceTool = (options: {
  readonly name: string;
  readonly title?: string;
  readonly pid: Pid;
  /** More of its words: `-v -s 0`. */
  readonly words?: string;
}): Tool => {
  const { name, title, pid, words } = options;
  const argv = ['-tt', '-T', ...(words?.split(' ') ?? []), '-p', String(pid)];
  return {
    name,
    title,
    kind: 'strace',
    command: `strace ${argv.join(' ')}`,
    lines: ({ events }) => straceLines(events, argv),
  };
};

/** Where the threads of a process sleep, counted again and again. */
export const wchanTool = (machine: string, pid: Pid): Tool => ({
  name: 'wchan',
  kind: 'wchan',
  command: `for t in /proc/${pid}/task/*; do cat $t/wchan; echo; done | sort | uniq -c`,
  repeats: true,
  lines: ({ events, worldAt }) => {
    const lines: ToolLine[] = [];
    let before = '';
    for (const { index, at_us, beat } of events) {
      const state = beat ? worldAt(index).machines[machine] : undefined;
      const text: string = state ? wchanCounts(state, pid).trimEnd() : before;
      if (text === before) continue;
      before = text;
      lines.push({ event: index, text: `# ${timeOfDay(at_us)}\n${text}` });
    }
    return oneAtATime(lines);
  },
});
