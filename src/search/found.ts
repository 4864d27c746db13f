/** What the search loads of the table of errors: errors.json, made by the build and read by the page. */
import type { Destination } from './destinations.ts';
import type { ErrorEntry } from './errors.ts';

/** An error, with the place that it leads to. */
export type FoundError = Omit<ErrorEntry, 'to'> & Destination;

/** Said of what this site does not tell yet, before the nearest place. @param missing `The DNS call that stops a server` */
export const notCovered = (missing: string): string =>
  `Not covered yet: ${/^[A-Z][a-z]/.test(missing) ? missing.charAt(0).toLowerCase() + missing.slice(1) : missing}.`;

/** Its address below the site's base. */
export const ERRORS = 'errors.json';

/** @throws Error where it is not there, which has happened when the page is older than the site */
export async function loadErrors(base: string): Promise<FoundError[]> {
  const response = await fetch(base + ERRORS);
  if (!response.ok) throw new Error(`${response.status} ${response.url}`);
  return response.json();
}
