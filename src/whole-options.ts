/** A plugin of the code blocks: a line does not break after the hyphen of an option, as in `sort -` and `rn`. */
import type { ExpressiveCodePlugin } from 'astro-expressive-code';

type Tree = Parameters<
  NonNullable<NonNullable<ExpressiveCodePlugin['hooks']>['postprocessRenderedLine']>
>[0]['renderData']['lineAst'];
type Child = Tree['children'][number];

/** Options up to this length stay whole; a longer word must be able to break on a phone. */
const OPTION = /((?<=^|\s)--?[\w-]{1,16}(?=$|\s))/;

function whole(child: Child): Child[] {
  if (child.type === 'element')
    child.children = child.children.flatMap((each) => whole(each)) as typeof child.children;
  if (child.type !== 'text' || !OPTION.test(child.value)) return [child];
  return child.value
    .split(OPTION)
    .filter(Boolean)
    .map((value): Child => {
      const text = { type: 'text' as const, value };
      return OPTION.test(value)
        ? { type: 'element', tagName: 'span', properties: { className: ['option'] }, children: [text] }
        : text;
    });
}

export const wholeOptions = (): ExpressiveCodePlugin => ({
  name: 'whole options',
  hooks: {
    postprocessRenderedLine: ({ renderData: { lineAst } }) => {
      lineAst.children = lineAst.children.flatMap((child) => whole(child));
    },
  },
});
