import { expect, test } from 'vitest';
import { isMissing, loadExcerpts } from '#site/excerpts/excerpt.ts';

const FETCH_TIMEOUT_MS = 300_000;

test("every excerpt of the manifest is cut from the kernel's source as it is pinned", {
  timeout: FETCH_TIMEOUT_MS,
}, async ({ skip }) => {
  const excerpts = [...(await loadExcerpts()).values()];
  const missing = excerpts.find(isMissing);
  if (missing && !process.env.CI) skip(missing.reason);
  expect(excerpts.filter(isMissing)).toEqual([]);
  expect(excerpts.flatMap((excerpt) => (isMissing(excerpt) ? [] : (excerpt.drift ?? [])))).toEqual([]);
});
