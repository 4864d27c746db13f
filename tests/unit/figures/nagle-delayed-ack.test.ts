import { describe, expect, it } from 'vitest';
import { figure as nagleDelayedAckFigure } from '#site/figures/nagle-delayed-ack/index.ts';
import { latency_us, requests, stalledRequests } from '#site/figures/nagle-delayed-ack/requests.ts';
import { scene } from '#site/figures/nagle-delayed-ack/scene.ts';
import { waits } from '#site/figures/nagle-delayed-ack/waits.ts';
import { run, situations } from '../tools/nagle-runs.ts';

describe('the requests read from the calls', () => {
  it.each(situations)('take as long as the simulation says: %j', (given) => {
    const trace = run(given);
    const { latencies_ms } = trace.outcome;
    expect(requests(trace).map((request) => latency_us(request) / 1000)).toEqual([...latencies_ms]);
  });
});

describe('what waits', () => {
  it('is, in the post’s run, the body at the server and the ACK at the client, from the second request on', () => {
    const trace = run({ rtt_ms: 1, requests: 3 });
    const stalls = waits(trace).filter(({ kind }) => kind === 'stall');
    expect(stalls.map(({ from, end_us }) => [from.at_us, end_us])).toEqual([
      [4000, 44_000],
      [46_000, 86_000],
    ]);
    const held = waits(trace).filter(
      ({ kind, end_us, from }) => kind === 'held' && end_us - from.at_us > 10_000,
    );
    expect(held.map(({ side, label }) => [side, label])).toEqual([
      ['server', '400 B held'],
      ['server', '400 B held'],
    ]);
    const late = waits(trace).filter(({ kind, left }) => kind === 'delayed-ack' && left === 0);
    expect(late.map(({ side, label }) => [side, label])).toEqual([
      ['client', 'ACK waits ≤ 40 ms'],
      ['client', 'ACK waits ≤ 40 ms'],
    ]);
  });

  it('is the first half of the request at the client when the client writes twice', () => {
    const held = waits(run({ rtt_ms: 1, server_writes: 'one', client_writes: 2, requests: 2 })).filter(
      ({ kind }) => kind === 'held',
    );
    expect(new Set(held.map(({ side }) => side))).toEqual(new Set(['client']));
  });

  it('is nothing for long when the response is one write()', () => {
    const trace = run({ rtt_ms: 1, server_writes: 'one' });
    expect(waits(trace).some(({ kind }) => kind === 'held' || kind === 'stall')).toBe(false);
  });

  it.each(situations)('ends after it began: %j', (given) => {
    const trace = run(given);
    for (const { from, end, end_us, left } of waits(trace)) {
      expect(end_us).toBeGreaterThanOrEqual(from.at_us);
      if (end) expect(end.index).toBeGreaterThan(from.index);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThanOrEqual(1);
    }
  });
});

describe('the figure', () => {
  it('ends its time line with the last packet or process, not with the record’s minute', () => {
    const trace = run({ rtt_ms: 1, requests: 2 });
    expect(trace.events.at(-1)?.at_us).toBeGreaterThan(60_000_000);
    expect(scene.end_us(trace)).toBeLessThan(60_000);
  });

  it('shows in its bars nothing that has not happened: each appears when its request ends', () => {
    const trace = run({ rtt_ms: 1, requests: 3 });
    const markup = nagleDelayedAckFigure.strip?.draw(trace) ?? '';
    const from = [...markup.matchAll(/data-from="(\d+)"/g)].map(([, index]) => Number(index));
    expect(from).toEqual(requests(trace).map(({ ended }) => ended?.index));
    expect([...stalledRequests(trace)]).toEqual([2, 3]);
    expect(markup.match(/class="hatch"/g)).toHaveLength(2);
  });

  it('has an excerpt for every mark that its presets’ events bear', () => {
    const functions = new Set(
      situations.flatMap((given) =>
        run(given).events.flatMap(({ mark }) => (mark ? [mark.split(':')[0]] : [])),
      ),
    );
    expect([...functions].filter((name) => !nagleDelayedAckFigure.excerpts.has(name ?? ''))).toEqual([]);
  });

  it('says who decides: sending when bytes are held, acknowledgement when an ACK waits', () => {
    const { events, worldAt } = run({ rtt_ms: 1, requests: 2 });
    const decided = (kind: string) => {
      const event = events.find((event) => event.kind === kind);
      return event && nagleDelayedAckFigure.regions?.decidedBy(event);
    };
    expect(decided('segment-held')).toEqual({ actor: 'server', region: 'sending' });
    const held = worldAt(events.find(({ kind }) => kind === 'segment-held')?.index ?? 0);
    expect(nagleDelayedAckFigure.regions?.stateIn(held, 'server', 'sending')).toBe('held by Nagle');
    expect(decided('ack-delayed')).toEqual({ actor: 'server', region: 'acknowledgement' });
    expect(decided('delayed-ack-fired')).toEqual({ actor: 'client', region: 'acknowledgement' });
  });
});
