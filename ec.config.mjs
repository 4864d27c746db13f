/** How code is shown: in a file of its own, which `<Code>` reads as well. */
import { defineEcConfig } from 'astro-expressive-code';
import { wholeOptions } from './src/whole-options.ts';

export default defineEcConfig({
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
});
