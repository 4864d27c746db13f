/** The icon for browsers that take no SVG, and for those that ask for this name without being told. */
import type { APIRoute } from 'astro';
import { ico, iconPng } from '#site/pictures/icons.ts';

const SIZE = 32;

export const GET: APIRoute = async () =>
  new Response(new Uint8Array(ico(await iconPng(SIZE), SIZE)), {
    headers: { 'Content-Type': 'image/x-icon' },
  });
