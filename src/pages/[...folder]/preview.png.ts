/** The pictures for the previews of links, one for each page that has a text of its own, and one for the site. */
import type { APIRoute } from 'astro';
import { stripOf } from '#site/figures/strips.ts';
import { type Previewed, preview } from '#site/pictures/preview.ts';
import { sequence } from '#site/sequence.ts';

const SITE_ITSELF: Previewed = {
  kick: 'Linux sockets, when they stall',
  title: 'Start from what you see',
  lede: 'Incident playbooks for Linux networking: the commands to run first, a simulation that you can step through, the kernel code that decided, and a lab.',
};

/** Who shows a preview asks for it by its whole address, so that there is none where the site’s is not set. */
export async function getStaticPaths(): Promise<
  { params: { folder: string | undefined }; props: Previewed }[]
> {
  if (!import.meta.env.SITE) return [];
  const pages = (await sequence()).map((entry) => ({
    params: { folder: `${entry.collection}/${entry.id}` },
    props: {
      kick: `${entry.collection === 'incidents' ? `Incident ${entry.data.number}` : 'Reference'} · ${entry.data.about}`,
      title: entry.data.title,
      lede: entry.data.lede,
      strip: stripOf(entry.id)?.(),
    },
  }));
  return [{ params: { folder: undefined }, props: SITE_ITSELF }, ...pages];
}

export const GET: APIRoute<Previewed> = async ({ props }) =>
  new Response(new Uint8Array(await preview(props)), { headers: { 'Content-Type': 'image/png' } });
