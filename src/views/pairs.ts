/** Each request's latency twice: the simulation's as an outline, the kernel's as a bar in it. */
import { scaleLinear } from 'd3-scale';
import { duration } from '#simulations/engine/duration.ts';
import type { Compared } from '#simulations/recording/compared.ts';
import { escapeText } from './svg.ts';

const HEIGHT = 120;
const STEP = 46;
const TOP = 22;

/** @param compared the rows of one case; those named `request N` are drawn @param caption for those who cannot see it */
export function latencyPairs(compared: readonly Compared[], caption: string): string {
  const rows = compared.filter(({ figure }) => figure.startsWith('request '));
  const most = Math.max(
    1,
    ...rows.flatMap(({ simulated, observed }) => [Number(simulated), Number(observed)]),
  );
  const scale = scaleLinear([0, most], [0, HEIGHT]);
  const bars = rows.map(({ figure, simulated, observed }, i) => {
    const x = i * STEP;
    const [ideal, real] = [scale(Number(simulated)), scale(Number(observed))];
    const base = TOP + HEIGHT;
    return `<rect class="ideal" x="${x + 6}" y="${base - ideal}" width="30" height="${Math.max(ideal, 1)}"/><rect class="real" x="${x + 14}" y="${base - real}" width="14" height="${Math.max(real, 1)}"/><text class="time" x="${x + 21}" y="${base - Math.max(ideal, real) - 6}" text-anchor="middle">${escapeText(duration(Math.round(Number(observed) * 10) * 100).replace(' ms', ''))}</text><text x="${x + 21}" y="${base + 16}" text-anchor="middle">${figure.slice('request '.length)}</text>`;
  });
  const width = rows.length * STEP;
  return `<svg class="view pairs" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${TOP + HEIGHT + 24}" width="${width}" role="img" aria-label="${escapeText(caption)}"><line class="axis" x1="0" x2="${width}" y1="${TOP + HEIGHT}" y2="${TOP + HEIGHT}"/>${bars.join('')}</svg>`;
}
