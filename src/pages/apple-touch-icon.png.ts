/** The icon of a home screen, which rounds its corners itself. */
import type { APIRoute } from 'astro';
import { iconPng } from '#site/pictures/icons.ts';

export const GET: APIRoute = async () =>
  new Response(new Uint8Array(await iconPng(180, '#1c1e22')), { headers: { 'Content-Type': 'image/png' } });
