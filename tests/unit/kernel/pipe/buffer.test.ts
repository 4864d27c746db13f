import { describe, expect, it } from 'vitest';
import { type Given, settleParameters } from '#simulations/engine/parameters.ts';
import { pipeBuffer } from '#simulations/reference/pipe-buffer/simulation.ts';
import { plain } from '#simulations/trace/event.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { presetOf } from '../../../preset.ts';

function run(given: Given) {
  const { values, problems } = settleParameters(pipeBuffer.parameters, given);
  expect(problems).toEqual([]);
  return pipeBuffer.run(values);
}
const outcome = (given: Given) => run(given).outcome;

/** The pipe at the end of a run. */
const pipeOf = ({ worldAt, events }: Trace) =>
  [...(worldAt(events.length).machines.machine?.pipes.values() ?? [])][0];

/** What a writer has done at the end of a run. */
const writerOf = ({ worldAt, events }: ReturnType<typeof run>) => worldAt(events.length).programs['writer 1'];

describe('a reader that holds its end and never reads', () => {
  it('lets 544 log lines in; the next one blocks a day later, with 256 bytes free', () => {
    expect(outcome({ write_every_ms: 158_000, duration_ms: 90_000_000 })).toEqual({
      pipe_size_bytes: 65_536,
      accepted_bytes: 544 * 120,
      blocked_at_ms: 544 * 158_000,
      errno: null,
      signal: null,
      wakeups: [],
      pollout_at_free_bytes: null,
    });
  });

  it('leaves the writers asleep for good', () => {
    const trace = run({ writers: 3 });
    expect(plain(trace.events.at(-1)?.says ?? '')).toContain('nothing will wake them');
    expect(pipeOf(trace)?.wr_wait.map(({ name }) => name)).toEqual(['writer 1', 'writer 2', 'writer 3']);
  });

  it('does not block a non-blocking writer: EAGAIN, and poll() waits', () => {
    const trace = run({ nonblocking: true });
    expect(trace.outcome).toMatchObject({ accepted_bytes: 65_280, blocked_at_ms: null, errno: 'EAGAIN' });
    expect(writerOf(trace)?.status).toBe('polling');
  });
});

describe('a reader that reads too slowly', () => {
  it.each(['6.12', '6.18'])('wakes the writer on %s only when it has read a whole slot', (kernel) => {
    const { wakeups, pollout_at_free_bytes } = outcome({
      kernel,
      write_bytes: 1,
      reader: 'draining',
      read_bytes: 1,
      read_every_ms: 1,
      duration_ms: 4200,
    });
    expect(wakeups).toEqual([{ at_ms: 4096, free_bytes: 4096 }]);
    expect(pollout_at_free_bytes).toBe(4096);
  });

  it('wakes it for nothing before 6.14, which only the trace shows', () => {
    const told = (kernel: string) =>
      run({ kernel, reader: 'draining', read_bytes: 100, duration_ms: 1000 }).events.filter(
        ({ kind }) => kind === 'wake-for-nothing',
      ).length;
    expect(told('6.12')).toBeGreaterThan(0);
    expect(told('6.18')).toBe(0);
  });

  it('hands the slot from one writer to the next in the order in which they fell asleep', () => {
    const { events } = run({
      kernel: '6.18',
      writers: 3,
      writes: 1,
      write_bytes: 65_536,
      reader: 'draining',
      read_bytes: 65_536,
    });
    expect(events.filter(({ kind }) => kind === 'process-exited').map(({ actor }) => actor)).toEqual([
      'writer 1',
      'writer 2',
      'writer 3',
      'reader',
    ]);
  });
});

describe('a reader that keeps up', () => {
  it('never lets a writer sleep, and finds the end of the file', () => {
    const trace = run({
      reader: 'draining',
      read_bytes: 65_536,
      write_every_ms: 10,
      writes: 50,
      duration_ms: 3000,
    });
    expect(trace.outcome).toMatchObject({ accepted_bytes: 6000, blocked_at_ms: null, wakeups: [] });
    expect(trace.events.at(-1)).toMatchObject({ actor: 'reader', kind: 'process-exited' });
  });
});

describe('no reader', () => {
  it('fails the first write at once', () => {
    expect(outcome({ reader: 'none' })).toMatchObject({ accepted_bytes: 0, errno: 'EPIPE', signal: null });
  });

  it('kills a writer that does not ignore SIGPIPE, before it sees an error', () => {
    expect(outcome({ reader: 'none', sigpipe: 'default' })).toMatchObject({
      accepted_bytes: 0,
      errno: null,
      signal: 'SIGPIPE',
    });
  });
});

describe('a reader that dies under sleeping writers', () => {
  it('ends the sleep of each with EPIPE', () => {
    const trace = run({ writers: 4, reader: 'dies', reader_dies_at_ms: 700 });
    expect(trace.outcome).toMatchObject({ errno: 'EPIPE', wakeups: [{ at_ms: 700, free_bytes: 256 }] });
    expect(trace.events.filter(({ kind }) => kind === 'epipe')).toHaveLength(4);
  });

  it('lets a half-done write return what it had written; the next one fails', () => {
    const trace = run({ write_bytes: 10_000, reader: 'dies', reader_dies_at_ms: 700 });
    expect(writerOf(trace)).toMatchObject({ returned_bytes: 65_536 - 1440, status: 'exited' });
    expect(trace.outcome.errno).toBe('EPIPE');
  });

  it('kills them all where SIGPIPE does', () => {
    const trace = run({ writers: 2, reader: 'dies', reader_dies_at_ms: 700, sigpipe: 'default' });
    expect(trace.outcome).toMatchObject({ errno: null, signal: 'SIGPIPE' });
    expect(trace.events.filter(({ kind }) => kind === 'process-killed')).toHaveLength(2);
  });

  it('wakes a writer that waits in poll()', () => {
    const { wakeups, errno } = outcome({ nonblocking: true, reader: 'dies', reader_dies_at_ms: 700 });
    expect(wakeups).toEqual([{ at_ms: 700, free_bytes: 256 }]);
    expect(errno).toBe('EPIPE');
  });
});

