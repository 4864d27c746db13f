import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import recording from '#content/errors/recording.json' with { type: 'json' };
import { errors } from '#content/errors/table.ts';
import { ERRNO } from '#simulations/kernel/errno.ts';
import { stepsOf } from '#site/playbook/playbook.ts';
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

describe('each step and section', () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-');

  /** The fragments of a page: of its headings, and of the steps of its playbook. */
  function fragmentsOf(page: string): string[] {
    const folder = ['incidents', 'reference'].map((kind) => `content/${kind}/${page}`).find(existsSync);
    const headings = readFileSync(`${folder}/index.mdx`, 'utf8').matchAll(/^#{2,3} (.+)$/gm);
    const playbook = `${folder}/playbook.mdx`;
    const steps = existsSync(playbook) ? stepsOf(readFileSync(playbook, 'utf8')) : [];
    return [...[...headings].map(([, heading = '']) => slug(heading)), ...steps.map(({ id }) => id)];
  }

  test.each([...new Set(situations.map(({ to }) => to))])('%s is there', (to) => {
    const [page = '', fragment] = to.split('/');
    expect(fragmentsOf(page)).toContain(fragment);
  });
});

describe('the table', () => {
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
