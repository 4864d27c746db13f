/** A run and a moment of it as a link's query. A link restores both exactly: `place.ts` reads it. */
import type { Place } from './place.ts';

/** Raised when a link's names change their meaning. */
export const VERSION = '1';

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
