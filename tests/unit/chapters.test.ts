/** What belongs to a chapter and is registered nowhere: the folders that must lie beside each other, by their names. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { registered } from '#simulations/catalogue.ts';
import { readManifest } from '#site/excerpts/manifest.ts';
import { usedMarks } from '#site/excerpts/used.ts';
import { PARTS } from '../chapter-parts.ts';
import { commandsOf } from '../conformance/playbooks/playbook.ts';

const foldersIn = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/** The files of a list that are not there. */
const missing = (...files: string[]): string[] => files.filter((file) => !existsSync(file));

/** What tests the commands of a page; a page of the reference without commands needs none. */
const playbookTests = (slug: string): string[] => [
  `tests/conformance/playbooks/${slug}.py`,
  `tests/conformance/playbooks/${slug}.test.ts`,
];

const incidents = foldersIn('content/incidents');
const reference = foldersIn('content/reference');

test('the folders are found', () => {
  expect(incidents).toContain('connect-timeout');
  expect(reference).toContain('pipe-buffer');
});

describe.each(incidents)('the chapter %s', (slug) => {
  test('has its text, its playbook, its lab and what the lab recorded', () => {
    const files = ['index.mdx', 'playbook.mdx', 'lab.py', 'recording.json'];
    expect(missing(...files.map((file) => `content/incidents/${slug}/${file}`))).toEqual([]);
  });

  test('has the eight parts, in their order', () => {
    const text = readFileSync(`content/incidents/${slug}/index.mdx`, 'utf8');
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, part]) => part)).toEqual(PARTS);
  });

  test('has a simulation that is held to the recording, and a figure', () => {
    expect(
      missing(
        `simulations/incidents/${slug}/index.ts`,
        `src/figures/${slug}/live.ts`,
        `src/figures/${slug}/index.ts`,
      ),
    ).toEqual([]);
    expect(registered[slug]?.comparison ?? null).not.toBeNull();
  });

  test('has a plan for the workshop', () => expect(missing(`content/workshop/${slug}.md`)).toEqual([]));
});

describe.each([...incidents, ...reference.filter((slug) => commandsOf(slug).length > 0)])(
  'the commands of %s',
  (slug) => {
    test('have situations to be run in, and a test that runs them', () =>
      expect(missing(...playbookTests(slug))).toEqual([]));

    test('are all taken by that test, or named in it as untried', () =>
      expect(readFileSync(`tests/conformance/playbooks/${slug}.test.ts`, 'utf8')).toContain(
        'expect(playbook.untaken).toEqual([])',
      ));
  },
);

test.each(Object.entries(registered))(
  'every kernel line that a run of %s points to has its mark in content/kernel.json',
  async (_, { simulation }) => {
    const { excerpts } = await readManifest('.');
    const unknown = [...usedMarks(simulation)].filter((mark) => {
      const [excerpt = '', name = ''] = mark.split(':');
      return !excerpts[excerpt]?.marks[name];
    });
    expect(unknown).toEqual([]);
  },
);

test('a plan for the workshop, and a test of commands, has its page', () => {
  const slugs = new Set([...incidents, ...reference]);
  const plans = readdirSync('content/workshop').map((file) => file.replace(/\.md$/, ''));
  const tests = readdirSync('tests/conformance/playbooks').flatMap((file) =>
    file.endsWith('.test.ts') ? [file.replace(/\.test\.ts$/, '')] : [],
  );
  expect([...plans, ...tests].filter((slug) => !slugs.has(slug))).toEqual([]);
});
