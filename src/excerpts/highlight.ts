/** C code with its tokens marked by class, so that light, dark and print need one copy. */
import { createCssVariablesTheme, createHighlighter } from 'shiki';
import { escapeText } from '../views/svg.ts';

const theme = createCssVariablesTheme({ name: 'classes', variablePrefix: '--', fontStyle: false });
const CLASSES: Readonly<Record<string, string>> = {
  'token-comment': 'c',
  'token-keyword': 'k',
  'token-string': 's',
  'token-string-expression': 's',
  'token-constant': 'n',
};

let loading: ReturnType<typeof createHighlighter> | undefined;

/** Lines of markup, one for each line of the code. */
export async function highlightC(code: string): Promise<string[]> {
  loading ??= createHighlighter({ themes: [theme], langs: ['c'] });
  const { tokens } = (await loading).codeToTokens(code, { lang: 'c', theme: 'classes' });
  return tokens.map((line) => {
    const runs: { kind: string | undefined; text: string }[] = [];
    for (const { content, color = '' } of line) {
      const kind = CLASSES[/var\(--([\w-]+)\)/.exec(color)?.[1] ?? ''];
      const last = runs.at(-1);
      if (last && (last.kind === kind || content.trim() === '')) last.text += content;
      else runs.push({ kind, text: content });
    }
    return runs
      .map(({ kind, text }) => (kind ? `<span class="${kind}">${escapeText(text)}</span>` : escapeText(text)))
      .join('');
  });
}
