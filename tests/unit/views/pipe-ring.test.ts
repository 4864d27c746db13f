import { describe, expect, it } from 'vitest';
import type { Given } from '#simulations/engine/parameters.ts';
import { Pipe } from '#simulations/kernel/pipe/pipe.ts';
import { PAGE_SIZE_bytes } from '#simulations/kernel/pipe/size.ts';
import { PipeUser } from '#simulations/kernel/pipe/user.ts';
import { PipeWrite } from '#simulations/kernel/pipe/write.ts';
import { KERNELS } from '#simulations/kernel/profile.ts';
import { pipeBuffer } from '#simulations/reference/pipe-buffer/simulation.ts';
import { figure as pipeBufferFigure } from '#site/figures/pipe-buffer/index.ts';
import { momentOf, slotsOf, strandedBytes, thePipe } from '#site/figures/pipe-buffer/moment.ts';
import type { PipeRun } from '#site/figures/pipe-buffer/pipe-run.ts';
import { runOf } from '#site/figures/trace-of.ts';
import { gridOf } from '#site/views/pipe-slots.ts';
import { statechart } from '#site/views/statechart.ts';

const { picture } = pipeBufferFigure;
if (picture.shows !== 'moment') throw new Error('the pipe is drawn as it is at one moment');

const run = (given: Given): PipeRun => runOf(pipeBuffer, given);

/** The presets, and pipes of other sizes and ends. */
const situations: Given[] = [
  ...pipeBuffer.presets.map(({ given }) => given),
  { pipe_size_bytes: 4096, write_bytes: 700 },
  { pipe_size_bytes: 131_072, write_bytes: 3000, reader: 'draining', read_bytes: 1000 },
  { pipe_size_bytes: 1_048_576, write_bytes: 5000, writers: 16, reader: 'draining', read_bytes: 70_000 },
  { writers: 16, writes: 3, write_bytes: 10_000, reader: 'draining' },
  { nonblocking: true, reader: 'dies', sigpipe: 'default' },
  { writes: 5, reader: 'draining', read_bytes: 65_536 },
];

/** Some events of a run: all of a short one, the ends and each so-manieth of a long one. */
const some = (events: readonly unknown[]): number[] => {
  const every = Math.ceil(events.length / 60);
  return [...events.keys()].filter((i) => i % every === 0 || i === events.length - 1);
};

describe('the slots', () => {
  it.each(situations)('are whole pages, and hold what the pipe holds: %j', (given) => {
    const trace = run(given);
    const { write_bytes } = trace.parameters;
    for (const index of some(trace.events)) {
      const pipe = thePipe(trace.worldAt(index));
      const slots = slotsOf(pipe, write_bytes);
      const used = slots.filter((slot) => slot !== null);
      for (const { read_bytes, held_bytes, room_bytes, stranded_bytes } of used) {
        expect(read_bytes + held_bytes + room_bytes + stranded_bytes).toBe(PAGE_SIZE_bytes);
        expect(Math.min(read_bytes, room_bytes, stranded_bytes)).toBeGreaterThanOrEqual(0);
        expect(held_bytes).toBeGreaterThan(0);
      }
      const sum = (part: 'read_bytes' | 'held_bytes' | 'room_bytes' | 'stranded_bytes') =>
        used.reduce((total, slot) => total + slot[part], 0);
      expect(sum('held_bytes')).toBe(pipe.held_bytes);
      expect(strandedBytes(pipe, write_bytes)).toBe(sum('read_bytes') + sum('stranded_bytes'));
      const free_bytes = (slots.length - used.length) * PAGE_SIZE_bytes;
      expect(free_bytes + sum('room_bytes') + strandedBytes(pipe, write_bytes)).toBe(pipe.free_bytes);
    }
  });

  it.each([1, 120, 700, 2049, 3000, 4095, 4096, 4097, 5000, 8193, 10_000])(
    'show room in the newest slot exactly where the next write of %i bytes merges',
    (write_bytes) => {
      const pipe = new Pipe(new PipeUser(), KERNELS['6.18']);
      for (let end = ''; end !== 'full'; ) {
        const { ring } = pipe;
        const newest = ring.isEmpty ? null : ring.position(ring.head - 1);
        const [slot] = slotsOf({ slots: [...ring.bufs], newest }, write_bytes)
          .filter((slot) => slot !== null)
          .filter(({ room_bytes }) => room_bytes > 0);
        const stretch = new PipeWrite(pipe, write_bytes, true).run();
        expect(stretch.merged_bytes > 0).toBe(slot !== undefined);
        if (slot) expect(stretch.merged_bytes).toBeLessThanOrEqual(slot.room_bytes);
        end = stretch.end;
      }
    },
  );
});

