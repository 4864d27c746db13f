import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assembleLab, findLabs } from '#site/labs.ts';
import { GET, getStaticPaths } from '#site/pages/[...folder]/lab.py.ts';

const labs = findLabs();
const hasPython = spawnSync('python3', ['--version']).status === 0;
const temporary = mkdtempSync(join(tmpdir(), 'labkit-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Writes modules into a content folder of their own, and puts the lab `incidents/example` together. */
function assembled(modules: Record<string, string>): string {
  const content = mkdtempSync(join(temporary, 'content-'));
  for (const [path, text] of Object.entries(modules)) {
    mkdirSync(dirname(join(content, path)), { recursive: true });
    writeFileSync(join(content, path), text);
  }
  return assembleLab('incidents/example', content);
}

const LAB = 'incidents/example/lab.py';
const oven = '"""An oven."""\nimport time\n\n\ndef bake():\n    time.sleep(0)\n';

describe('the file that a reader gets', () => {
  it('exists for every lab, in the order of their folders', () => {
    expect(labs.map(({ folder }) => folder)).toEqual([...labs.map(({ folder }) => folder)].sort());
    expect(labs.map(({ slug }) => slug)).toEqual(
      expect.arrayContaining(['connect-timeout', 'nagle-delayed-ack', 'close-wait-pipe', 'pipe-buffer']),
    );
  });

  for (const { slug, folder } of labs) {
    const text = assembleLab(folder);
    const lines = text.split('\n');

    it(`begins with what the lab is, and says at which line each part begins (${slug})`, () => {
      const source = readFileSync(join('content', folder, 'lab.py'), 'utf8');
      const [docstring = ''] = /^[\s\S]*?"""[\s\S]*?"""/.exec(source) ?? [];
      expect(text.startsWith(`${docstring}\n# This file is all that the lab needs`)).toBe(true);
      const places = [...text.matchAll(/^# {3}from line +(\d+) {2}(.+)$/gm)];
      expect(places.at(-1)?.[2]).toBe(`content/${folder}/lab.py`);
      expect(places.length).toBeGreaterThan(2);
      for (const [, line, path] of places)
        expect(lines.slice(Number(line) - 1, Number(line) + 1).join('\n')).toMatch(
          new RegExp(`^# =+\n# ${path}(?:: the lab itself)?$`),
        );
    });

    it(`is plain: no import of a part, nothing packed, nothing executed from text (${slug})`, () => {
      expect(text).not.toMatch(
        /^\s*(?:from|import) labkit|\bexec\(|\beval\(|base64|zip(?:import|file)|__import__|importlib/m,
      );
      expect(lines.filter((line) => /^import /.test(line))).toEqual([
        ...new Set(lines.filter((line) => /^import /.test(line)).sort()),
      ]);
    });

    it.skipIf(!hasPython)(`runs with Python’s standard library alone, from any folder (${slug})`, () => {
      const file = join(mkdtempSync(join(temporary, 'download-')), 'lab.py');
      writeFileSync(file, text);
      const { status, stdout, stderr } = spawnSync('python3', ['-I', '-S', file, '--list'], {
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout.split('\n').length).toBeGreaterThan(10);
    });

    it(`is what the site serves and what npm run lab runs (${slug})`, async () => {
      expect(getStaticPaths()).toContainEqual({ params: { folder } });
      const response = await GET({ params: { folder } } as Parameters<typeof GET>[0]);
      expect(await (response as Response).text()).toBe(text);
      if (process.platform !== 'linux') return;
      spawnSync(process.execPath, ['tests/conformance/lab.ts', slug, '--list']);
      expect(readFileSync(join('.cache', 'labs', slug, 'lab.py'), 'utf8')).toBe(text);
    });
  }

  it('has each part after those that it uses, once, and the lab last', () => {
    const text = assembled({
      'labkit/oven.py': oven,
      'labkit/cook.py': '"""A cook."""\nfrom labkit.oven import bake\n\n\ndef cook():\n    bake()\n',
      [LAB]:
        '"""Bread."""\nfrom labkit.cook import cook\nfrom labkit.oven import (\n    bake)\n\ncook()\nbake()\n',
    });
    expect(text).toBe(`#!/usr/bin/env python3
"""Bread."""
# This file is all that the lab needs, and it was put together from parts. To change it, change them:
#   from line   10  content/labkit/oven.py
#   from line   20  content/labkit/cook.py
#   from line   30  content/incidents/example/lab.py
import time


# ${'='.repeat(118)}
# content/labkit/oven.py
#
# An oven.
# ${'='.repeat(118)}

def bake():
    time.sleep(0)


# ${'='.repeat(118)}
# content/labkit/cook.py
#
# A cook.
# ${'='.repeat(118)}

def cook():
    bake()


# ${'='.repeat(118)}
# content/incidents/example/lab.py: the lab itself
# ${'='.repeat(118)}

cook()
bake()
`);
  });
});

describe('modules that cannot become one file are refused, with the reason', () => {
  for (const [situation, modules, reason] of [
    [
      'a part that does not exist',
      { [LAB]: '"""Bread."""\nfrom labkit.kiln import bake\n' },
      /no such file.*labkit.kiln\.py/,
    ],
    [
      'a name that a part does not have',
      { 'labkit/oven.py': oven, [LAB]: '"""Bread."""\nfrom labkit.oven import fry\n' },
      /incidents\/example\/lab\.py: labkit\/oven\.py has no fry/,
    ],
    [
      'a name that two parts define',
      { 'labkit/oven.py': oven, [LAB]: '"""Bread."""\nfrom labkit.oven import bake\n\ncakes, bake = 1, 2\n' },
      /both have the name bake/,
    ],
    [
      'a name that is a module of another part',
      {
        'labkit/oven.py': oven,
        [LAB]: '"""Bread."""\nfrom labkit.oven import bake\n\ndef time():\n    bake()\n',
      },
      /both have the name time/,
    ],
    [
      'a module with the name that another part defines',
      {
        'labkit/oven.py': '"""An oven."""\n\ndef select():\n    pass\n',
        [LAB]: '"""Bread."""\nimport select\nfrom labkit.oven import select\n',
      },
      /both have the name select/,
    ],
    [
      'parts that import each other',
      {
        'labkit/oven.py': '"""An oven."""\nfrom labkit.cook import cook\n\ndef bake():\n    cook()\n',
        'labkit/cook.py': '"""A cook."""\nfrom labkit.oven import bake\n\ndef cook():\n    bake()\n',
        [LAB]: '"""Bread."""\nfrom labkit.oven import bake\n',
      },
      /circle of imports: incidents\/example\/lab\.py, labkit\/oven\.py, labkit\/cook\.py, labkit\/oven\.py/,
    ],
    [
      'an import by another name',
      { [LAB]: '"""Bread."""\nimport time as clock\n' },
      /"import time as clock": write/,
    ],
    ['names of a library', { [LAB]: '"""Bread."""\nfrom os import path\n' }, /"from os import path": write/],
    [
      'a renamed part',
      { [LAB]: '"""Bread."""\nfrom labkit.oven import bake as b, fry\n' },
      /labkit.oven\.py/,
    ],
    [
      'an import further down',
      { [LAB]: '"""Bread."""\nx = 1\nimport time\n' },
      /not among the first lines: import time/,
    ],
    ['no docstring', { [LAB]: 'import time\n' }, /does not begin with a docstring/],
  ] as const)
    it(situation, () => {
      expect(() => assembled(modules)).toThrow(reason);
    });
});
