/** The download of a lab, beside its chapter: the very file that `npm run lab` runs. */
import type { APIRoute, GetStaticPaths } from 'astro';
import { assembleLab, findLabs } from '#site/labs.ts';

export const getStaticPaths = (() =>
  findLabs().map(({ folder }) => ({ params: { folder } }))) satisfies GetStaticPaths;

export const GET: APIRoute<Record<string, never>, { folder: string }> = ({ params }) =>
  new Response(assembleLab(params.folder), { headers: { 'Content-Type': 'text/x-python; charset=utf-8' } });
