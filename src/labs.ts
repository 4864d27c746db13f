/**
 * The labs, and how each becomes the one Python file that a reader downloads and `npm run lab` runs.
 *
 * A lab (`content/<kind>/<slug>/lab.py`) and the parts of `content/labkit/` are Python modules in the order docstring,
 * imports, the rest. They import in two ways only: `import module`, from the standard library, and
 * `from labkit.part import names`. assembleLab() puts the parts that a lab needs before it into one file, where such a
 * name is simply there. So two parts must not define the same name.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';

/** A lab: its slug, and its folder below `content`, such as `incidents/connect-timeout`. */
export interface Lab {
  readonly slug: string;
  readonly folder: string;
}

/** A Python module, taken apart. */
interface Part {
  /** Below `content`, with slashes. */
  readonly path: string;
  /** The docstring's text. */
  readonly says: string;
  /** Modules of the standard library that it imports. */
  readonly modules: readonly string[];
  /** Names that it imports, by the labkit's part. */
  readonly uses: ReadonlyMap<string, readonly string[]>;
  /** What comes after the imports. */
  readonly body: string;
  /** Names that the body defines. */
  readonly defines: ReadonlySet<string>;
}

/** Every lab below a content folder, by path. */
export function findLabs(content = 'content'): Lab[] {
  return globSync('*/*/lab.py', { cwd: content })
    .map((path) => path.split(sep))
    .map(([kind = '', slug = '']) => ({ slug, folder: `${kind}/${slug}` }))
    .sort((a, b) => a.folder.localeCompare(b.folder, 'en'));
}

/** A script that a reader downloads as it lies beside a chapter. */
export interface Script {
  /** Below `content`. */
  readonly folder: string;
  /** Its name, without `.py`. */
  readonly script: string;
}

/** Every script below a content folder, by path. */
export function findScripts(content = 'content'): Script[] {
  return globSync(['incidents/*/*.py', 'reference/*/*.py'], { cwd: content, exclude: ['**/lab.py'] })
    .sort()
    .map((path) => ({ folder: path.split(sep).slice(0, -1).join('/'), script: basename(path, '.py') }));
}

export const scriptText = ({ folder, script }: Script, content = 'content'): string =>
  readFileSync(join(content, folder, `${script}.py`), 'utf8');

/**
 * A lab as one file of Python that needs nothing but the standard library.
 * @param folder below `content`
 * @throws Error that names the module and what is wrong with it
 */
export function assembleLab(folder: string, content = 'content'): string {
  const parts = inOrder(`${folder}/lab.py`, content);
  for (const [i, part] of parts.entries()) checkNames(part, parts.slice(0, i));
  const lab = parts.at(-1) as Part;
  const modules = [...new Set(parts.flatMap((part) => part.modules))].sort();
  const sections = parts.map((part) => `${banner(part, part === lab)}\n\n${part.body}`);
  const head = (starts: readonly number[]) => [
    `#!/usr/bin/env python3\n"""${lab.says}"""`,
    '# This file is all that the lab needs, and it was put together from parts. To change it, change them:',
    ...parts.map(({ path }, i) => `#   from line ${String(starts[i]).padStart(4)}  content/${path}`),
    `${modules.map((name) => `import ${name}`).join('\n')}\n\n\n`,
  ];
  const starts: number[] = [];
  let line = head(parts.map(() => 0))
    .join('\n')
    .split('\n').length;
  for (const section of sections) {
    starts.push(line);
    line += `${section}\n\n\n`.split('\n').length - 1;
  }
  return `${head(starts).join('\n')}${sections.join('\n\n\n')}\n`;
}

/** A module and the parts that it imports, each after what it imports itself. */
function inOrder(
  path: string,
  content: string,
  found: Part[] = [],
  importing: readonly string[] = [],
): Part[] {
  if (importing.includes(path)) throw new Error(`a circle of imports: ${[...importing, path].join(', ')}`);
  if (found.some((part) => part.path === path)) return found;
  const part = takeApart(path, readFileSync(join(content, path), 'utf8'));
  for (const used of part.uses.keys()) inOrder(`labkit/${used}.py`, content, found, [...importing, path]);
  found.push(part);
  return found;
}

const module = /^(?:#!.*\n)?"""([\s\S]*?)"""\n((?:(?:import|from) (?:.*\([^)]*\)|.*)\n|\n)*)([\s\S]*)$/;

function takeApart(path: string, text: string): Part {
  const [, says, imports = '', body = ''] = module.exec(text) ?? [];
  if (says === undefined) throw new Error(`${path}: does not begin with a docstring`);
  const late = /^ *(?:import \w+(?: as \w+)?|from [\w.]+ import .*)$/m.exec(body);
  if (late) throw new Error(`${path}: an import that is not among the first lines: ${late[0].trim()}`);
  const modules: string[] = [];
  const uses = new Map<string, string[]>();
  for (const [line, from, names = ''] of imports.matchAll(/^\w+ ?(\S*)(?: import )?((?:\([^)]*\)|.*))$/gm)) {
    const part = /^labkit\.(\w+)$/.exec(from ?? '')?.[1];
    if (/^import [\w.]+$/.test(line)) modules.push(from ?? '');
    else if (part && /^[\w\s,()]+$/.test(names)) uses.set(part, names.match(/\w+/g) ?? []);
    else throw new Error(`${path}: "${line}": write "import module" or "from labkit.part import names"`);
  }
  const defined = body.matchAll(/^(?:(?:async )?def|class) (\w+)|^([A-Za-z_][\w, ]*?)(?:: .+?)? = /gm);
  const defines = new Set([...defined].flatMap(([, name, names]) => (name ?? names ?? '').split(/, */)));
  return { path, says, modules, uses, body: body.trim(), defines };
}

/** @throws Error when a part imports a name that is not there, or defines one that another part has */
function checkNames(part: Part, before: readonly Part[]): void {
  for (const [used, names] of part.uses) {
    const from = before.find(({ path }) => path === `labkit/${used}.py`);
    const missing = names.find((name) => !from?.defines.has(name));
    if (missing) throw new Error(`${part.path}: labkit/${used}.py has no ${missing}`);
  }
  for (const other of before) {
    const twice = [...part.defines].find((name) => other.defines.has(name) || other.modules.includes(name));
    const hidden = twice ?? part.modules.find((name) => other.defines.has(name));
    if (hidden)
      throw new Error(
        `${part.path} and ${other.path} both have the name ${hidden}; in one file that cannot be`,
      );
  }
}

/** What stands above a part: where it is from and, of the labkit, what its docstring says. */
function banner({ path, says }: Part, isLab: boolean): string {
  const text = isLab ? `content/${path}: the lab itself` : `content/${path}\n\n${says.trim()}`;
  const rule = `# ${'='.repeat(118)}`;
  return [rule, ...text.split('\n').map((line) => `# ${line}`.trimEnd()), rule].join('\n');
}
