/** Writes sitemap.xml, of every page that was built, where the site's address is set. */
import { writeFile } from 'node:fs/promises';
import type { AstroIntegration } from 'astro';

/** Pages that nobody looks for. */
const HIDDEN = /^404(\.html|\/)?$/;

/** @param pages paths below the base @param site its address @param base with a slash at its end */
export function sitemapOf(pages: readonly string[], site: string, base: string): string {
  const addresses = pages
    .filter((page) => !HIDDEN.test(page))
    .sort()
    .map((page) => `  <url><loc>${escapeXml(new URL(base + page, site).href)}</loc></url>\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${addresses.join('')}</urlset>\n`;
}

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export function sitemap(): AstroIntegration {
  let site: string | undefined;
  let base = '/';
  return {
    name: 'sitemap',
    hooks: {
      'astro:config:done': ({ config }) => {
        site = config.site;
        base = `${config.base.replace(/\/$/, '')}/`;
      },
      'astro:build:done': async ({ dir, pages }) => {
        if (!site) return;
        const paths = pages.map(({ pathname }) => pathname);
        await writeFile(new URL('sitemap.xml', dir), sitemapOf(paths, site, base));
        // A host has one robots.txt, at its root.
        const address = new URL(`${base}sitemap.xml`, site).href;
        if (base === '/')
          await writeFile(new URL('robots.txt', dir), `User-agent: *\nAllow: /\nSitemap: ${address}\n`);
      },
    },
  };
}
