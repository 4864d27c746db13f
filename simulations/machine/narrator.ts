/** Who tells what the threads of a process do. */
import { duration } from '../engine/duration.ts';
import type { Reasoned } from '../kernel/answer.ts';
import { ERRNO, type Errno } from '../kernel/errno.ts';
import type { Happening } from '../trace/event.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { Answer, SystemCall } from './program.ts';
import type { Signal } from './signal.ts';
import type { Sleep } from './sleep.ts';
import type { Thread } from './thread.ts';

/**
 * What a process tells at each step of its calls. One that knows its incident puts the story into words; `CallNarrator`
 * tells every call alike; `SILENT` none.
 */
export interface Narrator {
  called(thread: Thread, call: SystemCall): void;
  slept(thread: Thread, sleep: Sleep): void;
  /** @param blocked_us microseconds between call and return */
  returned(thread: Thread, call: SystemCall, answer: Reasoned, blocked_us: number): void;
  /** @param call the call it was blocked in when it was killed, or null @param signal what killed it, or null */
  ended(thread: Thread, how: 'exited' | 'killed', call: SystemCall | null, signal: Signal | null): void;
  /** The process is gone, and the kernel has closed its files. */
  closed?(): void;
}

/** Tells nothing: somebody else knows the story. */
export const SILENT: Narrator = {
  called: () => {},
  slept: () => {},
  returned: () => {},
  ended: () => {},
};

/** Calls that a server makes all the time: a return of one tells no story by itself. */
const ROUTINE = new Set(['read', 'accept', 'nanosleep']);

/** Tells every call, as strace does. */
export class CallNarrator implements Narrator {
  readonly #recorder: Recorder;
  readonly #machine: string;
  /** The wait of each thread that is blocked. */
  readonly #waits = new Map<Thread, number>();

  /** @param machine name of the machine that the threads are on */
  constructor(recorder: Recorder, machine: string) {
    this.#recorder = recorder;
    this.#machine = machine;
  }

  called(thread: Thread, call: SystemCall): void {
    this.#recorder.record({
      actor: thread.name,
      kind: 'syscall',
      data: { pid: thread.pid, tid: thread.tid, call: call.name, args: call.args },
      says: `The ${thread.name} calls ${call.name}().`,
    });
  }

  slept(thread: Thread, { mark, decision, says, until_us, beat = true }: Sleep): void {
    this.#tell({
      actor: thread.name,
      kind: 'process-blocked',
      data: { until_us },
      mark,
      decision,
      says,
      beat,
    });
    const call = thread.blockedIn?.name ?? '';
    this.#waits.set(
      thread,
      this.#recorder.beginWait({
        who: { machine: this.#machine, tid: thread.tid },
        kind: 'call',
        for: `${call}()`,
        timer:
          until_us === null
            ? null
            : {
                name: `the timeout of ${call}()`,
                set_us: thread.asleepSince_us ?? until_us,
                due_us: until_us,
              },
      }),
    );
  }

  returned(thread: Thread, call: SystemCall, answer: Reasoned, blocked_us: number): void {
    const { value, errno, out = {}, mark, decision, because } = answer;
    const after = blocked_us ? ` after ${duration(blocked_us)}` : '';
    const result = errno
      ? `−1${after}: *${errno}* (${ERRNO[errno as Errno].text})`
      : this.#result(call, answer, after);
    this.#tell({
      actor: thread.name,
      kind: 'syscall-return',
      data: {
        pid: thread.pid,
        tid: thread.tid,
        call: call.name,
        args: call.args,
        value,
        errno,
        out,
        blocked_us,
      },
      mark,
      decision,
      says: `${because ? `${because} ` : ''}${call.name}() returns ${result}.`,
      beat:
        errno === null ? blocked_us > 0 && !ROUTINE.has(call.name) : blocked_us > 0 || call.name !== 'poll',
    });
    this.#endWait(thread);
  }

  ended(thread: Thread, how: 'exited' | 'killed', call: SystemCall | null, signal: Signal | null): void {
    const where = call ? `, asleep in ${call.name}()` : '';
    this.#tell({
      actor: thread.name,
      kind: `process-${how}`,
      data: {
        pid: thread.pid,
        tid: thread.tid,
        call: call?.name ?? null,
        args: call?.args ?? null,
        ...(signal && { signal }),
      },
      says: how === 'killed' ? `${signal} ends the ${thread.name}${where}.` : `The ${thread.name} is done.`,
    });
    this.#endWait(thread);
  }

  #tell(happening: Happening): void {
    this.#recorder.record(happening);
  }

  #endWait(thread: Thread): void {
    const wait = this.#waits.get(thread);
    if (wait === undefined) return;
    this.#recorder.endWait(wait);
    this.#waits.delete(thread);
  }

  #result(call: SystemCall, answer: Answer, after: string): string {
    if (call.name === 'poll') {
      const revents = (answer.out?.revents ?? []) as readonly (readonly string[])[];
      const said = revents.flat();
      return said.length
        ? `${answer.value}${after}: *${said.join('|')}*`
        : `0${after}: *nothing has happened*`;
    }
    if (call.name === 'getsockopt' && answer.out && 'error' in answer.out)
      return `SO_ERROR = *${answer.out.error ?? '0, no error'}*`;
    return `${answer.value}${after}`;
  }
}
