/** Where the entries of the table of errors lead, with the names that a reader sees. For the build. */
import { getCollection, render } from 'astro:content';
import { stepsOf } from '#site/playbook/playbook.ts';
import { href } from '#site/site.ts';

export interface Destination {
  readonly href: string;
  /** The title of the chapter or page. */
  readonly page: string;
  /** The step or section in it, such as “step 3: What does the peer say?”. */
  readonly step: string;
}

/** All steps and sections, by the name of the page and their fragment: `connect-timeout/capture`. */
export async function destinations(): Promise<ReadonlyMap<string, Destination>> {
  const playbooks = new Map(
    (await getCollection('playbooks')).map(({ id, body }) => [id, stepsOf(body ?? '')]),
  );
  const pages = [...(await getCollection('incidents')), ...(await getCollection('reference'))];
  const found = await Promise.all(
    pages.map(async (entry) => {
      const { collection, id, data } = entry;
      const { headings } = await render(entry);
      const parts = [
        ...headings.map(({ slug, text }) => [slug, text] as const),
        ...(playbooks.get(id) ?? []).map(
          (step) => [step.id, step.number ? `step ${step.number}: ${step.title}` : step.title] as const,
        ),
      ];
      return parts.map(
        ([fragment, step]) =>
          [
            `${id}/${fragment}`,
            {
              href: href(`${collection}/${id}/#${fragment}`),
              page: data.title,
              step: step.replaceAll('`', ''),
            },
          ] as const,
      );
    }),
  );
  return new Map(found.flat());
}
