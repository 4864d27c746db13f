import mdx from '@astrojs/mdx';
import { defineConfig } from 'astro/config';
import expressiveCode from 'astro-expressive-code';
import { bundling } from './src/bundles.ts';
import { sitemap } from './src/sitemap.ts';

export default defineConfig({
  // The one setting for the site's own address: SITE_URL=https://sockets.example npm run build
  ...(process.env.SITE_URL && { site: process.env.SITE_URL }),
  // The one setting for a site that lives below a path: BASE_PATH=/docs/sockets npm run build
  base: process.env.BASE_PATH ?? '/',
  trailingSlash: 'always',
  devToolbar: { enabled: false },
  build: { inlineStylesheets: 'never' },
  // No script or font is written into a page, so that the Content-Security-Policy needs no exception for it.
  vite: { build: { assetsInlineLimit: 0 }, ...bundling() },
  integrations: [expressiveCode(), mdx(), sitemap()],
});
