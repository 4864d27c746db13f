/** A run and a moment of it as a link's query. A link restores both exactly: `place.ts` reads it. */
import type { Given } from '#simulations/engine/parameters.ts';

/** Raised when a link's names change their meaning. */
export const VERSION = '1';

/** What a link leads to. */
export interface Place {
  readonly given: Given;
  /** Index of the event that the cursor stands on, or null for the first beat. */
  readonly event: number | null;
  /** Hash of the trace that the link was made from, or null. */
  readonly run: string | null;
  /** The run pinned as A, or null. */
  readonly compared: Given | null;
  /** One line for each thing that is wrong with the link. */
  readonly problems: readonly string[];
}

/** The query that leads back to a place, with its `?`. */
export function queryOf(place: Omit<Place, 'problems'>): string {
  const query = new URLSearchParams({ v: VERSION });
  for (const [name, value] of Object.entries(place.given)) query.set(name, String(value));
  if (place.compared) {
    query.set('a', '1');
    for (const [name, value] of Object.entries(place.compared)) query.set(`a.${name}`, String(value));
  }
  if (place.event !== null) query.set('event', String(place.event));
  if (place.run !== null) query.set('run', place.run);
  return `?${query}`;
}
