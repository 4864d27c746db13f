/** A walk as a link’s query, and back. What is wrong with a link is said, and what is sound in it is kept. */
import { itemsOf } from '#simulations/engine/parameters.ts';
import { parameters } from '#simulations/reference/tcp-states/parameters.ts';
import { tours } from '#simulations/reference/tcp-states/tours.ts';
import { onTour, START, tourOf, type Walk } from './walk.ts';

/** Raised when a link’s names change their meaning. */
const VERSION = '1';

/** The tour that an empty query stands for. */
export const FIRST_TOUR = 'handshake';

export interface Place {
  readonly walk: Walk;
  /** One line for each thing that is wrong with the link. */
  readonly problems: readonly string[];
}

/** The query that leads back to a walk, with its `?`. Commas stay as they are, so that a person can read it. */
export function queryOf({ history, at, tour }: Walk): string {
  const isUsual = tour === null ? at === history.length : at === 0;
  const where = isUsual ? '' : `&at=${at}`;
  return tour === null
    ? `?v=${VERSION}&history=${history.join(',')}${where}`
    : `?v=${VERSION}&tour=${tour}${where}`;
}

const isWord = (word: string): boolean =>
  Object.hasOwn(parameters.history.words, word.replace(/\.\d{1,6}$/, '.N')) && !word.endsWith('.N');

/** What a query asks for. */
export function placeOf(search: string): Place {
  const query = new URLSearchParams(search);
  const problems: string[] = [];
  const version = query.get('v');
  if (version !== null && version !== VERSION)
    problems.push(
      `This link was made by another version of this page (${version}; this is ${VERSION}). What still fits was kept.`,
    );
  for (const name of new Set(query.keys()))
    if (!['v', 'history', 'at', 'tour'].includes(name) && !name.startsWith('utm_'))
      problems.push(`This page does not know “${name}”, so it was left out.`);
  const walk = begin(query, problems);
  const at = query.get('at');
  if (at === null) return { walk, problems };
  if (!/^\d{1,4}$/.test(at)) problems.push(`“${at}” is no number of a step.`);
  else if (Number(at) > walk.history.length)
    problems.push(`The link looks at step ${at}; there are ${walk.history.length}.`);
  else return { walk: { ...walk, at: Number(at) }, problems };
  return { walk, problems };
}

function begin(query: URLSearchParams, problems: string[]): Walk {
  const id = query.get('tour');
  const given = query.get('history');
  if (id !== null) {
    if (tourOf(id)) return onTour(id);
    problems.push(`There is no tour “${id}”. The tours are ${tours.map((tour) => tour.id).join(', ')}.`);
  }
  if (given === null) return onTour(FIRST_TOUR);
  const words = itemsOf(given);
  const unknown = words.filter((word) => !isWord(word));
  if (unknown.length > 0)
    problems.push(
      `${unknown.map((word) => `“${word.slice(0, 40)}”`).join(', ')} ${unknown.length === 1 ? 'is' : 'are'} nothing that can be done, and ${unknown.length === 1 ? 'was' : 'were'} left out.`,
    );
  const { most } = parameters.history;
  const sound = words.filter(isWord);
  if (sound.length > most) problems.push(`The link has ${sound.length} steps; the first ${most} were kept.`);
  const history = sound.slice(0, most);
  return history.length > 0 || id === null ? { ...START, history, at: history.length } : onTour(FIRST_TOUR);
}
