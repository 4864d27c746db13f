/** A line of text in which backticks mark code, as pieces: what stands in an attribute has no Markdown. */
export const codeWords = (text: string): { text: string; isCode: boolean }[] =>
  text
    .split('`')
    .map((text, i) => ({ text, isCode: i % 2 === 1 }))
    .filter(({ text }) => text);
