import { describe, expect, test } from 'vitest';
import { type FoundPage, queryOf, sectionsOf } from '#site/search/prose.ts';

/** A page as Pagefind hands it on: its words, and where its headings stand among them. */
function page(url: string, title: string, sections: Readonly<Record<string, string>>): FoundPage {
  const words: string[] = [`${title}.`];
  const anchors = Object.entries(sections).map(([heading, text]) => {
    const location = words.join(' ').split(/\s+/).length;
    words.push(`${heading}.`, text);
    return { element: 'h2', id: heading.toLowerCase(), text: heading, location };
  });
  const content = words.join(' ');
  return {
    url,
    meta: { title },
    content,
    raw_content: content.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    anchors,
  };
}

const chapter = page('/incidents/pipe/', 'The pipe', {
  Symptom: 'Nothing happens. The log has stopped.',
  Fix: 'Give the log a reader. A supervisor reads with cat <file and keeps the pipe empty.',
});
const checked = page('/checked/', 'How it is checked', { Excerpts: 'The log of pipe_write reader.' });
const said = (query: string, ...pages: FoundPage[]) =>
  sectionsOf(pages, query, 2).map(({ href, sentence }) => [
    href,
    sentence
      .map(({ text }) => text)
      .join('')
      .trim(),
  ]);

describe('what is asked of the chapters', () => {
  test('are the words without addresses, times and numbers', () =>
    expect(queryOf('2026/11/21 19:04:50 dial 10.0.0.1:80 recv-q 1')).toBe('dial recv q'));
  test('is nothing where there is no word', () => expect(queryOf('10.0.0.1:80 1')).toBe(''));
});

describe('a section', () => {
  test('is found by the sentence that has most of the words', () =>
    expect(said('supervisor pipe', chapter)).toEqual([
      ['/incidents/pipe/#fix', 'A supervisor reads with cat <file and keeps the pipe empty.'],
    ]));
  test('is not found where one of the words is missing, or only begins like it', () => {
    expect(said('supervisor nohup', chapter)).toEqual([]);
    expect(said('super', chapter)).toEqual([]);
  });
  test('has the words of one name together', () => {
    const write = page('/c/', 'C', {
      Apart: 'A pipe, and a write.',
      Together: 'It sleeps in anon_pipe_write.',
    });
    expect(said('pipe_write', write)).toEqual([['/c/#together', 'It sleeps in anon_pipe_write.']]);
  });
  test('with all words in one sentence comes before one that has them apart', () =>
    expect(
      said('log reader', page('/a/', 'A', { Apart: 'A log. A reader.' }), chapter).map(([href]) => href),
    ).toEqual(['/incidents/pipe/#fix', '/a/#apart']));
  test('of a chapter comes before the page of checks', () =>
    expect(said('log reader', checked, chapter).map(([href]) => href)).toEqual([
      '/incidents/pipe/#fix',
      '/checked/#excerpts',
    ]));
  test('has its words marked, and no others', () => {
    const marked = sectionsOf([chapter], 'supervisor', 1)[0]?.sentence.filter(({ isFound }) => isFound);
    expect(marked?.map(({ text }) => text)).toEqual(['supervisor']);
  });
  test('without a full stop is cut around its first word', () => {
    const long = page('/b/', 'B', { Long: `${'word '.repeat(60)}needle ${'word '.repeat(60)}` });
    const [[, text = ''] = []] = said('needle', long);
    expect(text).toMatch(/^… .*needle.* …$/);
    expect(text.split(' ').length).toBeLessThan(60);
  });
});
