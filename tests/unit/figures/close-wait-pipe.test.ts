import { describe, expect, it } from 'vitest';
import type { Given } from '#simulations/engine/parameters.ts';
import { closeWaitPipe } from '#simulations/incidents/close-wait-pipe/simulation.ts';
import { socketCount } from '#simulations/machine/lookups.ts';
import type { Trace } from '#simulations/trace/trace.ts';
import { flowOf, headline } from '#site/figures/close-wait-pipe/flow.ts';
import { figure as closeWaitPipeFigure } from '#site/figures/close-wait-pipe/index.ts';
import { live } from '#site/figures/close-wait-pipe/live.ts';
import { chainAt, connectionsIn, processOf } from '#site/figures/close-wait-pipe/moment.ts';
import type { PileUp, PileUpWorld } from '#site/figures/close-wait-pipe/pile-up.ts';
import { runOf } from '#site/figures/trace-of.ts';
import { statechart } from '#site/views/statechart.ts';
import { drawTimeline } from '#site/views/timeline.ts';
import { wrongWords } from '../../drawing/words.ts';
import { madeOnce } from '../../made-once.ts';

const { picture } = closeWaitPipeFigure;
if (picture.shows !== 'moment') throw new Error('the chain is drawn as it is at one moment');

const run = madeOnce((given: Given): PileUp => runOf(closeWaitPipe, given));

/** What lies at the edges. */
const edges: Given[] = [
  { workers: 200, backlog: 4096, pipe_size_bytes: 1_048_576, requests_per_s: 500, duration_s: 60 },
  { workers: 1, backlog: 0, pipe_size_bytes: 4096, log_bytes: 3000 },
  { accepting: 'inline', reader: 'dies', sigpipe: 'default', reader_dies_at_ms: 70_000 },
  { accepting: 'inline', backlog: 0, reader: 'draining' },
  { reader: 'dies', sigpipe: 'default', kernel: '6.18' },
  { reader: 'stalled-ssh', log_bytes: 30_000, ssh_window_bytes: 0, recovers_at_s: 60 },
  { nofile: 5, workers: 3 },
];

/** The presets that take little time, and the edges. */
const situations: Given[] = [
  ...closeWaitPipe.presets.filter(({ id }) => id !== 'post').map(({ given }) => given),
  ...edges,
];

/** Some events of a run, the first, the beats and the last among them. */
const some = ({ events, beats }: Trace): number[] =>
  [...events.keys()].filter((i) => i % 12 === 0 || beats.includes(i) || i === events.length - 1);

const at = (trace: Trace, index: number): string =>
  picture.draw(trace, index, trace.events[index]?.at_us ?? 0);
const wide = (markup: string): string => markup.split('<g class="narrow-only">')[0] ?? '';
const told = (markup: string): string => /aria-label="([^"]*)"/.exec(markup)?.[1] ?? '';
const find = (trace: Trace, kind: string) => trace.events.find((event) => event.kind === kind)?.index ?? -1;

/** Connections that threads have and have not closed. */
function requestsIn(world: PileUpWorld): number {
  const { threads, fds } = processOf(world);
  const open = [...threads.values()].flatMap(({ frames }) =>
    frames.filter(({ locals }) => typeof locals?.fd === 'number' && fds.get(locals.fd)),
  );
  return open.length;
}

