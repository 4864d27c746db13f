/** Pictures for other programs: previews of links, icons, the README's. And the map of the site. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { strip } from '#site/figures/connect-timeout/strip.ts';
import { ico, iconPng } from '#site/pictures/icons.ts';
import { linesOf, widthOf } from '#site/pictures/outlines.ts';
import { preview, previewSvg } from '#site/pictures/preview.ts';
import { PICTURE, readmePicture } from '#site/pictures/readme.ts';
import { PREVIEW } from '#site/site.ts';
import { sitemapOf } from '#site/sitemap.ts';

const page = { kick: 'Incident 1', title: 'The worker that was killed', lede: 'A peer stops answering.' };

describe('the picture for the preview of a link', () => {
  it('has the size that it says, and is the same each time', async () => {
    const png = await preview({ ...page, strip: strip() });
    const { format, width, height } = await sharp(png).metadata();
    expect({ format, width, height }).toEqual({ format: 'png', ...PREVIEW });
    expect(png.length).toBeLessThan(100_000);
    expect(png.equals(await preview({ ...page, strip: strip() }))).toBe(true);
  });

  it('asks the machine for no font and no style', () => {
    expect(previewSvg({ ...page, strip: strip() })).not.toMatch(/<text|var\(--(?!sans|mono)/);
  });

  it('has the lede where there is no strip', () => {
    const [without, shorter] = [previewSvg(page), previewSvg({ ...page, lede: 'A peer.' })];
    expect(without.length).toBeGreaterThan(shorter.length);
    expect(without).not.toContain('card-strip');
  });

  it('breaks a title between words, and keeps each line in its width', () => {
    const lines = linesOf('Ten thousand CLOSE_WAIT, and a log line', 'serif', 62, 700);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join(' ')).toBe('Ten thousand CLOSE_WAIT, and a log line');
    for (const line of lines) expect(widthOf(line, 'serif', 62)).toBeLessThanOrEqual(700);
  });
});

describe('the icon', () => {
  it('for old browsers is a PNG in a Windows icon', async () => {
    const png = await iconPng(32);
    const icon = ico(png, 32);
    expect([...icon.subarray(0, 8)]).toEqual([0, 0, 1, 0, 1, 0, 32, 32]);
    expect(icon.readUInt32LE(14)).toBe(png.length);
    expect(icon.subarray(icon.readUInt32LE(18)).equals(png)).toBe(true);
  });

  it('for a home screen is opaque', async () => {
    const { width, hasAlpha } = await sharp(await iconPng(180, '#1c1e22')).metadata();
    expect({ width, hasAlpha }).toEqual({ width: 180, hasAlpha: false });
  });
});

describe('the README’s picture', () => {
  it('is what `npm run picture` would draw now', () => {
    const isAsDrawn = readFileSync(PICTURE, 'utf8') === readmePicture();
    expect(isAsDrawn, `${PICTURE} is stale: npm run picture`).toBe(true);
  });
});

describe('the map of the site', () => {
  it('has every page but the one for a page that is not there', () => {
    const map = sitemapOf(['', '404/', 'incidents/b/', 'incidents/a/'], 'https://sockets.example', '/docs/');
    expect([...map.matchAll(/<loc>(.*?)<\/loc>/g)].map(([, address]) => address)).toEqual([
      'https://sockets.example/docs/',
      'https://sockets.example/docs/incidents/a/',
      'https://sockets.example/docs/incidents/b/',
    ]);
  });
});