describe('the picture', () => {
  it.each(situations)('is as high at every moment, and has a cell for each slot: %j', (given) => {
    const trace = run(given);
    const heights = new Set<string | undefined>();
    for (const index of some(trace.events)) {
      const at_us = trace.events[index]?.at_us ?? 0;
      const markup = picture.draw(trace, index, at_us);
      const pipe = thePipe(trace.worldAt(index));
      heights.add(/ height="(\d+)"/.exec(markup)?.[1]);
      expect(/NaN|undefined|(width|height)="-/.exec(markup)).toBeNull();
      expect(markup.match(/<rect class="slot[ "]/g)).toHaveLength((pipe.slots as unknown[]).length);
      expect(markup.match(/<rect class="slot used/g) ?? []).toHaveLength(Number(pipe.used_slots));
      expect(markup.match(/ end"/g) ?? []).toHaveLength(Math.min(2, Number(pipe.used_slots)));
    }
    expect(heights.size).toBe(1);
  });

  it.each(situations)('fills each cell from its left edge to its right: %j', (given) => {
    const trace = run(given);
    let filled = 0;
    let used = 0;
    for (const index of some(trace.events)) {
      const markup = picture.draw(trace, index, trace.events[index]?.at_us ?? 0);
      used += thePipe(trace.worldAt(index)).used_slots;
      let parts: { x: number; width: number }[] = [];
      for (const [, name = '', x, width] of markup.matchAll(
        /<rect class="(slot[^"]*)" x="([\d.]+)%" y="\d+" width="([\d.]+)%"/g,
      )) {
        const part = { x: Number(x), width: Number(width) };
        if (name.startsWith('slot-')) {
          parts.push(part);
          continue;
        }
        // The outline comes after its parts.
        let at = part.x;
        for (const { x, width } of parts) {
          expect(x).toBeCloseTo(at, 1);
          expect(width / part.width).toBeGreaterThan(0.05);
          at = x + width;
        }
        if (parts.length > 0) {
          expect(at).toBeCloseTo(part.x + part.width, 1);
          filled++;
        }
        parts = [];
      }
    }
    expect(filled).toBe(used);
  });

  it('names the writers asleep in write() in the order in which they will be woken', () => {
    const trace = run({ writers: 10, reader: 'draining', read_every_ms: 200 });
    for (const index of some(trace.events)) {
      const pipe = thePipe(trace.worldAt(index));
      const { writers, asleep } = momentOf(trace, index, trace.events[index]?.at_us ?? 0);
      expect(writers).toHaveLength(10);
      expect(writers.slice(10 - asleep).map(({ name }) => name)).toEqual(
        pipe.wr_wait.map(({ name }) => name),
      );
    }
  });

  it('shows who is woken at the moment of it', () => {
    const trace = run({ writers: 3, reader: 'draining' });
    const wake = trace.events.find((event) => event.kind === 'wake');
    const { writers } = momentOf(trace, wake?.index ?? 0, wake?.at_us ?? 0);
    expect(writers.filter(({ doing }) => doing === 'woken').map(({ name }) => name)).toEqual(
      wake?.data.woken,
    );
  });

  it('says that bytes are free and slots are not, and bars the way, when a writer sleeps for that', () => {
    const trace = run({});
    const sleep = trace.events.find(({ kind }) => kind === 'sleep');
    const markup = picture.draw(trace, sleep?.index ?? 0, 0);
    expect(markup).toContain('0 of 16 slots free');
    expect(markup).toContain('256 of 65,536 bytes free');
    expect(markup).toContain('256 bytes are free, and in taken slots');
    expect(markup.match(/class="flow shut"/g)).toHaveLength(2);
  });

  it('leaves the way open while the last slot still takes what merges', () => {
    const trace = run({ write_every_ms: 1 });
    const before = trace.events.findLast(({ data }) => 'slots' in data && data.slots === 1)?.index ?? 0;
    expect(thePipe(trace.worldAt(before)).used_slots).toBe(16);
    expect(picture.draw(trace, before, 0)).not.toContain('shut');
  });

  it('has small cells for many slots', () => {
    expect([1, 2, 4, 8, 16, 32, 64, 128, 256].map((slots) => gridOf(slots).columns)).toEqual([
      1, 2, 4, 4, 4, 8, 8, 16, 16,
    ]);
    for (const slots of [1, 2, 4, 8, 16, 32, 64, 128, 256]) {
      const { rows, columns, pitch } = gridOf(slots);
      expect(rows * columns).toBe(slots);
      expect(rows * pitch).toBeLessThanOrEqual(256);
    }
  });
});

describe('the figure', () => {
  it('has an excerpt for every mark that its runs bear', () => {
    const functions = new Set(
      situations.flatMap((given) =>
        run(given).events.flatMap(({ mark }) => (mark ? [mark.split(':')[0]] : [])),
      ),
    );
    expect([...functions].filter((name) => !pipeBufferFigure.excerpts.has(name ?? ''))).toEqual([]);
  });

  it('draws each chart’s states with arrows between them', async () => {
    for (const { machine, region, part } of pipeBufferFigure.charts) {
      const markup = await statechart(machine, region, part);
      for (const state of part?.states ?? []) expect(markup).toContain(`data-state="${state}"`);
      expect(markup.match(/data-arrow/g)?.length ?? 0).toBeGreaterThan(part?.states.length ?? 0);
    }
  });
});
