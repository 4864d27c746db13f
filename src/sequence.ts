/** The pages that are read one after the other: the incidents by number, then the reference. */
import { type CollectionEntry, getCollection } from 'astro:content';

export async function sequence(): Promise<(CollectionEntry<'incidents'> | CollectionEntry<'reference'>)[]> {
  const incidents = await getCollection('incidents');
  const reference = await getCollection('reference');
  return [
    ...incidents.sort((a, b) => a.data.number - b.data.number),
    ...reference.sort((a, b) => a.data.title.localeCompare(b.data.title, 'en')),
  ];
}
