import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

/** One file that names another. */
interface Import {
  readonly from: string;
  readonly to: string;
  /** Only types are taken: nothing of it is left at run time. */
  readonly isType: boolean;
}

/** What `package.json` says of `#…`. */
const ALIASES = { '#simulations/': 'simulations/', '#site/': 'src/', '#content/': 'content/' };

/** The TypeScript of a file: an Astro page has it between its fences and in its scripts. */
function scriptsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  if (!path.endsWith('.astro')) return [text];
  const frontmatter = /^---\n([\s\S]*?)\n---/.exec(text)?.[1] ?? '';
  return [
    frontmatter,
    ...[...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script ?? ''),
  ];
}

function pathOf(specifier: string, from: string): string | null {
  if (specifier.startsWith('.')) return normalize(join(dirname(from), specifier));
  const alias = Object.entries(ALIASES).find(([prefix]) => specifier.startsWith(prefix));
  return alias ? alias[1] + specifier.slice(alias[0].length) : null;
}

/** Whether an import or export leaves nothing at run time. */
function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
  const { importClause } = statement;
  if (!importClause) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { namedBindings, name } = importClause;
  return (
    !name &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  );
}

function importsIn(path: string): Import[] {
  return scriptsOf(path).flatMap((text) =>
    ts
      .createSourceFile(path, text, ts.ScriptTarget.Latest)
      .statements.filter((each) => ts.isImportDeclaration(each) || ts.isExportDeclaration(each))
      .flatMap((statement) => {
        const { moduleSpecifier } = statement;
        if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) return [];
        const to = pathOf(moduleSpecifier.text, path);
        return to ? [{ from: path, to, isType: isTypeOnly(statement) }] : [];
      }),
  );
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|astro)$/.test(name))
    .map((name) => join(folder, name));

/** The shortest way from a file back to itself, as the files that it leads through, or null. */
function circleFrom(start: string, imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const ways = [[start]];
  const seen = new Set<string>();
  for (let way = ways.shift(); way; way = ways.shift())
    for (const next of imports.get(way.at(-1) as string) ?? []) {
      if (next === start) return [...way, start];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  return null;
}

function circles(imports: readonly Import[]): string[] {
  const byFile = new Map<string, string[]>();
  for (const { from, to } of imports) byFile.set(from, [...(byFile.get(from) ?? []), to]);
  /** By the files of the circle, for it is found once from each of them. */
  const found = new Map<string, string>();
  for (const file of byFile.keys()) {
    const circle = circleFrom(file, byFile);
    const key = [...new Set(circle)].sort().join();
    if (circle && !found.has(key)) found.set(key, circle.join('\n  imports '));
  }
  return [...found.values()];
}

/** A folder of `simulations/` → what its files may run, beside their own folder. */
const RUNS: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  trace: ['engine'],
  network: ['engine'],
  kernel: ['engine', 'network', 'trace'],
  machine: ['engine', 'network', 'kernel', 'trace'],
  userland: ['engine', 'machine'],
};

/** What they may name besides, as types: the snapshot is known everywhere, and so is what is told. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  trace: ['machine', 'network'],
  network: ['machine', 'trace'],
  kernel: ['machine'],
};

/** `kernel` for `simulations/kernel/tcp/sock.ts`; a file that lies in no folder is one of its own. */
const layerOf = (path: string): string => path.split('/')[1] ?? '';

const simulations = filesIn('simulations').flatMap(importsIn);
const site = filesIn('src').flatMap(importsIn);

test('the check finds the files, and sees a type for what it is', () => {
  const fromSock = simulations.filter(({ from }) => from === 'simulations/kernel/tcp/sock.ts');
  expect(fromSock).toContainEqual({
    from: 'simulations/kernel/tcp/sock.ts',
    to: 'simulations/machine/state.ts',
    isType: true,
  });
  expect(fromSock).toContainEqual({
    from: 'simulations/kernel/tcp/sock.ts',
    to: 'simulations/kernel/tcp/sender.ts',
    isType: false,
  });
  expect(site.length).toBeGreaterThan(100);
});

test('the check spells a circle out', () => {
  const ring = ['a', 'b', 'c'].map((from, i, all) => ({ from, to: all[(i + 1) % 3] ?? '', isType: true }));
  expect(circles([...ring, { from: 'd', to: 'a', isType: false }])).toEqual([
    'a\n  imports b\n  imports c\n  imports a',
  ]);
});

describe('no file leads back to itself through what it imports', () => {
  test('in the simulations, types included', () => expect(circles(simulations)).toEqual([]));
  test('in the site, types included', () => expect(circles(site)).toEqual([]));
});

describe('the simulations', () => {
  test('import nothing of the site and nothing that people read', () => {
    const out = simulations.filter(({ to }) => !to.startsWith('simulations/'));
    expect(out.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test.each(Object.keys(RUNS))('import in %s only what lies below it', (layer) => {
    const runs = [layer, ...(RUNS[layer] ?? [])];
    const names = [...runs, ...(NAMES[layer] ?? [])];
    const wrong = simulations.filter(
      ({ from, to, isType }) => layerOf(from) === layer && !(isType ? names : runs).includes(layerOf(to)),
    );
    expect(wrong.map(({ from, to, isType }) => `${from} ${isType ? 'names' : 'runs'} ${to}`)).toEqual([]);
  });

  test('know no incident but their own', () => {
    const incidentOf = (path: string) => /^simulations\/incidents\/([^/]+)/.exec(path)?.[1];
    const wrong = simulations.filter(
      ({ from, to }) => incidentOf(from) && incidentOf(to) && incidentOf(from) !== incidentOf(to),
    );
    expect(wrong).toEqual([]);
  });

  test('are known to the tools only as traces', () => {
    const wrong = simulations.filter(
      ({ from, to }) => layerOf(from) === 'tools' && ['incidents', 'reference'].includes(layerOf(to)),
    );
    expect(wrong).toEqual([]);
  });
});
