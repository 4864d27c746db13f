import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A spot inside an excerpt, named by a short pattern instead of by a line number. */
export interface MarkPattern {
  /** Text that occurs exactly once in the excerpt; the mark starts on the line where it begins. */
  at: string;
  /** How many lines are lit. One when left out. */
  lines?: number;
}

/** One definition to cut out of the kernel's source. */
export interface ManifestEntry {
  /** Path inside the kernel tree, such as `net/ipv4/tcp_timer.c`. */
  file: string;
  /** The function, table, type or macro that the file defines. */
  symbol: string;
  /** SHA-256 of the cut text in hex; empty until the first `npm run kernel -- --pin`. */
  sha256: string;
  marks: Record<string, MarkPattern>;
}

/** What `content/kernel.json` holds. */
export interface Manifest {
  /** The stable series that the excerpts come from, such as `6.12`. */
  series: string;
  /** The full version whose text the hashes pin, such as `6.12.117`. */
  version: string;
  /** The kernel's licence as a whole, for a file that has no SPDX line of its own. */
  licence: string;
  excerpts: Record<string, ManifestEntry>;
}

/** Where the manifest lives in a checkout. */
export function manifestPath(root: string): string {
  return join(root, 'content', 'kernel.json');
}

/** Reads and checks the manifest of the checkout at `root`. Throws when it is missing or wrong. */
export async function readManifest(root: string): Promise<Manifest> {
  return parseManifest(await readFile(manifestPath(root), 'utf8'));
}

/** Writes the manifest back in its one stable format, so that a new pin is a small diff. */
export async function writeManifest(root: string, manifest: Manifest): Promise<void> {
  await writeFile(manifestPath(root), formatManifest(manifest));
}

/** The manifest as JSON with two spaces of indentation and a final newline. */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Checks the text of a manifest. Throws one error that names every wrong entry. */
export function parseManifest(text: string): Manifest {
  const problems: string[] = [];
  const manifest: unknown = JSON.parse(text);
  checkManifest(manifest, problems);
  if (problems.length > 0) throw new Error(`The kernel manifest is wrong:\n  ${problems.join('\n  ')}`);
  return manifest as Manifest;
}

function checkManifest(value: unknown, problems: string[]): void {
  if (!isRecord(value)) {
    problems.push('it is not a JSON object');
    return;
  }
  onlyKeys(value, ['series', 'version', 'licence', 'excerpts'], 'the manifest', problems);
  const { series, version, licence, excerpts } = value;
  if (!matches(series, /^\d+\.\d+$/)) problems.push('"series" must look like 6.12');
  else if (!matches(version, /^\d+\.\d+(\.\d+)?$/) || !isInSeries(version, series))
    problems.push(`"version" must be a full version of ${series}, such as ${series}.1`);
  if (!matches(licence, /\S/)) problems.push('"licence" must be an SPDX identifier');
  if (!isRecord(excerpts)) problems.push('"excerpts" must be an object');
  else for (const [id, entry] of Object.entries(excerpts)) checkEntry(id, entry, problems);
}

function checkEntry(id: string, entry: unknown, problems: string[]): void {
  if (!isRecord(entry)) {
    problems.push(`${id}: must be an object`);
    return;
  }
  onlyKeys(entry, ['file', 'symbol', 'sha256', 'marks'], id, problems);
  const { file, symbol, sha256, marks } = entry;
  if (!matches(file, /^[\w-]+(\/[\w-]+)*\.[ch]$/))
    problems.push(`${id}: "file" must be a path in the kernel tree`);
  if (!matches(symbol, /^[A-Za-z_]\w*$/)) problems.push(`${id}: "symbol" must be a C identifier`);
  if (!matches(sha256, /^([0-9a-f]{64})?$/))
    problems.push(`${id}: "sha256" must be 64 hex digits, or empty before pinning`);
  if (!isRecord(marks)) problems.push(`${id}: "marks" must be an object`);
  else
    for (const [name, mark] of Object.entries(marks))
      checkMark(`${id}, mark "${name}"`, name, mark, problems);
}

function checkMark(where: string, name: string, mark: unknown, problems: string[]): void {
  if (!matches(name, /^[a-z][a-z0-9-]*$/))
    problems.push(`${where}: the name must be lower case with hyphens`);
  if (!isRecord(mark)) {
    problems.push(`${where}: must be an object`);
    return;
  }
  onlyKeys(mark, ['at', 'lines'], where, problems);
  if (!matches(mark.at, /\S/)) problems.push(`${where}: "at" must be a piece of the code`);
  if (mark.lines !== undefined && !(Number.isInteger(mark.lines) && Number(mark.lines) >= 1))
    problems.push(`${where}: "lines" must be a whole number from 1`);
}

/** Whether a full version such as `6.12.117` belongs to a series such as `6.12`. */
export function isInSeries(version: string, series: string): boolean {
  return version === series || version.startsWith(`${series}.`);
}

function onlyKeys(value: Record<string, unknown>, known: string[], where: string, problems: string[]): void {
  for (const key of Object.keys(value))
    if (!known.includes(key)) problems.push(`${where}: unknown key "${key}"`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
