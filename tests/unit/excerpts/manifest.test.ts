import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatManifest, parseManifest } from '#site/excerpts/manifest.ts';

const entry = {
  file: 'net/basket.c',
  symbol: 'fill_basket',
  sha256: '',
  marks: { full: { at: 'return 1', lines: 2 } },
};
const manifest = { series: '6.12', version: '6.12.3', licence: 'GPL-2.0', excerpts: { fill_basket: entry } };

function withEntry(change: object): string {
  return JSON.stringify({ ...manifest, excerpts: { fill_basket: { ...entry, ...change } } });
}

/** The lines that reading it ends with. */
function problemsOf(text: string): string[] {
  try {
    parseManifest(text);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
}

describe('the kernel manifest', () => {
  test('reads back what it was formatted to', () => {
    expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
  });

  test('is formatted with two spaces and a final newline, so a new pin is a small diff', () => {
    expect(formatManifest(manifest)).toMatch(/^\{\n {2}"series": "6\.12",\n[\s\S]*\n\}\n$/);
  });

  test('is pinned anew without a change where nothing changed', () => {
    const text = readFileSync('content/kernel.json', 'utf8');
    expect(formatManifest(parseManifest(text))).toBe(text);
  });

  test.each([
    ['a hash that is not one', { sha256: 'abc' }, 'sha256: must be 64 hex digits, or empty before pinning'],
    ['a file outside the tree', { file: '../secret.c' }, 'file: must be the path of a .c or .h file'],
    ['a file that is a number', { file: 7 }, 'file: Invalid input: expected string, received number'],
    ['a symbol that is no identifier', { symbol: 'two words' }, 'symbol: must be a C identifier'],
    ['no symbol', { symbol: undefined }, 'symbol: Invalid input: expected string, received undefined'],
    ['a misspelt key', { mark: {} }, ' Unrecognized key: "mark"'],
    ['marks in a list', { marks: [] }, 'marks: Invalid input: expected record, received array'],
    ['a mark without a pattern', { marks: { full: {} } }, 'marks.full.at: Invalid input: expected string'],
    ['a mark of no lines', { marks: { full: { at: 'x', lines: 0 } } }, 'marks.full.lines: must be a whole'],
    [
      'a mark of half a line',
      { marks: { full: { at: 'x', lines: 0.5 } } },
      'marks.full.lines: must be a whole',
    ],
    [
      "a mark's name in capitals",
      { marks: { Full: { at: 'x' } } },
      "marks.Full: a mark's name must be lower",
    ],
  ])('names the file, the entry and the place that has %s, in one line', (_what, change, complaint) => {
    const place = complaint.startsWith(' ') ? ':' : '.';
    expect(problemsOf(withEntry(change))).toEqual([
      expect.stringContaining(`content/kernel.json: excerpts.fill_basket${place}${complaint}`),
    ]);
  });

  test.each([
    ['is no JSON', '{', 'content/kernel.json: is no JSON: '],
    ['is empty', '', 'content/kernel.json: is no JSON: '],
    ['is a list', '[]', 'content/kernel.json: Invalid input: expected object, received array'],
  ])('says so when it %s', (_what, text, complaint) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(complaint)]);
  });

  test('refuses a version of another series', () => {
    expect(problemsOf(JSON.stringify({ ...manifest, version: '6.1.2' }))).toEqual([
      'content/kernel.json: version: must be of the series in "series", such as 6.12.117 of 6.12',
    ]);
  });

  test('reports every wrong entry at once, a line for each', () => {
    const excerpts = { first: { ...entry, sha256: '?' }, second: { ...entry, file: 7 } };
    expect(problemsOf(JSON.stringify({ ...manifest, excerpts }))).toEqual([
      expect.stringContaining('excerpts.first.sha256: '),
      expect.stringContaining('excerpts.second.file: '),
    ]);
  });
});
