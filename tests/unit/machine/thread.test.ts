import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#simulations/engine/clock.ts';
import { SILENT } from '#simulations/machine/narrator.ts';
import { type Kernel, Process } from '#simulations/machine/process.ts';
import type { Answer, Program } from '#simulations/machine/program.ts';
import { Recorder } from '#simulations/trace/recorder.ts';

const ok = (value: number): Answer => ({ value, errno: null });

/** A thread on a kernel that knows `now` (answers at once) and `sleep` (blocks for `ms`; counts stops). */
function bench(code: (log: string[]) => Program) {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const log: string[] = [];
  let stopped = 0;
  const kernel: Kernel = {
    clock,
    recorder,
    processShelf: recorder.shelf(),
    run: (_process, _thread, { name, args }) => {
      if (name === 'now') return ok(clock.now_us);
      return {
        wchan: 'hrtimer_nanosleep',
        until_us: null,
        wait: (done) => {
          const timer = clock.after(Number(args.ms) * 1000, () => done(ok(0)));
          return () => {
            stopped++;
            clock.clearTimeout(timer);
          };
        },
        interrupted: () => ({ value: -1, errno: 'EINTR' }),
      };
    },
  };
  const process = new Process(kernel, {
    pid: 42,
    comm: 'worker',
    narrator: {
      called: (_thread, call) => log.push(`${clock.now_us} call ${call.name}`),
      slept: () => {},
      returned: (_thread, call, { value, errno }, blocked_us) =>
        log.push(`${clock.now_us} return ${call.name} ${errno ?? value} after ${blocked_us}`),
      ended: (_thread, how, call) => log.push(`${clock.now_us} ${how} ${call?.name ?? '-'}`),
    },
  });
  return { clock, log, process, thread: process.thread('worker', code(log)), stops: () => stopped };
}

const sleep = (ms: number) => ({ name: 'sleep', args: { ms } });

function* sleepTwice(log: string[]): Program {
  for (const ms of [5, 7]) {
    const { errno } = yield sleep(ms);
    log.push(`slept ${ms} ${errno ?? 'well'}`);
  }
}

describe('a running thread', () => {
  it('takes no time for calls that answer at once, and exits at its end', () => {
    const { clock, log, thread } = bench(function* (log) {
      const first = yield { name: 'now', args: {} };
      log.push(`it is ${first.value}`);
    });
    clock.advance(9);
    thread.start();
    expect(log).toEqual(['9 call now', '9 return now 9 after 0', 'it is 9', '9 exited -']);
    expect(thread.status).toBe('exited');
    expect(thread.blockedIn).toBeNull();
  });
});

describe('a blocked thread', () => {
  it('stands still in its call until the answer comes', () => {
    const { clock, log, thread } = bench(sleepTwice);
    thread.start();
    expect(thread.status).toBe('asleep');
    expect(thread.blockedIn).toEqual(sleep(5));
    expect(log).toEqual(['0 call sleep']);
    clock.advance(4999);
    expect(log).toHaveLength(1);
    clock.advance(1);
    expect(thread.blockedIn).toEqual(sleep(7));
    clock.drain();
    expect(log.slice(1)).toEqual([
      '5000 return sleep 0 after 5000',
      'slept 5 well',
      '5000 call sleep',
      '12000 return sleep 0 after 7000',
      'slept 7 well',
      '12000 exited -',
    ]);
  });

  it('is interrupted by a signal with EINTR, and the old wait wakes it no more', () => {
    const { clock, log, stops, thread } = bench(sleepTwice);
    thread.start();
    clock.advance(2000);
    thread.interrupt();
    expect(stops()).toBe(1);
    expect(log.slice(1, 3)).toEqual(['2000 return sleep EINTR after 2000', 'slept 5 EINTR']);
    clock.drain();
    expect(log.slice(3)).toEqual([
      '2000 call sleep',
      '9000 return sleep 0 after 7000',
      'slept 7 well',
      '9000 exited -',
    ]);
  });

  it('never runs again once it is killed, not even its finally blocks', () => {
    const { clock, log, process, stops, thread } = bench(function* (log) {
      try {
        yield sleep(5);
      } finally {
        log.push('cleaned up');
      }
    });
    thread.start();
    clock.advance(1000);
    process.kill();
    thread.interrupt();
    clock.drain();
    expect(thread.status).toBe('killed');
    expect(thread.blockedIn).toBeNull();
    expect(stops()).toBe(1);
    expect(log).toEqual(['0 call sleep', '1000 killed sleep']);
    expect(clock.now_us).toBe(1000);
  });
});

describe('a thread that has ended', () => {
  it('is not touched by a signal, nor by a second SIGKILL', () => {
    const { clock, log, process, thread } = bench(sleepTwice);
    thread.start();
    clock.drain();
    const before = [...log];
    thread.interrupt();
    process.kill();
    expect(log).toEqual(before);
    expect(thread.status).toBe('exited');

    const other = bench(sleepTwice);
    other.thread.start();
    other.process.kill();
    other.process.kill();
    expect(other.log).toEqual(['0 call sleep', '0 killed sleep']);
  });
});

describe('a kernel that answers late and twice', () => {
  it('wakes the thread once', () => {
    let late: (answer: Answer) => void = () => {};
    const log: string[] = [];
    const clock = new VirtualClock();
    const recorder = new Recorder(clock);
    const kernel: Kernel = {
      clock,
      recorder,
      processShelf: recorder.shelf(),
      run: () => ({
        wchan: 'do_wait',
        until_us: null,
        wait: (done) => {
          late = done;
          return () => {};
        },
        interrupted: () => ok(-1),
      }),
    };
    const narrator = { ...SILENT, ended: (_thread: unknown, how: string) => void log.push(how) };
    const process = new Process(kernel, { pid: 1, comm: 'worker', narrator });
    const program = (function* (): Program {
      const { value } = yield { name: 'first', args: {} };
      log.push(`got ${value}`);
    })();
    process.thread('worker', program).start();
    late(ok(1));
    late(ok(2));
    expect(log).toEqual(['got 1', 'exited']);
  });
});
