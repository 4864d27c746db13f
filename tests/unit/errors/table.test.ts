import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { places } from '#content/errors/places.ts';
import recording from '#content/errors/recording.json' with { type: 'json' };
import { errors } from '#content/errors/table.ts';
import { ERRNO } from '#simulations/kernel/errno.ts';
import { Index } from '#site/search/match.ts';

const situations = errors.flatMap(({ situations }) => situations);

/** Whether a wording stands in a text, by the search’s own rule. */
const stands = (wording: string, text: string): boolean =>
  new Index([{ wordings: [wording], prose: '' }]).find(text).some(({ fit }) => fit === 'wording');

describe('each wording', () => {
  test.each(
    situations.flatMap(({ says }) =>
      Object.entries(says).flatMap(([program, wordings]) =>
        wordings.map((wording) => [program, wording] as const),
      ),
    ),
  )('of %s was recorded: %s', (program, wording) => {
    const texts = recording.cases.filter((each) => each.program === program).map(({ text }) => text);
    expect(texts.some((text) => stands(wording, text))).toBe(true);
  });
});

describe('each place', () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-');

  test.each(Object.entries(places))('%s is on its page', (_, { page, anchor, step, title }) => {
    const text = readFileSync(`content/${page}index.mdx`, 'utf8').replaceAll('`', '');
    const headings = [...text.matchAll(/^#{2,3} (.+)$/gm)].map(([, heading = '']) => heading);
    expect(headings.map(slug)).toContain(anchor);
    if (step !== undefined) expect(text).toContain(`**${step}. ${title}**`);
  });

  test('is led to', () => {
    const used = new Set(situations.map(({ to }) => to));
    expect(Object.keys(places).filter((place) => !used.has(place))).toEqual([]);
  });
});

describe('the table', () => {
  test('leads to places that are there', () => {
    expect(situations.map(({ to }) => to).filter((to) => !(to in places))).toEqual([]);
  });
  test('names errors that the C library has, in the order of their names', () => {
    const names = errors.filter(({ kind }) => kind === 'errno').map(({ name }) => name);
    expect(names.filter((name) => !(name in recording.errno))).toEqual([]);
    expect(names).toEqual([...names].sort());
  });
  test('tells situations apart by their titles', () => {
    const titles = situations.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
  test('says “not covered yet” where the incident is still to come', () => {
    const of = (name: string) => errors.find((group) => group.name === name)?.situations[0]?.missing;
    for (const name of ['EADDRNOTAVAIL', 'TIME-WAIT', 'select() out of range', 'EAI_AGAIN'])
      expect(of(name), name).toBeDefined();
  });
});

test('the simulation has the same numbers and words for its errors', () => {
  const recorded: Record<string, { number: number; text: string }> = recording.errno;
  for (const [name, errno] of Object.entries(ERRNO)) expect(recorded[name], name).toEqual(errno);
});
