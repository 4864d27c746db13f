/** What the search loads of the table of errors: errors.json, made by the build and read by the page. */
import type { Entry } from './match.ts';

export interface FoundError extends Entry {
  /** The errno, the state or the function that it stands under; empty where that is words. */
  readonly name: string;
  readonly title: string;
  readonly means: string;
  /** What this site does not tell yet; the link then leads to the nearest. */
  readonly missing?: string;
  readonly href: string;
  readonly page: string;
  readonly step: string;
}

/** Its address below the site's base. */
export const ERRORS = 'errors.json';

/** @throws Error where it is not there, which has happened when the page is older than the site */
export async function loadErrors(base: string): Promise<FoundError[]> {
  const response = await fetch(base + ERRORS);
  if (!response.ok) throw new Error(`${response.status} ${response.url}`);
  return response.json();
}
