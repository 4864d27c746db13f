/** Where the entries of the table of errors lead, with the names that a reader sees. For the build. */
import { getCollection } from 'astro:content';
import { type Place, places } from '#content/errors/places.ts';
import { href } from '#site/site.ts';

export interface Destination {
  readonly href: string;
  /** The title of the chapter or page. */
  readonly page: string;
  /** The step or section in it, such as “step 3: What does the peer say?”. */
  readonly step: string;
}

const stepOf = ({ step, title }: Place): string => (step === undefined ? title : `step ${step}: ${title}`);

/** By the name of the place. */
export async function destinations(): Promise<ReadonlyMap<string, Destination>> {
  const pages = [...(await getCollection('incidents')), ...(await getCollection('reference'))];
  const titles = new Map(pages.map(({ collection, id, data }) => [`${collection}/${id}/`, data.title]));
  return new Map(
    Object.entries(places).map(([name, place]) => {
      const page = titles.get(place.page);
      if (!page)
        throw new Error(`content/errors/places.ts: "${name}" leads to ${place.page}, which is no page`);
      return [name, { href: href(`${place.page}#${place.anchor}`), page, step: stepOf(place) }];
    }),
  );
}
