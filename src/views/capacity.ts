/** What a pipe accepts before it is full, by the size of each write: the simulation as a line, recordings as dots. */
import { scaleLinear, scaleSymlog } from 'd3-scale';
import { count } from '#simulations/engine/wording.ts';
import { escapeText } from './svg.ts';

export interface Capacity {
  readonly write_bytes: number;
  readonly accepted_bytes: number;
}

const HEIGHT = 190;
const TOP = 14;
const BASE = TOP + HEIGHT;
const TICKS = [1, 256, 1024, 2048, 4096, 8192, 65_536];
/** Ticks that only a wide picture has room for. */
const MORE = new Set([256, 2048, 8192]);
/** Up to about this size the axis is linear, and beyond it logarithmic, in bytes. */
const KNEE = 256;
const LEVELS = [16_384, 32_768, 49_152, 65_536];

/**
 * @param simulated every step of it, by write size, ascending @param size_bytes of the pipe
 * @param caption what the picture shows, for those who cannot see it
 */
export function capacityPicture(
  simulated: readonly Capacity[],
  recorded: readonly Capacity[],
  size_bytes: number,
  caption: string,
): string {
  const last = Math.max(...[...simulated, ...recorded].map(({ write_bytes }) => write_bytes));
  const x = scaleSymlog([1, last], [0, 100]).constant(KNEE);
  const y = scaleLinear([0, size_bytes], [BASE, TOP]);
  const at = (write_bytes: number, top: number, content: string): string =>
    `<svg x="${x(write_bytes).toFixed(2)}%" y="${top}" overflow="visible">${content}</svg>`;
  const line = simulated
    .map(({ write_bytes, accepted_bytes }, i) => {
      const [across, up] = [(x(write_bytes) / 100).toFixed(5), (1 - accepted_bytes / size_bytes).toFixed(4)];
      return i ? `H${across}V${up}` : `M${across} ${up}`;
    })
    .join('');
  const grid = LEVELS.map(
    (level) => `<line class="grid" x1="0" x2="100%" y1="${y(level)}" y2="${y(level)}"/>`,
  );
  const levels = LEVELS.map(
    (level) => `<text class="time clear" x="0" y="${y(level) + 15}">${count(level)}</text>`,
  );
  const dots = recorded.map(({ write_bytes, accepted_bytes }) =>
    at(
      write_bytes,
      y(accepted_bytes),
      `<circle class="recorded" r="3.6"><title>${escapeText(`writes of ${count(write_bytes)} bytes: ${count(accepted_bytes)} recorded`)}</title></circle>`,
    ),
  );
  const ticks = TICKS.map((bytes, i) =>
    at(
      bytes,
      BASE,
      `<path class="axis" d="M0 0v5"/><text class="time${MORE.has(bytes) ? ' wide-only' : ''}" y="19" text-anchor="${i === 0 ? 'start' : 'middle'}">${count(bytes)}</text>`,
    ),
  );
  return `<svg class="view capacity" xmlns="http://www.w3.org/2000/svg" width="100%" height="${BASE + 26}" overflow="visible" role="img" aria-label="${escapeText(caption)}">${grid.join('')}<line class="axis" x1="0" x2="100%" y1="${BASE}" y2="${BASE}"/><svg x="0" y="${TOP}" width="100%" height="${HEIGHT}" viewBox="0 0 1 1" preserveAspectRatio="none" overflow="visible"><path class="level-line ack" vector-effect="non-scaling-stroke" d="${line}"/></svg>${dots.join('')}${levels.join('')}${ticks.join('')}</svg>`;
}
