/** A line of a shell as words: blanks part them, quotes keep them together, a # begins a comment. */
export function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  for (const [, single, double, plain = ''] of line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)) {
    if (plain.startsWith('#')) break;
    words.push(single ?? double ?? plain);
  }
  return words;
}
