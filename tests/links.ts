/**
 * Follows every link of a built site, without a network: pages, files and #fragments must be there.
 *
 * A link to another site is not fetched; it must be well-formed and https. Links that scripts make are not seen.
 * linkinator is not used: it looks for a fragment only while it crawls the page, and so misses those it hears of later.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { basePath, commandLine } from '#site/command.ts';
import { locate } from './browser/serve.ts';

/** A page's links, as written, and what its fragments can point at. */
interface Page {
  links: Set<string>;
  targets: Set<string>;
}

const origin = 'http://site.invalid'; // stands for wherever the site will be

const tag = /<[a-z][\w-]*((?:\s+[^\s=>/"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?)*)\s*\/?>/gi;
const attribute = /([^\s=>/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?/g;
const notMarkup = /<!--[\s\S]*?-->|(?<=<(script|style|textarea)\b[^>]*>)[\s\S]*?(?=<\/\1)/gi;
const linking = new Set(['action', 'data', 'href', 'poster', 'src', 'xlink:href']);

function decode(text: string): string {
  const named: Record<string, string> = { amp: '&', apos: "'", gt: '>', lt: '<', quot: '"' };
  return text
    .replace(/&#(x?)([\da-f]+);/gi, (_, x, digits) =>
      String.fromCodePoint(Number.parseInt(digits, x ? 16 : 10)),
    )
    .replace(/&(amp|apos|gt|lt|quot);/g, (_, name) => named[name] ?? '');
}

function read(html: string): Page {
  const page: Page = { links: new Set(), targets: new Set() };
  for (const [element, attributes = ''] of html.replace(notMarkup, '').matchAll(tag)) {
    for (const [, rawName = '', double, single, bare] of attributes.matchAll(attribute)) {
      const name = rawName.toLowerCase();
      const value = decode(double ?? single ?? bare ?? '').trim();
      if (name === 'id' || (name === 'name' && /^<a\s/i.test(element))) page.targets.add(value);
      else if (name === 'srcset') {
        for (const candidate of value.split(/,\s+/)) page.links.add(candidate.split(/\s/, 1)[0] ?? '');
      } else if (linking.has(name)) page.links.add(value);
    }
  }
  return page;
}

/** Every page under a directory, by file. */
async function readPages(directory: string): Promise<Map<string, Page>> {
  const pages = new Map<string, Page>();
  for (const file of await readdir(directory, { recursive: true })) {
    if (!file.endsWith('.html')) continue;
    pages.set(join(directory, file), read(await readFile(join(directory, file), 'utf8')));
  }
  return pages;
}

/** A fragment as it is looked up: decoded, and without the text that a browser is asked to highlight. */
function targetOf(url: URL): string {
  const fragment = url.hash.slice(1).replace(/:~:.*$/, '');
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

async function problemOf(
  link: string,
  from: string,
  site: { directory: string; base: string; pages: Map<string, Page> },
): Promise<string | undefined> {
  if (!URL.canParse(link, from)) return 'is not a URL';
  const url = new URL(link, from);
  if (url.origin !== origin) {
    return ['https:', 'mailto:', 'data:'].includes(url.protocol) ? undefined : 'is not https';
  }
  if (!url.pathname.startsWith(site.base)) return `is outside ${site.base}`;
  let path: string;
  try {
    path = decodeURIComponent(url.pathname.slice(site.base.length));
  } catch {
    return 'has a malformed % in its path';
  }
  let found = await locate(site.directory, path);
  if (found && 'slash' in found) found = await locate(site.directory, `${path}/`);
  if (!found || 'slash' in found) return 'leads nowhere';
  const target = targetOf(url);
  const page = site.pages.get(relative('.', found.file)) ?? site.pages.get(found.file);
  if (!page || target === '' || target === 'top' || page.targets.has(target)) return undefined;
  return `has nothing called "${target}" on the page`;
}

const program = commandLine(
  'npm run links --',
  'Follows every link of the built site, without a network. Exit code 1: one leads nowhere.',
)
  .argument('[directory]', 'the built site', 'dist')
  .option('--base <path>', 'the path that it was built for', basePath, '/')
  .parse();
const directory = relative('.', program.processedArgs[0]);
const { base } = program.opts<{ base: string }>();
const pages = existsSync(directory) ? await readPages(directory) : new Map<string, Page>();
const problems: string[] = [];
let links = 0;

for (const [file, page] of pages) {
  const path = relative(directory, file).split(sep).join('/');
  const from = new URL(encodeURI(base + path.replace(/(^|\/)index\.html$/, '$1')), origin).href;
  for (const link of page.links) {
    links += 1;
    const problem = await problemOf(link, from, { directory, base, pages });
    if (problem) problems.push(`links: ${path}: ${link || '(an empty link)'} ${problem}`);
  }
}
if (pages.size === 0) problems.push(`links: no pages in ${directory || '.'}; build the site first`);

for (const problem of problems) console.error(problem);
if (problems.length) process.exitCode = 1;
else console.log(`links: ${pages.size} pages, ${links} links, all lead somewhere`);
