/** How a view becomes a picture of its own, given the style sheets that the page uses for it. */

/** The custom properties of one theme. */
function colours(tokens: string, theme: 'light' | 'dark'): string {
  const [, block = ''] = new RegExp(`\\[data-theme='${theme}'\\]\\s*\\{([^}]*)\\}`).exec(tokens) ?? [];
  return block.replace(/color-scheme[^;]*;/, '');
}

/** @param tokens text of tokens.css @param styles text of svg.css */
export function standaloneWith(
  markup: string,
  theme: 'light' | 'dark',
  tokens: string,
  styles: string,
): string {
  const type = `--sans:Inter,system-ui,sans-serif;--mono:'JetBrains Mono',ui-monospace,monospace;`;
  const style = `svg{${colours(tokens, theme)}${type}}${styles}`
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ');
  return markup.replace(
    />/,
    `><style>${style}</style><rect width="100%" height="100%" fill="var(--paper)"/>`,
  );
}
