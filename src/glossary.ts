/** The glossary: what a term means, in one place for its page and for every link to it. */
import { getCollection, getEntry } from 'astro:content';
import { href } from '#site/site.ts';

/** The terms, in the order of the alphabet; a number before a term does not count. */
export async function terms() {
  const sortedBy = ({ data }: { data: { term: string } }): string => data.term.replace(/^\d+/, '');
  return (await getCollection('glossary')).sort((a, b) =>
    sortedBy(a).localeCompare(sortedBy(b), 'en', { sensitivity: 'base' }),
  );
}

/** One term. @throws if the glossary does not have it */
export async function term(id: string) {
  const entry = await getEntry('glossary', id);
  if (!entry) throw new Error(`content/glossary.json has no term "${id}"`);
  return { ...entry.data, href: href(`glossary/#${id}`) };
}
