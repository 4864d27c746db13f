import mdx from '@astrojs/mdx';
import { defineConfig } from 'astro/config';
import expressiveCode from 'astro-expressive-code';

export default defineConfig({
  // The one setting for a site that lives below a path: BASE_PATH=/docs/sockets npm run build
  base: process.env.BASE_PATH ?? '/',
  trailingSlash: 'always',
  devToolbar: { enabled: false },
  build: { inlineStylesheets: 'never' },
  // No script or font is written into a page, so that the Content-Security-Policy needs no exception for it.
  vite: {
    build: { assetsInlineLimit: 0 },
    environments: {
      client: {
        build: {
          rolldownOptions: {
            output: {
              // Few files, for each is compressed alone: what every page needs, what most figures share, and what only
              // those with TCP in them, or with a pipe.
              codeSplitting: {
                groups: [
                  { name: 'page', test: /preload-helper|islands.(keys|shell)\.ts/ },
                  {
                    name: 'figure',
                    test: /simulations.engine.(?!chart|fifo|wording)|simulations.kernel.(tcp.(connection|transitions|retransmission)|profile|sysctl)\.ts|node_modules.xstate|figures.figure\.ts|views.(svg|sentence|scene|scale)\.ts|islands.kernel-pane\.ts/,
                  },
                  {
                    name: 'tcp',
                    minShareCount: 2,
                    test: /simulations.kernel.(?!pipe)|network.(link|packet)\.ts|tools.capture\.ts|views.(ladder.*|passage)\.ts/,
                  },
                  {
                    name: 'pipe',
                    minShareCount: 2,
                    test: /simulations.(kernel.pipe|engine.(chart|fifo|wording))/,
                  },
                ],
              },
            },
          },
        },
      },
    },
  },
  integrations: [
    expressiveCode({
      themes: ['github-light', 'github-dark'],
      themeCssSelector: (theme) => `[data-theme='${theme.type}']`,
      useDarkModeMediaQuery: true,
      defaultProps: { frame: 'none', wrap: true },
      frames: { showCopyToClipboardButton: true, extractFileNameFromCode: false },
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
  ],
});
