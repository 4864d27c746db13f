/**
 * `strace -p PID` of a process from the start of a run: its calls from the events, each line tied to the event with which
 * it appears. The result begins at column 40, as in strace's own output.
 *
 * The simulation knows how many bytes a program reads and writes, and not which: buffers are printed as `-s 0` prints them.
 */
import { ERRNO, type Errno } from '../../kernel/errno.ts';
import { type ToolLine, timeOfDay } from '../line.ts';
import { type Args, nameOf, type Returned, textOf } from './calls.ts';
import { type StraceOptions, straceOptions } from './options.ts';

/** What strace needs of an event of a trace. */
export interface CallEvent {
  readonly index: number;
  readonly at_us: number;
  readonly kind: string;
  readonly data: unknown;
}

/** Where the result of a call begins. */
const RESULT_COLUMN = 40;
/** Behind a call that has not returned when another thread prints. */
export const UNFINISHED = ' <unfinished ...>';

/** `[pid    18] `, once there is more than one. */
export const threadPrefix = (tid: number): string => `[pid ${String(tid).padStart(5)}] `;

/** `read(3, `: what is printed when a call begins. */
export const callBegins = (call: string, args: Args, string_limit: number): string =>
  `${nameOf(call)}(${textOf(call).begins(args, string_limit)}`;

const pad = (text: string): string => text.padEnd(RESULT_COLUMN - 1);

/** `) = 0 (Timeout)`: the rest of a call. @param before all that stands on its line */
function callEnds(before: string, call: string, args: Args, returned: Returned): string {
  const text = textOf(call);
  const { value, errno } = returned;
  const line = pad(`${before}${text.ends?.(args, returned) ?? ''})`);
  if (errno) return `${line} = -1 ${errno} (${ERRNO[errno as Errno]?.text ?? 'Unknown error'})`;
  const says = text.says?.(args, returned);
  return `${line} = ${text.value?.(args, returned) ?? value}${says ? ` (${says})` : ''}`;
}

/** A call that has begun. */
interface Open {
  readonly tid: number;
  readonly event: number;
  readonly call: string;
  readonly args: Args;
  /** All that stands on its line. */
  readonly text: string;
  /** Another thread has printed since. */
  cut: boolean;
}

class Tracer {
  readonly #options: StraceOptions;
  readonly #lines: ToolLine[] = [];
  /** By thread. */
  readonly #open = new Map<number, Open>();
  readonly #threads = new Set<number>();
  readonly #gone = new Set<number>();

  constructor(options: StraceOptions) {
    this.#options = options;
  }

  see({ index, at_us, kind, data: facts }: CallEvent): void {
    const data = facts as { readonly [name: string]: unknown };
    const pid = Number(data.pid);
    const tid = Number(data.tid ?? data.pid);
    if (pid !== this.#options.pid) return;
    if (kind === 'process-exited' || kind === 'process-killed') {
      this.#ended(index, at_us, tid, kind === 'process-killed' ? String(data.signal) : null);
      return;
    }
    if (!this.#options.follow && tid !== pid) return;
    const call = String(data.call);
    if (this.#options.traces && !this.#options.traces.has(nameOf(call))) return;
    const args = (data.args ?? {}) as Args;
    if (kind === 'syscall') this.#begins(index, at_us, tid, call, args);
    else if (kind === 'syscall-return') this.#returns(index, at_us, tid, data as unknown as Returned);
  }

  /** Those of calls that are still open stay. */
  get lines(): readonly ToolLine[] {
    const open = [...this.#open.values()].filter(({ cut }) => !cut);
    return [...this.#lines, ...open.map(({ event, text }) => ({ event, text }))];
  }

  /** Thread, time. */
  #leader(at_us: number, tid: number): string {
    const { time } = this.#options;
    const clock = timeOfDay(at_us);
    const shown = { none: '', seconds: `${clock.slice(0, 8)} `, microseconds: `${clock} ` }[time];
    const living = [...this.#threads].filter((thread) => !this.#gone.has(thread));
    return `${living.length > 1 ? threadPrefix(tid) : ''}${shown}`;
  }

  #begins(index: number, at_us: number, tid: number, call: string, args: Args): void {
    this.#cut(index, tid);
    if (!this.#threads.has(tid)) {
      this.#threads.add(tid);
      if (this.#threads.size > 1) this.#print(index, `strace: Process ${tid} attached`);
    }
    const text = this.#leader(at_us, tid) + callBegins(call, args, this.#options.string_limit);
    this.#open.set(tid, { tid, event: index, call, args, text, cut: false });
  }

  #returns(index: number, at_us: number, tid: number, data: Returned): void {
    const open = this.#open.get(tid);
    if (!open) return;
    this.#open.delete(tid);
    this.#cut(index, tid);
    const { event, call, args, text, cut } = open;
    const returned = { ...data, out: data.out ?? {} };
    const before = cut ? `${this.#leader(at_us, tid)}<... ${nameOf(call)} resumed>` : text;
    const spent = this.#options.spent ? ` <${(returned.blocked_us / 1e6).toFixed(6)}>` : '';
    if (!cut) this.#lines.push({ event, until: index, text });
    this.#print(index, `${callEnds(before, call, args, returned)}${spent}`);
    const { signal } = returned.out;
    if (!signal) return;
    const from = `si_signo=${signal}, si_code=SI_USER, si_pid=${this.#options.pid}, si_uid=0`;
    this.#print(index, `${this.#leader(at_us, tid)}--- ${signal} {${from}} ---`);
  }

  #ended(index: number, at_us: number, tid: number, signal: string | null): void {
    this.#cut(index, tid);
    const open = this.#open.get(tid);
    this.#open.delete(tid);
    if (open && !open.cut) {
      this.#lines.push({ event: open.event, until: index, text: open.text });
      const isWhole = textOf(open.call).ends === undefined;
      this.#print(index, `${pad(`${open.text}${isWhole ? '' : UNFINISHED})`)} = ?`);
    } else if (open)
      this.#print(index, `${pad(`${this.#leader(at_us, tid)}<... ${nameOf(open.call)} resumed>)`)} = ?`);
    this.#print(
      index,
      `${this.#leader(at_us, tid)}+++ ${signal ? `killed by ${signal}` : 'exited with 0'} +++`,
    );
    this.#gone.add(tid);
  }

  /** Another thread is about to print: the lines that are open end there. */
  #cut(index: number, tid: number): void {
    for (const open of this.#open.values()) {
      if (open.tid === tid || open.cut) continue;
      open.cut = true;
      if (index > open.event) this.#lines.push({ event: open.event, until: index, text: open.text });
      this.#print(index, open.text + UNFINISHED);
    }
  }

  #print(event: number, text: string): void {
    this.#lines.push({ event, text });
  }
}

/**
 * The lines of `strace`, in the order in which they appear.
 *
 * @param argv `-f -tt -T -s 0 -e trace=write -p 2001`
 * @throws UsageError for words that it does not know
 */
export function straceLines(events: Iterable<CallEvent>, argv: readonly string[]): readonly ToolLine[] {
  const tracer = new Tracer(straceOptions(argv));
  for (const event of events) tracer.see(event);
  return tracer.lines.toSorted((a, b) => a.event - b.event);
}
