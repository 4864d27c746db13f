import { describe, expect, it } from 'vitest';
import { scene } from '#site/figures/nagle-delayed-ack/scene.ts';
import { ladder } from '#site/views/ladder.ts';
import { layouts } from '#site/views/ladder-layout.ts';
import { passages } from '#site/views/passage.ts';
import { run, situations } from '../tools/nagle-runs.ts';

/** Pixels between the middles of two labels, so that neither touches the other. */
const CLEAR = 11;

describe('the ladder', () => {
  it.each(situations)('goes down with every event, never up: %j', (given) => {
    const trace = run(given);
    const { layout, height } = layouts([trace], scene, 48);
    let y = 0;
    for (const event of trace.events) {
      if (event.at_us > scene.end_us(trace)) continue; // a record's end is on no row
      const here = layout.at(event);
      expect(here).toBeGreaterThanOrEqual(y - 1e-6);
      expect(here).toBeLessThanOrEqual(height);
      y = here;
    }
  });

  it.each(situations)(
    'keeps the labels of packets apart, also where a round trip takes no time: %j',
    (given) => {
      const trace = run(given);
      const { layout } = layouts([trace], scene, 48);
      const middles = passages(trace.events)
        .map(({ sent, end }) => (layout.at(sent) + layout.at(end ?? sent)) / 2)
        .sort((a, b) => a - b);
      for (const [i, middle] of middles.entries())
        if (i > 0) expect(middle - (middles[i - 1] ?? 0)).toBeGreaterThanOrEqual(CLEAR);
    },
  );

  it('draws a wait in which nothing happens longer than any round trip', () => {
    const trace = run({ rtt_ms: 1, requests: 10 });
    const { layout } = layouts([trace], scene, 48);
    expect(layout.y(44_000) - layout.y(4000)).toBeGreaterThan(100);
  });

  it('puts two runs on one scale', () => {
    const [a, b] = [run({ rtt_ms: 1, requests: 2 }), run({ rtt_ms: 1, requests: 2, server_nodelay: true })];
    const first = layouts([a, b], scene, 48);
    const second = layouts([b, a], scene, 48);
    expect(first.height).toBe(second.height);
    for (const us of [500, 1000, 1500, 2000, 44_000]) expect(first.layout.y(us)).toBe(second.layout.y(us));
  });

  it('draws until a wait is over only its beginning', () => {
    const trace = run({ rtt_ms: 1, requests: 2 });
    const held = trace.events.findLast(({ kind }) => kind === 'segment-held');
    const ended = trace.events.findLast(({ kind }) => kind === 'hold-ended');
    const markup = ladder(trace, scene);
    expect(markup).toContain(`data-from="${held?.index}" data-until="${ended?.index}"`);
    expect(markup).toMatch(new RegExp(`data-from="${ended?.index}"[^>]*><rect class="held"`));
  });
});