describe('the size of the pipe', () => {
  it.each([
    [{ pipe_size_bytes: 100_000 }, 131_072],
    [{ pipe_size_bytes: 1 }, 4096],
    [{ pipe_size_bytes: 1_048_577 }, 65_536],
    [{ past_user_soft_limit: true }, 8192],
    [{ past_user_soft_limit: true, pipe_size_bytes: 65_536 }, 8192],
    [{ past_user_soft_limit: true, pipe_size_bytes: 4096 }, 4096],
  ])('with %j is %i bytes', (given, size) => {
    expect(outcome(given).pipe_size_bytes).toBe(size);
  });
});

describe('the trace', () => {
  it('sums up writes that only merge: 65,536 of them in 35 events', () => {
    const { events, outcome } = run({ write_bytes: 1 });
    expect(outcome.accepted_bytes).toBe(65_536);
    expect(events).toHaveLength(35);
  });

  it('stays short in a run of many thousand calls, and its last state is exact', () => {
    const trace = run({ write_bytes: 3000, reader: 'draining', read_every_ms: 1, duration_ms: 5000 });
    expect(trace.events.length).toBeLessThan(2000);
    const { reader } = trace.worldAt(trace.events.length).programs;
    expect(Number(pipeOf(trace)?.held_bytes) + Number(reader?.returned_bytes)).toBe(
      trace.outcome.accepted_bytes,
    );
  });

  it('accounts for every call once, before it sums up', () => {
    const { events, outcome } = run({ reader: 'draining', duration_ms: 5000 });
    const put = events.flatMap((event) => (event.kind === 'write' ? [Number(event.data.bytes)] : []));
    expect(put.reduce((sum, bytes) => sum + bytes)).toBe(outcome.accepted_bytes);
  });

  it('shows each slot: where its data begins, and how much it is', () => {
    const trace = run({ reader: 'draining', read_bytes: 100, duration_ms: 100 });
    const pipe = pipeOf(trace);
    expect(pipe?.slots).toHaveLength(16);
    expect(pipe?.slots).toMatchObject({ 0: { offset: 100, len: 3980 } });
    expect(pipe).toMatchObject({ tail: 0, newest: 15, state: 'full', held_bytes: 65_180, free_bytes: 356 });
  });
});

describe('the presets', () => {
  const of = (id: string) => outcome(presetOf(pipeBuffer, id).given);

  it.each(pipeBuffer.presets.map(({ id, given }) => [id, given] as const))('%s is sound', (_id, given) => {
    expect(run(given).beats.length).toBeGreaterThan(2);
  });

  it('keep what their sentence promises', () => {
    expect(of('post').blocked_at_ms).toBeGreaterThan(23 * 3_600_000);
    expect(of('burst').accepted_bytes).toBe(544 * 120);
    expect(of('page').accepted_bytes).toBe(65_536);
    expect(of('half-page-and-one').accepted_bytes).toBe(16 * 2049);
    expect(of('slow-reader').wakeups[0]?.free_bytes).toBeGreaterThan(4096);
    expect(of('no-reader')).toMatchObject({ errno: 'EPIPE', blocked_at_ms: null });
    expect(of('reader-dies')).toMatchObject({ errno: 'EPIPE', wakeups: [{ at_ms: 5000 }] });
    expect(of('sigpipe').signal).toBe('SIGPIPE');
    expect(of('nonblocking')).toMatchObject({ errno: 'EAGAIN', blocked_at_ms: null });
    expect(of('larger')).toMatchObject({ pipe_size_bytes: 1_048_576, blocked_at_ms: 8704 * 60_000 });
    expect(of('soft-limit')).toMatchObject({ pipe_size_bytes: 8192, accepted_bytes: 68 * 120 });
  });
});

describe('the story', () => {
  it('reads, beat by beat, as the incident', () => {
    const { beats, events } = run({ reader: 'dies', reader_dies_at_ms: 5000 });
    expect(beats.map((index) => plain(events[index]?.says ?? ''))).toEqual([
      'The kernel makes the pipe: 16 slots of one page each, 65,536 bytes.',
      'A write of 120 bytes takes slot 1.',
      '33 more writes merge into slot 1, 3,960 bytes. 16 bytes stay unused there: too few for one more.',
      'All 16 slots are in use. Writer 1 falls asleep in write(), although 256 of its 65,536 bytes are free: what counts is slots, not bytes.',
      'The reader is gone. Nobody holds the read end any more: the kernel wakes writer 1.',
      'Nobody holds the read end. The sleep is over, and write() returns −1: EPIPE. SIGPIPE is ignored.',
      'Writer 1 is done. Nobody holds the write end any more.',
    ]);
  });
});