describe('the chain', () => {
  it.each(edges)('has no word that covers another: %j', (given) => {
    expect(wrongWords(live, run(given), run({}))).toEqual([]);
  });

  it.each(situations)('has every connection in one place: %j', (given) => {
    const trace = run(given);
    for (const { index } of trace.events) {
      const world = trace.worldAt(index);
      const { census, accept, pool, asleep, workers } = chainAt(trace, index);
      expect(socketCount(census, 'CLOSE_WAIT')).toBe(connectionsIn(world, 'CLOSE_WAIT'));
      expect(socketCount(census.filter(({ held }) => held === 'accept queue'))).toBe(accept.waiting);
      if (pool) {
        // What an idle worker is about to take has left the queue, and what the main thread has may not be in it yet.
        const inHands = requestsIn(world);
        const held = socketCount(census.filter(({ held }) => held === 'process'));
        const handed = held - inHands - pool.waiting;
        const idle = workers.filter(({ status }) => status === 'waiting for work').length;
        expect(handed).toBeGreaterThanOrEqual(0);
        expect(handed).toBeLessThanOrEqual(idle);
      }
      expect(workers).toHaveLength(given.accepting === 'inline' ? 1 : Number(given.workers ?? 10));
      expect(asleep).toBeLessThanOrEqual(workers.length);
    }
  });

  it.each(situations)('is as high at every moment, for either width, and has all its boxes: %j', (given) => {
    const trace = run(given);
    const heights = new Set<string | undefined>();
    for (const index of some(trace)) {
      const markup = at(trace, index);
      const { workers, pipe } = chainAt(trace, index);
      heights.add(/ height="(\d+)" style="--wide:\1px;--narrow:\d+px"/.exec(markup)?.[0]);
      expect(/NaN|undefined|null|(width|height)="-/.exec(markup)).toBeNull();
      expect(wide(markup).match(/<rect class="slot[ "]/g)).toHaveLength(pipe.slots.length);
      expect(wide(markup).match(/<rect class="slot used/g) ?? []).toHaveLength(pipe.used);
      // The pool's threads and the main thread, or the one thread; and the reader.
      expect(wide(markup).match(/<rect class="thread /g)).toHaveLength(
        workers.length + (given.accepting === 'inline' ? 1 : 2),
      );
    }
    expect([...heights]).toHaveLength(1);
    expect(heights.has(undefined)).toBe(false);
  });

  it.each(situations)('fits: what stands in it ends within the picture: %j', (given) => {
    const trace = run(given);
    const [, height = ''] = / height="(\d+)"/.exec(at(trace, 0)) ?? [];
    const bottoms = [...wide(at(trace, 0)).matchAll(/<svg class="link"[^>]* y="(\d+)"[^>]* height="(\d+)"/g)];
    expect(bottoms.length).toBeGreaterThan(6);
    for (const [, y, tall] of bottoms) expect(Number(y) + Number(tall)).toBeLessThanOrEqual(Number(height));
  });

  it('says where it stops, and bars the way there, from the first sleeper on', () => {
    const trace = run({});
    const first = find(trace, 'asleep');
    const before = chainAt(trace, first - 1);
    expect(headline(before)).toEqual(['Nobody reads: the pipe fills', 'requests are served, for now']);
    expect(flowOf(before)).toMatchObject({ workers: true, pipe: false, isStopped: false });
    expect(headline(chainAt(trace, first))).toEqual([
      'It stops at the pipe, which is full',
      '1 of 10 workers asleep in write()',
    ]);
    expect(flowOf(chainAt(trace, first))).toMatchObject({ pool: true, workers: false, isStopped: true });
    const all = find(trace, 'all-asleep');
    expect(flowOf(chainAt(trace, all))).toMatchObject({ accept: true, pool: false, workers: false });
    expect(told(at(trace, all))).toContain('10 of 10 workers asleep in write(), 16 of 16 slots');
    expect(headline(chainAt(trace, find(trace, 'queued')))[1]).toBe('all workers asleep, the queue grows');
  });

  it('is stopped from end to end once descriptors are used up and the accept queue is full', () => {
    const trace = run({ nofile: 256 });
    const last = chainAt(trace, trace.events.length - 1);
    expect(flowOf(last)).toEqual({
      clients: false,
      accept: false,
      main: false,
      pool: false,
      workers: false,
      pipe: false,
      isStopped: true,
    });
    expect(last.pool).toEqual({ waiting: 242, room: 242 });
    expect(headline(last)[1]).toBe('nobody accepts, SYNs are dropped');
  });

  it('shows what is not so: nobody at the read end stops nothing', () => {
    const trace = run({ reader: 'none' });
    for (const index of trace.beats) {
      const moment = chainAt(trace, index);
      expect(moment.reading).toBe('gone');
      expect(flowOf(moment)).toMatchObject({ accept: true, pool: true, workers: true, isStopped: false });
    }
    expect(headline(chainAt(trace, trace.events.length - 1))[0]).toBe('Nobody holds the read end');
  });

  it('flows again when somebody reads', () => {
    const trace = run({ recovers_at_s: 90 });
    expect(chainAt(trace, trace.events.length - 1).reading).toBe('reads');
    expect(headline(chainAt(trace, trace.events.length - 1))[0]).toBe('Everything flows');
  });

  it('names the function of the running kernel in which the first sleeper sleeps', () => {
    for (const [kernel, wchan] of [
      ['6.12', 'pipe_write'],
      ['6.18', 'anon_pipe_write'],
    ]) {
      const trace = run({ kernel: kernel ?? '' });
      const markup = wide(at(trace, find(trace, 'all-asleep')));
      expect(markup).toContain('>worker 5</text>');
      expect(markup).toContain(`>${wchan}</text>`);
    }
    expect(at(run({}), 0)).toContain('No thread is blocked in write().');
  });

  it('shares the scale of the pile with the run beside it', () => {
    const [few, many] = [run({ duration_s: 70 }), run({})];
    const bar = (markup: string) =>
      Number(/<rect class="pile unread"[^>]* width="([\d.]+)%"/.exec(wide(markup))?.[1]);
    const index = few.events.length - 1;
    expect(bar(picture.draw(few, index, 7e7, many))).toBeLessThan(bar(picture.draw(few, index, 7e7)) / 2);
  });
});

describe('the figure', () => {
  it('has an excerpt for every mark that its runs bear', () => {
    const bare = situations.flatMap((given) =>
      run(given).events.flatMap(({ mark }) => {
        const [symbol = ''] = mark?.split(':') ?? [];
        return symbol && !closeWaitPipeFigure.excerpts.has(symbol) ? [symbol] : [];
      }),
    );
    expect([...new Set(bare)]).toEqual([]);
  });

  it('has gauges that are never overfull', () => {
    for (const given of situations) {
      const trace = run(given);
      for (const index of some(trace))
        for (const { share, label } of live.gauges(trace, index, 0).gauges) {
          expect(share, label).toBeGreaterThanOrEqual(0);
          expect(share, label).toBeLessThanOrEqual(1);
        }
    }
  });

  it('has three rows of levels, in hours for a long run', () => {
    const short = drawTimeline(run({}), live.timeline);
    expect(short.match(/<g class="levels">/g)).toHaveLength(3);
    expect(short).toContain('>120 s<');
    const long = run({ requests_per_s: 0.02, duration_s: 36_000 });
    expect(drawTimeline(long, live.timeline)).toContain('>10 h<');
    expect(live.clock?.(54.4e6)).toBe('54.400 s');
    expect(live.clock?.(54_117.1e6)).toBe('15 h 1 min 57.1 s');
  });

  it('draws the states of a thread, of worker 1 or of the one thread', async () => {
    const [chart] = closeWaitPipeFigure.charts;
    if (!chart) throw new Error('no chart');
    const markup = await statechart(chart.machine, chart.region, chart.part);
    const states = chart.part?.states ?? [];
    for (const state of states) expect(markup).toContain(`data-state="${state}"`);
    for (const given of [{}, { accepting: 'inline' }]) {
      const trace = run(given);
      for (const { index } of trace.events) expect(states).toContain(chart.stateIn(trace.worldAt(index)));
    }
  });
});
