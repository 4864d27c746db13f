/** Where a reader is: what has been done, how much of it is looked at, and the tour that it belongs to. */
import { itemsOf } from '#simulations/engine/parameters.ts';
import { type Tour, tours } from '#simulations/reference/tcp-states/tours.ts';

export interface Walk {
  readonly history: readonly string[];
  /** Steps of the history that are done; the others can be redone. */
  readonly at: number;
  /** Id of the tour, or null for a walk of one’s own. */
  readonly tour: string | null;
}

export const START: Walk = { history: [], at: 0, tour: null };

export const tourOf = (id: string | null): Tour | undefined => tours.find((tour) => tour.id === id);

/** A tour from its beginning. */
export function onTour(id: string): Walk {
  const tour = tourOf(id);
  return tour ? { history: itemsOf(String(tour.given.history)), at: 0, tour: id } : START;
}

/** The reader does something. What was undone is forgotten, and a tour is left unless this was its next step. */
export function act(walk: Walk, action: string): Walk {
  if (walk.history[walk.at] === action) return { ...walk, at: walk.at + 1 };
  return { history: [...walk.history.slice(0, walk.at), action], at: walk.at + 1, tour: null };
}

/** Looks at another moment of the same history. */
export const moveTo = (walk: Walk, at: number): Walk => ({
  ...walk,
  at: Math.max(0, Math.min(at, walk.history.length)),
});
