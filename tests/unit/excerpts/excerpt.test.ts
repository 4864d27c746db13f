import { describe, expect, test } from 'vitest';
import { ExcerptError, hashOf, loadExcerpts } from '#site/excerpts/excerpt.ts';
import type { Manifest, ManifestEntry } from '#site/excerpts/manifest.ts';
import { BASKET_C, basketSource, silentProgress, stepThat } from './fixture.ts';

const CUT = BASKET_C.split('\n').slice(1, -1).join('\n');
const CHANGED_C = BASKET_C.replace('> 12', '> 24');

function manifestWith(change: Partial<ManifestEntry> = {}): Manifest {
  const marks = { full: { at: 'if (eggs > 12)', lines: 2 }, room: { at: 'return 0' } };
  const entry = { file: 'net/basket.c', symbol: 'fill_basket', sha256: hashOf(CUT), marks, ...change };
  return { series: '6.12', version: '6.12.3', licence: 'GPL-2.0', excerpts: { fill_basket: entry } };
}

function load(manifest: Manifest, source = basketSource()) {
  return loadExcerpts({ manifest, steps: [stepThat(source)], progress: silentProgress() });
}

describe('excerpts', () => {
  test('carry file, symbol, lines, version, licence, text and marks', async () => {
    expect([...(await load(manifestWith()))]).toEqual([
      [
        'fill_basket',
        {
          id: 'fill_basket',
          file: 'net/basket.c',
          symbol: 'fill_basket',
          first_line: 2,
          last_line: 7,
          version: '6.12.3',
          licence: 'GPL-2.0-only',
          text: CUT,
          marks: { full: { first_line: 4, last_line: 5 }, room: { first_line: 6, last_line: 6 } },
          drift: null,
        },
      ],
    ]);
  });

  test("take the manifest's licence when the file states none", async () => {
    const unmarked = basketSource('6.12.3', CUT);
    expect((await load(manifestWith(), unmarked)).get('fill_basket')).toMatchObject({ licence: 'GPL-2.0' });
  });

  test('say when the text has drifted, keep the marks that still match and name the others', async () => {
    const excerpt = (await load(manifestWith(), basketSource('6.12.4', CHANGED_C))).get('fill_basket');
    expect(excerpt).toMatchObject({
      version: '6.12.4',
      marks: { room: { first_line: 6, last_line: 6 } },
      drift:
        'fill_basket (net/basket.c) in 6.12.4 is not the text that is pinned from 6.12.3; ' +
        'mark "full" must match once and matches 0 times: if (eggs > 12)',
    });
  });

  test('say when they were never pinned', async () => {
    const excerpt = (await load(manifestWith({ sha256: '' }))).get('fill_basket');
    expect(excerpt).toMatchObject({ drift: 'fill_basket (net/basket.c) is not pinned yet' });
  });

  test('are missing, with reason and link, when no source answers', async () => {
    const steps = [stepThat(new Error('empty'), 'the shelf')];
    const excerpts = await loadExcerpts({ manifest: manifestWith(), steps, progress: silentProgress() });
    expect(excerpts.get('fill_basket')).toEqual({
      id: 'fill_basket',
      file: 'net/basket.c',
      symbol: 'fill_basket',
      reason: 'the shelf: empty',
      link: 'https://elixir.bootlin.com/linux/v6.12.3/source/net/basket.c',
    });
  });

  test('fail with every symbol and mark that is wrong, in one error', async () => {
    const manifest = manifestWith({ marks: { full: { at: 'return' }, gone: { at: 'hatch' } } });
    manifest.excerpts.hen = { file: 'net/basket.c', symbol: 'hen', sha256: '', marks: {} };
    const error = await load(manifest).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExcerptError);
    expect((error as ExcerptError).problems).toEqual([
      'fill_basket: mark "full" must match once and matches 2 times: return',
      'fill_basket: mark "gone" must match once and matches 0 times: hatch',
      'net/basket.c: hen is not defined there',
    ]);
  });
});
