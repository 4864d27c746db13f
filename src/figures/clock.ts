/** How a moment is written in a figure whose runs last from milliseconds to days. */
import { clockTime } from '#simulations/engine/duration.ts';
import type { Tool } from '#simulations/tools/tool.ts';
import { transcriptIn } from '#simulations/tools/transcript.ts';

const MINUTE_us = 6e7;

/** Milliseconds count in a short run, minutes in a day: `54.400 s`, `15 h 2 min 7.1 s`. @param us microseconds */
export function clock(us: number): string {
  if (us <= 2 * MINUTE_us) return clockTime(us);
  const minutes = Math.floor(us / MINUTE_us);
  const hours = minutes < 60 ? '' : `${Math.floor(minutes / 60)} h `;
  return `${hours}${minutes % 60} min ${Number(((us % MINUTE_us) / 1e6).toFixed(1))} s`;
}

const HOUR_us = 60 * MINUTE_us;

/** The unit of a time line's axis: hours in a run of more than two. @param end_us microseconds */
export const unit = (end_us: number): { readonly us: number; readonly name: string } | null =>
  end_us > 2 * HOUR_us ? { us: HOUR_us, name: 'h' } : null;

/** The tools of a simulation, of which the words tell the time as its figure does. */
export const inClock = (
  tools: readonly Tool[],
  clock: ((us: number) => string) | undefined,
): readonly Tool[] =>
  clock ? tools.map((tool) => (tool.kind === 'words' ? transcriptIn(clock) : tool)) : tools;
