import mdx from '@astrojs/mdx';
import { defineConfig } from 'astro/config';
import expressiveCode from 'astro-expressive-code';
import { bundling } from './src/bundles.ts';
import { sitemap } from './src/sitemap.ts';
import { wholeOptions } from './src/whole-options.ts';

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
  integrations: [
    expressiveCode({
      themes: ['github-light', 'github-dark'],
      themeCssSelector: (theme) => `[data-theme='${theme.type}']`,
      useDarkModeMediaQuery: true,
      defaultProps: { frame: 'none', wrap: true, hangingIndent: 2 },
      plugins: [wholeOptions()],
      frames: { showCopyToClipboardButton: false, extractFileNameFromCode: false },
      styleOverrides: {
        codeFontFamily: 'var(--mono)',
        uiFontFamily: 'var(--sans)',
        codeFontSize: '0.82rem',
        borderRadius: '8px',
        borderColor: 'var(--line)',
        codeBackground: 'var(--sunk)',
        frames: {
          shadowColor: 'transparent',
          terminalBackground: 'var(--sunk)',
          editorBackground: 'var(--sunk)',
        },
      },
    }),
    mdx(),
    sitemap(),
  ],
});
