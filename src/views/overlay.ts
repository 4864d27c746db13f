/** The SYNs of one case twice on one axis: as the simulation has them, and as the kernel sent them. */
import { scaleLinear } from 'd3-scale';
import { duration } from '#simulations/engine/duration.ts';
import type { Compared } from '#simulations/recording/compared.ts';
import { packetMark } from './svg.ts';

const ROWS = { simulation: 34, kernel: 66 } as const;
const AXIS = 92;

const isTime = ({ figure }: Compared): boolean => /^SYN \d+$|^returned$|^killed$/.test(figure);

/** @param caption what the picture shows, for those who cannot see it */
export function overlay(compared: readonly Compared[], caption: string): string {
  const times = compared.filter((row) => isTime(row) && typeof row.observed === 'number');
  const end_ms = Math.max(
    ...times.flatMap(({ simulated, observed }) => [Number(simulated), Number(observed)]),
  );
  const scale = scaleLinear([0, end_ms], [0, 100]);
  const at = (ms: number, y: number, content: string): string =>
    `<svg x="${scale(ms).toFixed(3)}%" y="${y}" overflow="visible">${content}</svg>`;
  const mark = ({ figure }: Compared): string =>
    figure.startsWith('SYN') ? packetMark('syn', 0, 0) : '<path class="loss" d="M0 -9v18"/>';
  const pairs = times.map((row) => {
    const [ideal, real] = [Number(row.simulated), Number(row.observed)];
    const link = `<line class="axis" x1="${scale(ideal).toFixed(3)}%" x2="${scale(real).toFixed(3)}%" y1="${ROWS.simulation}" y2="${ROWS.kernel}"/>`;
    return link + at(ideal, ROWS.simulation, mark(row)) + at(real, ROWS.kernel, mark(row));
  });
  const ticks = scale.ticks(6).map((ms) => {
    const anchor = ms === 0 ? 'start' : scale(ms) > 95 ? 'end' : 'middle';
    return at(
      ms,
      AXIS,
      `<path class="axis" d="M0 0v5"/><text class="time" y="18" text-anchor="${anchor}">${duration(ms * 1000)}</text>`,
    );
  });
  return `<svg class="view overlay" xmlns="http://www.w3.org/2000/svg" width="100%" height="116" overflow="visible" role="img" aria-label="${caption}"><text x="0" y="18">simulation</text><text x="0" y="88">kernel</text><line class="axis" x1="0" x2="100%" y1="${AXIS}" y2="${AXIS}"/>${pairs.join('')}${ticks.join('')}</svg>`;
}
