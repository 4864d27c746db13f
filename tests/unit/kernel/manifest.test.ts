import { describe, expect, test } from 'vitest';
import { formatManifest, parseManifest } from '#site/kernel/manifest.ts';

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

describe('the kernel manifest', () => {
  test('reads back what it was formatted to', () => {
    expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
  });

  test('is formatted with two spaces and a final newline, so a new pin is a small diff', () => {
    expect(formatManifest(manifest)).toMatch(/^\{\n {2}"series": "6\.12",\n[\s\S]*\n\}\n$/);
  });

  test.each([
    ['a hash that is not one', { sha256: 'abc' }, 'fill_basket: "sha256"'],
    ['a file outside the tree', { file: '../secret.c' }, 'fill_basket: "file"'],
    ['a symbol that is no identifier', { symbol: 'two words' }, 'fill_basket: "symbol"'],
    ['a misspelt key', { mark: {} }, 'fill_basket: unknown key "mark"'],
    ['a mark without a pattern', { marks: { full: {} } }, 'fill_basket, mark "full": "at"'],
    ['a mark of no lines', { marks: { full: { at: 'x', lines: 0 } } }, 'fill_basket, mark "full": "lines"'],
    ["a mark's name in capitals", { marks: { Full: { at: 'x' } } }, 'fill_basket, mark "Full": the name'],
  ])('names the entry that has %s', (_what, change, complaint) => {
    expect(() => parseManifest(withEntry(change))).toThrow(complaint);
  });

  test('refuses a version of another series', () => {
    expect(() => parseManifest(JSON.stringify({ ...manifest, version: '6.1.2' }))).toThrow(
      '"version" must be a full version of 6.12',
    );
  });

  test('reports every wrong entry at once', () => {
    const excerpts = { first: { ...entry, sha256: '?' }, second: { ...entry, file: 7 } };
    const parse = () => parseManifest(JSON.stringify({ ...manifest, excerpts }));
    expect(parse).toThrow('first:');
    expect(parse).toThrow('second:');
  });
});
