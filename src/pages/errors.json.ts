/** The table of errors for the search. */

import recording from '#content/errors/recording.json';
import { errors } from '#content/errors/table.ts';
import { destinations } from '#site/search/destinations.ts';
import { entriesOf } from '#site/search/errors.ts';
import type { FoundError } from '#site/search/found.ts';

export async function GET(): Promise<Response> {
  const leads = await destinations();
  const found = entriesOf(errors, recording.errno).map(({ to, ...entry }): FoundError => {
    const destination = leads.get(to);
    if (!destination)
      throw new Error(
        `content/errors/table.ts: “${entry.title}” leads to "${to}", which is no step and no section`,
      );
    return { ...entry, ...destination };
  });
  return new Response(JSON.stringify(found), { headers: { 'Content-Type': 'application/json' } });
}
