/** The download of a small script beside its chapter, such as one that a playbook asks for. A lab has its own, `lab.py.ts`. */
import type { APIRoute, GetStaticPaths } from 'astro';
import { findScripts, scriptText } from '#site/labs.ts';

export const getStaticPaths = (() =>
  findScripts().map(({ folder, script }) => ({ params: { folder, script } }))) satisfies GetStaticPaths;

export const GET: APIRoute<Record<string, never>, { folder: string; script: string }> = ({ params }) =>
  new Response(scriptText(params), { headers: { 'Content-Type': 'text/x-python; charset=utf-8' } });
