/** What moves in the figure of the far-listener chapter. */
import { duration } from '#simulations/engine/duration.ts';
import { asLive } from '#site/figures/figure.ts';
import { ladderOf } from '#site/views/ladder.ts';
import { lastMoment } from '#site/views/pending.ts';
import type { Scene } from '#site/views/scene.ts';
import { farListener } from '../../../simulations/incidents/far-listener/simulation.ts';

const scene: Scene = {
  ends: () => ({ client: 'client', server: 'server', isSilent: false }),
  notes: () => [],
  waits: () => [],
  label: duration,
  rows: [{ name: 'packets', shows: 'packets' }],
  timelineLabel: 'Packets, time running right, to scale',
  end_us: lastMoment,
};

export const live = asLive(farListener, {
  initial: 'moon',
  picture: ladderOf(scene),
  timeline: scene,
  charts: [],
  gauges: () => ({ gauges: [], variables: [] }),
  summary: ({ outcome }) => [['connected after', duration((outcome.connected_at_ms ?? 0) * 1000)]],
});
